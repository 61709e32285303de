// What choosing a password promises: the policy of whoever chooses, their history, temporary passwords and expiry.

#include <doctest/doctest.h>

#include <chrono>

#include "factors/password/password.h"
#include "kit/two_tenants.h"
#include "kit/world.h"
#include "tenant/tenant.h"

using namespace kidoban;
using namespace kidoban::factors;
using namespace kidoban::factors::password;
using namespace std::chrono_literals;

namespace {

const audit::Event by{"test", audit::Outcome::success, {}, {}, {}, {}};
constexpr std::string_view good = "gate of the lantern street";
runtime::Deadline soon() { return runtime::Deadline::after(20s); }

// A list that knows one password, or can't be asked.
struct OneKnown final : BreachList {
  bool away = false;
  int asked = 0;
  Result<bool> knows(TenantId, const Secret& spelled, runtime::Deadline) override {
    ++asked;
    if (away) return fail(Kind::unavailable, "breach_check_unavailable");
    return spelled.reveal_text() == "the stolen lantern of yore";
  }
};

struct World : kit::TwoTenants {
  explicit World(store::Store& s) : TwoTenants(s), audit(keys, clock, random), settings(keys, audit, clock), directory(keys, audit, clock, random) {
    hanako = make_person(a, "hanako@shop.example");
  }
  PasswordOptions options(PasswordOptions::WhenUnasked when = PasswordOptions::WhenUnasked::set) { return {{1024, 1, 1}, &breaches, when}; }
  directory::Person make_person(const TenantId& tenant, const std::string& login) {
    auto made = write(tenant, [&](store::Transaction& tx) {
      directory::Directory::NewPerson wanted;
      wanted.profile.login = login;
      wanted.profile.display_name = "Hanako Yamada";
      return directory.create_person(tx, wanted, by);
    });
    REQUIRE(made.has_value());
    return *made;
  }
  void rules(const TenantId& tenant, const std::string& json) {
    const auto set = write(tenant, [&](store::Transaction& tx) { return factor.set_rules(tx, json, {}, by); });
    REQUIRE(set.has_value());
    REQUIRE(set->empty());
  }
  // "" where it was set; else what was wrong.
  std::string choose(const TenantId& tenant, const directory::Person& who, std::string_view typed) {
    auto chosen = factor.choose(owner_of(tenant, who.id, who.profile, "Shop"), Secret::of(typed), soon());
    if (!chosen) return std::string(chosen.error().reason.text());
    if (const auto* faults = std::get_if<std::vector<Fault>>(&*chosen)) {
      std::string all;
      for (const auto& fault : *faults) all += (all.empty() ? "" : " ") + std::string(fault.reason.text());
      return all;
    }
    set(tenant, who, std::get<PreparedPassword>(*chosen));
    return "";
  }
  void set(const TenantId& tenant, const directory::Person& who, const PreparedPassword& prepared) {
    REQUIRE(write(tenant, [&](store::Transaction& tx) { return factor.set(tx, who.id, prepared, by); }));
    clock.advance(1s);
  }
  Result<Verdict> judge(const TenantId& tenant, const directory::Person* who, std::string_view typed) {
    http::Form form;
    form.add("password", std::string(typed));
    const http::Request request;
    return factor.judge({tenant, who, "hanako@shop.example", request, page::Language::en, soon()}, form);
  }
  // "passed", "passed password_expired", or the refusal.
  std::string judged(std::string_view typed) {
    const auto verdict = judge(a, &hanako, typed);
    REQUIRE(verdict.has_value());
    if (const auto* passed = std::get_if<Passed>(&*verdict)) return "passed" + (passed->renewal.why.empty() ? "" : " " + passed->renewal.why);
    return std::string(std::get<Refused>(*verdict).reason.text());
  }

  audit::Audit audit;
  tenant::Settings settings;
  directory::Directory directory;
  runtime::Lane lane{"password_hash", 2, 16, 16};
  OneKnown breaches;
  PasswordFactor factor{store, keys, audit, clock, random, settings, directory, lane, options()};
  directory::Person hanako;
};

void in_world(const std::function<void(World&)>& body) {
  const store::Feature features[] = {{"tenant", tenant::resources()}, {"seal", seal::resources()}, {"audit", audit::resources()},
                                     {"directory", directory::resources()}, {"factors/password", password::resources()}};
  kit::each_engine(features, [&](store::Store& store) {
    World world(store);
    body(world);
  });
}

}  // namespace

TEST_CASE("the policy of somebody's group holds for them, and another tenant's for nobody else") {
  in_world([](World& w) {
    const auto group = w.write(w.a, [&](store::Transaction& tx) -> Result<Id> {
      const auto made = TRY(w.directory.groups().create(tx, {.name = "Keepers"}, by));
      TRY(w.directory.groups().add_member(tx, made.id, w.hanako.id, by));
      return made.id;
    });
    REQUIRE(group.has_value());
    const auto taro = w.make_person(w.a, "taro@shop.example");
    const auto theirs = w.make_person(w.b, "taro@shop.example");
    w.rules(w.a, R"({"default":{"min_length":10},"overrides":[{"groups":[")" + group->text() + R"("],"policy":{"min_length":40}}]})");
    CHECK(w.choose(w.a, w.hanako, good) == "password_too_short");
    CHECK(w.choose(w.a, taro, "quay lantern") == "");
    CHECK(w.choose(w.b, theirs, "quay lantern") == "password_too_short");
    const auto at_other = w.write(w.b, [&](store::Transaction& tx) {
      return w.factor.set_rules(tx, R"({"overrides":[{"groups":[")" + group->text() + R"("],"policy":{}}]})", {}, by);
    });
    REQUIRE(at_other.has_value());
    REQUIRE(at_other->size() == 1);
    CHECK(at_other->front().member == "overrides.0.groups");
    CHECK(at_other->front().reason == "group_unknown");
  });
}

TEST_CASE("rules are written over those that were read, and told with all members") {
  in_world([](World& w) {
    const auto write = [&](std::int64_t version) {
      return w.write(w.a, [&](store::Transaction& tx) { return w.factor.set_rules(tx, R"({"default":{"min_length":20}})", version, by); });
    };
    CHECK(write(0).has_value());
    const auto late = write(0);
    CHECK((!late && late.error().reason == "version_changed"));
    const auto told = w.read(w.a, [&](store::Transaction& tx) { return w.factor.rules(tx); });
    REQUIRE(told.has_value());
    CHECK(told->version == 1);
    CHECK(told->json.find("\"temporary_life_hours\":72") != std::string::npos);
    const auto other = w.read(w.b, [&](store::Transaction& tx) { return w.factor.rules(tx); });
    REQUIRE(other.has_value());
    CHECK(other->version == 0);
    CHECK(other->json.find("\"min_length\":15") != std::string::npos);
  });
}

TEST_CASE("as many former passwords are refused as the policy says, and no more are kept") {
  in_world([](World& w) {
    w.rules(w.a, R"({"default":{"history":2}})");
    const std::string one = "first lantern of the quay", two = "second lantern of the quay", three = "third lantern of the quay", four = "fourth lantern of the quay";
    for (const auto& each : {one, two, three}) CHECK(w.choose(w.a, w.hanako, each) == "");
    for (const auto& each : {one, two, three}) CHECK(w.choose(w.a, w.hanako, each) == "password_reused");
    CHECK(w.choose(w.a, w.hanako, four) == "");
    CHECK(w.choose(w.a, w.hanako, one) == "");
    w.rules(w.a, R"({"default":{"history":0}})");
    CHECK(w.choose(w.a, w.hanako, one) == "password_reused");  // today's always is
    CHECK(w.choose(w.a, w.hanako, two) == "");
    CHECK(w.choose(w.a, w.hanako, one) == "");
    const auto theirs = w.make_person(w.b, "hanako@shop.example");
    CHECK(w.choose(w.b, theirs, one) == "");
  });
}

TEST_CASE("a temporary password opens one thing, for a while") {
  in_world([](World& w) {
    w.rules(w.a, R"({"default":{"temporary_life_hours":2}})");
    CHECK(w.choose(w.a, w.hanako, good) == "");
    auto made = w.factor.generate(w.a, soon());
    REQUIRE(made.has_value());
    const std::string text(made->text.reveal_text());
    CHECK(text.size() == 19);
    CHECK(text.find_first_not_of("abcdefghijkmnpqrstuvwxyz23456789-") == std::string::npos);
    w.set(w.a, w.hanako, made->prepared);
    CHECK(w.judged(good) == "password_wrong");
    CHECK(w.judged(text) == "passed password_temporary");
    const auto status = w.read(w.a, [&](store::Transaction& tx) { return w.factor.password_status(tx, w.hanako.id); });
    REQUIRE((status && *status));
    CHECK((*status)->temporary);
    CHECK(*(*status)->expires_at - (*status)->changed_at == 2h);
    CHECK(w.choose(w.a, w.hanako, good) == "password_reused");  // what was there before it
    w.clock.advance(2h);
    CHECK(w.judged(text) == "password_temporary_expired");
    CHECK(w.judged("never it") == "password_wrong");
    const auto nobody = w.read(w.b, [&](store::Transaction& tx) { return w.factor.password_status(tx, w.hanako.id); });
    REQUIRE(nobody.has_value());
    CHECK_FALSE(nobody->has_value());
  });
}

TEST_CASE("a password that is too old must be replaced, and hashing it anew doesn't make it younger") {
  in_world([](World& w) {
    w.rules(w.a, R"({"default":{"expires_after_days":30}})");
    const auto old_cost = crypto::hash_password(Secret::of(good), {2048, 2, 1}, w.random);
    REQUIRE(old_cost.has_value());
    w.set(w.a, w.hanako, *w.factor.take_hash(*old_cost));
    w.clock.advance(29 * 24h);
    const auto verdict = w.judge(w.a, &w.hanako, good);
    REQUIRE(verdict.has_value());
    const auto& record = std::get<Passed>(*verdict).record;
    REQUIRE(record);
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return record(tx); }));
    CHECK(w.judged(good) == "passed");
    w.clock.advance(24h);
    CHECK(w.judged(good) == "passed password_expired");
    w.rules(w.a, "{}");
    CHECK(w.judged(good) == "passed");
  });
}

TEST_CASE("a renewal is done once, for what was shown") {
  in_world([](World& w) {
    CHECK(w.choose(w.a, w.hanako, good) == "");
    const auto verdict = w.judge(w.a, &w.hanako, good);
    REQUIRE(verdict.has_value());
    const Renewal renewal{"wished", std::get<Passed>(*verdict).renewal.proof};
    http::Request request;
    request.site.display_name = "Shop";
    const Step step{w.a, &w.hanako, "hanako@shop.example", request, page::Language::en, soon()};
    const auto renew = [&](const std::string& one, const std::string& again) {
      http::Form form;
      form.add("new_password", one);
      form.add("new_password_again", again);
      auto renewed = w.factor.renew(step, renewal, form);
      REQUIRE(renewed.has_value());
      return std::move(*renewed);
    };
    CHECK(renew("", "").faults.front().reason == "password_missing");
    CHECK(renew("one lantern on the quay", "another lantern").faults.front().reason == "passwords_differ");
    CHECK(renew(std::string(good), std::string(good)).faults.front().reason == "password_reused");
    const auto first = renew("one lantern on the quay", "one lantern on the quay");
    const auto second = renew("two lanterns on the quay", "two lanterns on the quay");
    REQUIRE((first.faults.empty() && second.faults.empty()));
    CHECK(w.write(w.a, [&](store::Transaction& tx) { return first.record(tx); }).has_value());
    CHECK(kit::reason_of(w.write(w.a, [&](store::Transaction& tx) -> Result<bool> {
      TRY(second.record(tx));
      return true;
    })) == "renewal_stale");
    CHECK(w.judged("one lantern on the quay") == "passed");
  });
}

TEST_CASE("nothing is left of whoever is gone, and nobody else loses anything") {
  in_world([](World& w) {
    const std::string one = "first lantern of the quay", two = "second lantern of the quay";
    const auto theirs = w.make_person(w.b, "hanako@shop.example");
    for (const auto& each : {one, two}) {
      CHECK(w.choose(w.a, w.hanako, each) == "");
      CHECK(w.choose(w.b, theirs, each) == "");
    }
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.factor.forget(tx, w.hanako.id); }));
    CHECK(w.judged(two) == "password_wrong");
    CHECK(w.choose(w.a, w.hanako, one) == "");
    CHECK(w.choose(w.b, theirs, one) == "password_reused");
    CHECK(w.choose(w.b, theirs, two) == "password_reused");
  });
}

TEST_CASE("a breached password is refused; where nobody can tell, the policy of the service decides") {
  in_world([](World& w) {
    CHECK(w.choose(w.a, w.hanako, "the stolen lantern of yore") == "password_breached");
    w.breaches.away = true;
    CHECK(w.choose(w.a, w.hanako, good) == "");
    audit::Audit::Filter filter;
    filter.name = "password.set";
    const auto told = w.read(w.a, [&](store::Transaction& tx) { return w.audit.read(tx, filter, {}, 1); });
    REQUIRE(told.has_value());
    CHECK(told->front().detail_json.find("\"breach_check\":\"unavailable\"") != std::string::npos);
    PasswordFactor strict(w.store, w.keys, w.audit, w.clock, w.random, w.settings, w.directory, w.lane,
                          w.options(PasswordOptions::WhenUnasked::refuse));
    CHECK(kit::reason_of(strict.choose({w.a, {}, {}}, Secret::of(good), soon())) == "breach_check_unavailable");
    w.rules(w.a, R"({"default":{"refuse_breached":false}})");
    const int before = w.breaches.asked;
    CHECK(w.choose(w.a, w.hanako, "the stolen lantern of yore") == "");
    CHECK(w.breaches.asked == before);
  });
}
