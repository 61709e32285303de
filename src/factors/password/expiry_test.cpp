#include <doctest/doctest.h>

#include <chrono>
#include <map>

#include "factors/password/password.h"
#include "kit/two_tenants.h"
#include "tenant/tenant.h"

using namespace kidoban;
using namespace kidoban::factors::password;
using namespace std::chrono_literals;

namespace {

const audit::Event by{"test", audit::Outcome::success, {}, {}, {}, {}};

struct World : kit::TwoTenants {
  explicit World(store::Store& s) : TwoTenants(s) {}
  audit::Audit audit{keys, clock, random};
  tenant::Settings settings{keys, audit, clock};
  directory::Directory directory{keys, audit, clock, random};
  runtime::Lane lane{"password_hash", 2, 16, 16};
  PasswordFactor factor{store, keys, audit, clock, random, settings, directory, lane, {{1024, 1, 1}}};

  // With a password that is a hash, so that nothing is hashed.
  Id person(const TenantId& tenant, const std::string& login, bool temporary = false) {
    const auto made = write(tenant, [&](store::Transaction& tx) -> Result<Id> {
      directory::Directory::NewPerson wanted;
      wanted.profile.login = login;
      wanted.profile.display_name = login;
      return TRY(directory.create_person(tx, wanted, by)).id;
    });
    REQUIRE(made);
    set(tenant, *made, temporary);
    return *made;
  }
  void set(const TenantId& tenant, const Id& id, bool temporary = false) {
    auto prepared = factor.take_hash("$2b$04$abcdefghijklmnopqrstuuMj2dF3iBLFoyBlKC4YxT5ZyrYFuvmC.");
    REQUIRE(prepared);
    prepared->temporary = temporary;
    REQUIRE(write(tenant, [&](store::Transaction& tx) { return factor.set(tx, id, *prepared, by); }));
  }
  void rules(const TenantId& tenant, const std::string& json) {
    const auto faults = write(tenant, [&](store::Transaction& tx) { return factor.set_rules(tx, json, {}, by); });
    REQUIRE(faults);
    REQUIRE(faults->empty());
  }
  // Whom the chore tells now, and in how many days their password runs out.
  std::map<Id, std::vector<long>> told() {
    std::map<Id, std::vector<long>> out;
    REQUIRE(factor.warn_of_ends([&](store::Transaction&, const Id& person, Time expires_at) -> Status {
      out[person].push_back(std::chrono::floor<std::chrono::days>(expires_at - clock.now()).count());
      return {};
    }));
    return out;
  }
};

void in_world(const std::function<void(World&)>& body) {
  const store::Feature features[] = {{"tenant", tenant::resources()}, {"seal", seal::resources()}, {"audit", audit::resources()},
                                     {"directory", directory::resources()}, {"factors/password", factors::password::resources()}};
  kit::each_engine(features, [&](store::Store& store) {
    World world(store);
    body(world);
  });
}

using Told = std::map<Id, std::vector<long>>;

}  // namespace

TEST_CASE("a password's end is warned of two weeks and three days before, once each, and in its own tenant") {
  in_world([](World& w) {
    const Id hanako = w.person(w.a, "hanako@a.example"), theirs = w.person(w.b, "hanako@b.example");
    w.person(w.a, "fresh@a.example", true);  // temporary: it runs out in another way
    w.rules(w.a, R"({"default":{"expires_after_days":90}})");
    CHECK(w.told().empty());
    w.clock.advance(24h * 75);
    CHECK(w.told().empty());
    w.clock.advance(24h + 1s);
    CHECK(w.told() == Told{{hanako, {13}}});
    for (int i = 0; i < 3; ++i) {
      CHECK(w.told().empty());
      w.clock.advance(24h);
    }
    w.clock.advance(24h * 8);
    CHECK(w.told() == Told{{hanako, {2}}});
    w.clock.advance(24h * 5);
    CHECK(w.told().empty());
    // Chosen anew, it begins anew.
    w.set(w.a, hanako);
    w.clock.advance(24h * 77);
    CHECK(w.told() == Told{{hanako, {13}}});
    w.rules(w.b, R"({"default":{"expires_after_days":365}})");
    CHECK(w.told().empty());
    CHECK(theirs != hanako);
  });
}

TEST_CASE("the life that holds for somebody decides; what has run out already, or never does, is told to nobody") {
  in_world([](World& w) {
    const Id strict = w.person(w.a, "strict@a.example"), easy = w.person(w.a, "easy@a.example");
    const auto group = w.write(w.a, [&](store::Transaction& tx) -> Result<Id> {
      const auto made = TRY(w.directory.groups().create(tx, {.name = "Keepers"}, by));
      TRY(w.directory.groups().add_member(tx, made.id, strict, by));
      return made.id;
    });
    REQUIRE(group);
    w.clock.advance(24h * 20);
    w.rules(w.a, R"({"default":{"expires_after_days":60},"overrides":[{"groups":[")" + group->text() + R"("],"policy":{"expires_after_days":30}}]})");
    CHECK(w.told() == Told{{strict, {10}}});  // settled late: told at once
    w.clock.advance(24h * 26);
    CHECK(w.told() == Told{{easy, {14}}});
    w.rules(w.a, "{}");
    w.clock.advance(24h * 12);
    CHECK(w.told().empty());
    w.rules(w.a, R"({"default":{"expires_after_days":30}})");
    w.clock.advance(1h);
    CHECK(w.told().empty());
    // Of a life of a week no two weeks can be told.
    w.set(w.a, easy);
    w.rules(w.a, R"({"default":{"expires_after_days":7}})");
    w.clock.advance(24h * 4 + 1h);
    CHECK(w.told() == Told{{easy, {2}}});
  });
}

TEST_CASE("many whose passwords were set at one moment are all told, once") {
  in_world([](World& w) {
    for (int i = 0; i < 250; ++i) w.person(w.a, "p" + std::to_string(i) + "@a.example");
    w.rules(w.a, R"({"default":{"expires_after_days":90}})");
    w.clock.advance(24h * 77);
    const auto told = w.told();
    CHECK(told.size() == 250);
    for (const auto& [person, days] : told) CHECK(days.size() == 1);
    w.clock.advance(2h);
    CHECK(w.told().empty());
  });
}

TEST_CASE("replacing a password is told, the first one isn't, nor one that a mail of its own tells of") {
  in_world([](World& w) {
    int told = 0;
    w.factor.when_replaced([&](store::Transaction&, const Id&, Time) -> Status {
      ++told;
      return {};
    });
    const Id hanako = w.person(w.a, "hanako@a.example");
    CHECK(told == 0);
    w.set(w.a, hanako);
    CHECK(told == 1);
    auto prepared = w.factor.take_hash("$2b$04$abcdefghijklmnopqrstuuMj2dF3iBLFoyBlKC4YxT5ZyrYFuvmC.");
    REQUIRE(prepared);
    prepared->announced = true;
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.factor.set(tx, hanako, *prepared, by); }));
    CHECK(told == 1);
    w.set(w.a, hanako, true);
    CHECK(told == 2);
  });
}
