#include <doctest/doctest.h>

#include "base/limits.h"
#include "directory/directory.h"
#include "directory/directory_store.h"
#include "kit/two_tenants.h"
#include "tenant/tenant.h"

namespace kidoban::directory {
namespace {

using kit::reason_of;
const std::vector<store::Feature> features{
    {"tenant", tenant::resources()}, {"seal", seal::resources()}, {"audit", audit::resources()}, {"directory", resources()}};

struct World : kit::TwoTenants {
  audit::Audit audit{keys, clock, random};
  Directory directory{keys, audit, clock, random};
  audit::Event by{.name = "test.acted", .actor = {audit::ActorKind::system, std::nullopt}};

  using TwoTenants::TwoTenants;

  static Profile profile(std::string login = "hanako@example.com") {
    Profile p;
    p.login = std::move(login);
    p.display_name = "山田 花子";
    return p;
  }
  auto create(const TenantId& tenant, const Profile& p, bool administrator = false) {
    return write(tenant, [&](store::Transaction& tx) { return directory.create_person(tx, {p, administrator}, by); });
  }
  auto get(const TenantId& tenant, const Id& id) {
    return read(tenant, [&](store::Transaction& tx) { return directory.get_person(tx, id); });
  }
  auto group(const TenantId& tenant, std::string_view name) {
    return write(tenant, [&](store::Transaction& tx) { return directory.groups().create(tx, {.name = std::string(name)}, by); });
  }
  auto groups_of(const TenantId& tenant, const Id& person) {
    return read(tenant, [&](store::Transaction& tx) { return directory.groups().of(tx, person); });
  }
  auto records(const TenantId& tenant) {
    return read(tenant, [&](store::Transaction& tx) { return audit.read(tx, {}, {}, 500); });
  }
};

void on_each(const std::function<void(World&)>& body) {
  kit::each_engine(features, [&](store::Store& store) {
    World world(store);
    body(world);
  });
}

// What is written is what is sent: mail to an address with a space at its end, or a full-width @, arrives nowhere.
TEST_CASE("an e-mail address is kept without what a paste brought along, and otherwise as it was typed") {
  on_each([](World& w) {
    auto typed = World::profile();
    typed.email = " \tHanako.Yamada@Example.COM ";
    const auto made = w.create(w.a, typed);
    REQUIRE(made);
    CHECK(made->profile.email == "Hanako.Yamada@Example.COM");
    CHECK(w.get(w.a, made->id)->profile.email == "Hanako.Yamada@Example.COM");
    CHECK(made->profile.login == "hanako@example.com");

    auto own_words = World::profile("taro@example.com");
    own_words.email = "太郎@例え.jp";
    CHECK(w.create(w.a, own_words)->profile.email == "太郎@例え.jp");
    int logins = 0;
    // What a Japanese input method leaves behind is what was meant.
    for (const char* meant : {"jiro＠example.com", "jiro@example.com\u3000", "ｊｉｒｏ@example.com", "jiro@ｅxample．com",
                              "jiro@example。com", "ji\u200bro@example.com", "\u202ejiro@example.com"}) {
      CAPTURE(std::string(meant));
      auto wide = World::profile("jiro" + std::string(1, static_cast<char>('a' + logins++)) + "@example.com");
      wide.email = meant;
      CHECK(w.create(w.a, wide)->profile.email == "jiro@example.com");
    }
    for (const char* bad : {"a@b", "a b@example.com", "a@example.com, b@example.com", "A <a@example.com>", "a@example.com\n", "a@@example.com"}) {
      CAPTURE(std::string(bad));
      auto refused = World::profile("refused@example.com");
      refused.email = bad;
      CHECK(reason_of(w.create(w.a, refused)) == "email_malformed");
    }
    auto none = World::profile("None@example.com");
    none.email = "  ";
    CHECK(w.create(w.a, none)->profile.email == "none@example.com");
  });
}

TEST_CASE("each value of a profile may be as long as its limit and no longer") {
  on_each([](World& w) {
    struct Field {
      std::string Profile::*field;
      std::string longest, too_long;
      std::string_view reason;
    };
    const std::string domain = "@" + std::string(63, 'd') + "." + std::string(63, 'e') + "." + std::string(57, 'f') + ".jp";
    const std::string address = std::string(64, 'a') + domain;
    REQUIRE(address.size() == limits::login_bytes - 1);
    const std::string kanji = [] {
      std::string text;
      for (int i = 0; i < 133; ++i) text += "々";
      return text;
    }();
    const std::vector<Field> fields{
        {&Profile::login, address, "a" + address, "login_malformed"},
        {&Profile::email, address, "a" + address, "email_malformed"},
        {&Profile::display_name, kanji + "n", kanji + "nn", "name_malformed"},
        {&Profile::given_name, kanji + "n", kanji + "nn", "name_malformed"},
        {&Profile::family_name, kanji + "n", kanji + "nn", "name_malformed"},
        {&Profile::locale, std::string(35, 'j'), std::string(36, 'j'), "locale_malformed"},
        {&Profile::zoneinfo, std::string(64, 'z'), std::string(65, 'z'), "zoneinfo_malformed"},
    };
    int made = 0;
    for (const Field& one : fields) {
      CAPTURE(std::string(one.reason));
      auto fits = World::profile("p" + std::to_string(made) + "@example.com");
      auto refused = World::profile("refused@example.com");
      fits.*one.field = one.longest;
      refused.*one.field = one.too_long;
      const auto person = w.create(w.a, fits);
      REQUIRE(person);
      CHECK(w.get(w.a, person->id)->profile.*one.field == one.longest);
      ++made;
      CHECK(reason_of(w.create(w.a, refused)) == one.reason);
    }
    CHECK(w.read(w.a, [&](store::Transaction& tx) { return w.directory.list_people(tx, {}, 500); })->size() == fields.size());
  });
}

TEST_CASE("who may administer is kept, told in the record, and not guessed") {
  on_each([](World& w) {
    const auto one = w.create(w.a, World::profile("admin@example.com"), true);
    const auto other = w.create(w.a, World::profile("other@example.com"));
    REQUIRE((one && other));
    REQUIRE(w.create(w.a, World::profile("deputy@example.com"), true));  // somebody is left while the first is disabled
    CHECK(w.get(w.a, one->id)->administrator);
    CHECK_FALSE(w.get(w.a, other->id)->administrator);
    const auto detail = [&](const Id& target) {
      const audit::Audit::Filter about{.actor = {}, .target = target, .name = {}, .from = {}, .until = {}};
      const auto all = w.read(w.a, [&](store::Transaction& tx) { return w.audit.read(tx, about, {}, 10); });
      return all && all->size() == 1 ? all->front().detail_json : std::string();
    };
    CHECK(detail(one->id).find(R"("administrator":"true")") != std::string::npos);
    CHECK(detail(other->id).find(R"("administrator":"false")") != std::string::npos);
    // Disabled and enabled again, still one.
    for (const auto state : {PersonState::disabled, PersonState::pending_deletion, PersonState::enabled}) {
      REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.directory.set_state(tx, one->id, state, w.by); }));
      CHECK(w.get(w.a, one->id)->state == state);
      CHECK(w.get(w.a, one->id)->administrator);
    }
  });
}

TEST_CASE("a profile or a group's name moved to another row doesn't open there") {
  on_each([](World& w) {
    const auto one = w.create(w.a, World::profile("one@example.com"));
    const auto two = w.create(w.a, World::profile("two@example.com"));
    const auto staff = w.group(w.a, "Staff"), sales = w.group(w.a, "Sales");
    REQUIRE((one && two && staff && sales));
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.directory.groups().add_member(tx, sales->id, two->id, w.by); }));
    REQUIRE(w.groups_of(w.a, two->id));
    const auto moved = w.store.system_write(w.soon(), [&](store::SystemTransaction& tx) -> Status {
      TRY(tx.execute({"test_move_profile", "update people set profile = (select profile from people where id = $1) where id = $2"},
                     one->id, two->id));
      TRY(tx.execute({"test_move_name", "update person_groups set name = (select name from person_groups where id = $1) where id = $2"},
                     staff->id, sales->id));
      return {};
    });
    REQUIRE(moved);
    CHECK(reason_of(w.get(w.a, two->id)) == "sealed_value_damaged");
    CHECK(reason_of(w.groups_of(w.a, two->id)) == "sealed_value_damaged");
    CHECK(w.get(w.a, one->id)->profile.login == "one@example.com");
  });
}

TEST_CASE("a person's row in another tenant is found by nobody and opens for nobody") {
  on_each([](World& w) {
    const auto made = w.create(w.a, World::profile());
    REQUIRE(made);
    const auto moved = w.store.system_write(w.soon(), [&](store::SystemTransaction& tx) {
      return tx.execute({"test_move_person", "update people set tenant = $1 where id = $2"}, w.b, made->id);
    });
    REQUIRE((moved && *moved == 1));
    const auto found = w.read(w.b, [&](store::Transaction& tx) { return w.directory.find_by_login(tx, "hanako@example.com"); });
    REQUIRE(found);
    CHECK_FALSE(found->has_value());  // each tenant's blind index is its own
    CHECK(reason_of(w.get(w.b, made->id)) == "sealed_value_damaged");
  });
}

TEST_CASE("a person, a group and a membership are undone with their records") {
  on_each([](World& w) {
    const auto person = w.create(w.a, World::profile());
    REQUIRE(person);
    const auto before = w.records(w.a)->size();
    CHECK_FALSE(w.write(w.a, [&](store::Transaction& tx) -> Status {
      TRY(w.directory.create_person(tx, {World::profile("other@example.com"), false}, w.by));
      const auto group = TRY(w.directory.groups().create(tx, {.name = "Staff"}, w.by));
      TRY(w.directory.groups().add_member(tx, group.id, person->id, w.by));
      TRY(w.directory.set_state(tx, person->id, PersonState::disabled, w.by));
      return fail(Kind::conflict, "undone");
    }));
    CHECK(w.records(w.a)->size() == before);
    CHECK(w.get(w.a, person->id)->state == PersonState::enabled);
    CHECK(w.groups_of(w.a, person->id)->empty());
    CHECK(w.group(w.a, "Staff"));
    CHECK(w.create(w.a, World::profile("other@example.com")));
  });
}

TEST_CASE("nobody who isn't there is put into a group or disabled") {
  on_each([](World& w) {
    const auto group = w.group(w.a, "Staff");
    const auto person = w.create(w.a, World::profile());
    REQUIRE((group && person));
    const Id nobody = new_id(w.clock, w.random);
    const auto add = [&](const Id& to, const Id& who) {
      return w.write(w.a, [&](store::Transaction& tx) { return w.directory.groups().add_member(tx, to, who, w.by); });
    };
    const auto before = w.records(w.a)->size();
    CHECK(reason_of(add(group->id, nobody)) == "person_unknown");
    CHECK(reason_of(add(nobody, person->id)) == "group_unknown");
    CHECK(reason_of(w.write(w.a, [&](store::Transaction& tx) {
      return w.directory.set_state(tx, nobody, PersonState::disabled, w.by);
    })) == "person_unknown");
    CHECK(w.records(w.a)->size() == before);
    CHECK(w.groups_of(w.a, nobody)->empty());
  });
}

}  // namespace
}  // namespace kidoban::directory
