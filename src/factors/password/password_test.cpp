// What the password factor promises.

#include "factors/password/password.h"

#include <doctest/doctest.h>

#include <chrono>

#include "base/text.h"
#include "kit/world.h"
#include "page/words.h"
#include "tenant/tenant.h"

using namespace kidoban;
using namespace kidoban::factors;
using namespace kidoban::factors::password;

namespace {

const crypto::Argon2Cost cheap{1024, 1, 1};
const audit::Event by{"test", audit::Outcome::success, {}, {}, {}, {}};
runtime::Deadline soon() { return runtime::Deadline::after(std::chrono::seconds(20)); }

struct World {
  explicit World(store::Store& s)
      : store(s), root(kit::make_root_key(random)), keys(*root, clock, random), audit(keys, clock, random),
        settings(keys, audit, clock), directory(keys, audit, clock, random), lane("password_hash", 2, 16, 16),
        factor(store, keys, audit, clock, random, settings, directory, lane, {cheap}) {
    tenant.id = new_id(clock, random);
    person.id = new_id(clock, random);
    make_key(tenant);
  }
  void make_key(TenantId of) {
    REQUIRE(store.write(of, soon(), [&](store::Transaction& tx) -> Status {
      TRY(keys.create(tx));
      return {};
    }));
  }
  void set(const Prepared& credential) {
    REQUIRE(store.write(tenant, soon(), [&](store::Transaction& tx) -> Status {
      return factor.set(tx, person.id, credential, by);
    }));
  }
  Result<Verdict> judge(const std::string& typed, const directory::Person* who, TenantId at) {
    http::Form form;
    form.add("password", typed);
    const http::Request request;
    return factor.judge({at, who, "hanako@example.com", request, page::Language::en, soon()}, form);
  }
  Result<Verdict> judge(const std::string& typed) { return judge(typed, &person, tenant); }

  store::Store& store;
  kit::ManualClock clock;
  kit::SeededRandom random;
  std::unique_ptr<seal::RootKey> root;
  seal::Keyring keys;
  audit::Audit audit;
  tenant::Settings settings;
  directory::Directory directory;
  runtime::Lane lane;
  PasswordFactor factor;
  TenantId tenant;
  directory::Person person;
};

void in_world(const std::function<void(World&)>& body) {
  const store::Feature features[] = {
      {"tenant", tenant::resources()}, {"seal", seal::resources()}, {"audit", audit::resources()}, {"directory", directory::resources()}, {"factors/password", password::resources()}};
  kit::each_engine(features, [&](store::Store& store) {
    World world(store);
    body(world);
  });
}

bool passed(const Result<Verdict>& verdict) { return verdict && std::holds_alternative<Passed>(*verdict); }
bool refused(const Result<Verdict>& verdict) {
  return verdict && std::holds_alternative<Refused>(*verdict) && std::get<Refused>(*verdict).reason == "password_wrong";
}

}  // namespace

TEST_CASE("the right password passes, any other is refused") {
  in_world([](World& world) {
    world.set(*world.factor.prepare({world.tenant, {}, {}}, Secret::of("gate of the lantern street"), soon()));
    const auto right = world.judge("gate of the lantern street");
    REQUIRE(passed(right));
    CHECK(std::get<Passed>(*right).amr == std::vector<std::string>{"pwd"});
    CHECK_FALSE(std::get<Passed>(*right).record);
    CHECK(refused(world.judge("gate of the lantern streeT")));
    CHECK(refused(world.judge("gate of the lantern street ")));
    CHECK(refused(world.judge(std::string(5000, 'x'))));
    CHECK(refused(world.judge(std::string("\xff\xfe") + std::string(20, 'x'))));
    CHECK(refused(world.judge("gate of the lantern street", nullptr, world.tenant)));
    const auto empty = world.judge("");
    REQUIRE(empty.has_value());
    CHECK(std::holds_alternative<Prompt>(*empty));
  });
}

TEST_CASE("a second tenant finds no password") {
  in_world([](World& world) {
    world.set(*world.factor.prepare({world.tenant, {}, {}}, Secret::of("gate of the lantern street"), soon()));
    const TenantId other{new_id(world.clock, world.random)};
    world.make_key(other);
    CHECK(refused(world.judge("gate of the lantern street", &world.person, other)));
    const auto set_up = world.store.read(other, soon(), [&](store::Transaction& tx) {
      return world.factor.is_set_up(tx, world.person.id);
    });
    REQUIRE(set_up.has_value());
    CHECK_FALSE(*set_up);
  });
}

TEST_CASE("another system's hash is taken, and is ours after the first sign-in") {
  in_world([](World& world) {
    CHECK_FALSE(world.factor.take_hash("plain text").has_value());
    const auto old_cost = crypto::hash_password(Secret::of("gate of the lantern street"), {2048, 2, 1}, world.random);
    REQUIRE(old_cost.has_value());
    auto imported = world.factor.take_hash(*old_cost);
    REQUIRE(imported.has_value());
    world.set(*imported);
    const auto first = world.judge("gate of the lantern street");
    REQUIRE(passed(first));
    const auto& record = std::get<Passed>(*first).record;
    REQUIRE(record);
    REQUIRE(world.store.write(world.tenant, soon(), [&](store::Transaction& tx) { return record(tx); }));
    const auto second = world.judge("gate of the lantern street");
    REQUIRE(passed(second));
    CHECK_FALSE(std::get<Passed>(*second).record);
  });
}

TEST_CASE("an imported hash over other bytes than our spelling still opens, once as typed and then as ours") {
  in_world([](World& world) {
    const std::string decomposed = "cafe\xCC\x81 on the corner street";  // e + combining acute
    const std::string composed = "caf\xC3\xA9 on the corner street";
    const auto theirs = crypto::hash_password(Secret::of(decomposed), cheap, world.random);
    REQUIRE(theirs.has_value());
    world.set(*world.factor.take_hash(*theirs));
    CHECK(refused(world.judge(composed)));
    const auto first = world.judge(decomposed);
    REQUIRE(passed(first));
    const auto& record = std::get<Passed>(*first).record;
    REQUIRE(record);
    REQUIRE(world.store.write(world.tenant, soon(), [&](store::Transaction& tx) { return record(tx); }));
    CHECK(passed(world.judge(composed)));
    CHECK(passed(world.judge(decomposed)));
  });
}

TEST_CASE("one password has one spelling") {
  const auto spell = [](std::string_view text) {
    const auto spelled = one_spelling(Secret::of(text));
    return spelled ? std::string(spelled->reveal_text()) : std::string("refused");
  };
  CHECK(spell("cafe\xCC\x81") == "caf\xC3\xA9");
  CHECK(spell("a\xE3\x80\x80" "b") == "a b");               // ideographic space
  CHECK(spell("\xEF\xBD\x81") == "\xEF\xBD\x81");           // full-width stays: OpaqueString is not NFKC
  CHECK(spell("Case") == "Case");
  CHECK(spell(std::string("a\0b", 3)) == "refused");
  CHECK(spell("\xff") == "refused");
}

TEST_CASE("a new password is long enough and not one that everybody takes first") {
  in_world([](World& world) {
    const auto reason = [&](std::string_view typed) {
      const auto made = world.factor.prepare({world.tenant, {}, {}}, Secret::of(typed), soon());
      return made ? std::string("good") : std::string(made.error().reason.text());
    };
    CHECK(reason("fourteen chars") == "password_too_short");
    CHECK(reason("fifteen chars!!") == "good");
    CHECK(reason("\xE6\x9C\xA8\xE6\x88\xB8\xE7\x95\xAA\xE6\x9C\xA8\xE6\x88\xB8") == "password_too_short");  // five characters
    CHECK(reason("passwordpassword") == "password_too_common");
    CHECK(reason("abcdefghijklmnop") == "password_too_common");
    CHECK(reason("1234567890123456") == "password_too_common");
    CHECK(reason("aaaaaaaaaaaaaaaaaaaa") == "password_too_common");
  });
}

TEST_CASE("both languages have the same words") {
  const page::Words words(password::resources());
  for (const auto& [key, word] : words.all(page::Language::en)) {
    INFO(key);
    CHECK(words.find(page::Language::ja, key) != nullptr);
  }
  CHECK(words.all(page::Language::en).size() == words.all(page::Language::ja).size());
}
