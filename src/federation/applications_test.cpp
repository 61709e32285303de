#include "federation/applications.h"

#include <doctest/doctest.h>

#include "kit/two_tenants.h"

namespace kidoban::federation {
namespace {

using kit::reason_of;
const std::vector<store::Feature> features{{"seal", seal::resources()}, {"audit", audit::resources()}, {"federation", resources()}};
constexpr store::Sql sealed{"sealed", "select sealed from applications"};
const audit::Event by_operator{.name = "operator.command", .actor = {audit::ActorKind::operator_, std::nullopt}};

struct World {
  kit::TwoTenants two;
  audit::Audit audit{two.keys, two.clock, two.random};
  Applications applications{two.keys, audit, two.clock, two.random};
  explicit World(store::Store& store) : two(store) {}
  Result<Application> make(const TenantId& tenant, std::string identifier, std::string protocol = "oidc") {
    Application wanted;
    wanted.protocol = std::move(protocol);
    wanted.identifier = std::move(identifier);
    wanted.name = "Expenses";
    wanted.launch_url = "https://expenses.example/";
    wanted.settings = R"({"secret":"a shared secret"})";
    return two.write(tenant, [&](store::Transaction& tx) { return applications.create(tx, wanted, by_operator); });
  }
  Result<Application> get(const TenantId& tenant, const Id& id) {
    return two.read(tenant, [&](store::Transaction& tx) { return applications.get(tx, id); });
  }
  Result<Application> change(const TenantId& tenant, const Application& one) {
    return two.write(tenant, [&](store::Transaction& tx) { return applications.change(tx, one, by_operator); });
  }
};

TEST_CASE("an application is made, found by protocol and identifier, changed once for each version, and sealed") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    const auto made = w.make(w.two.a, "expenses");
    REQUIRE(made);
    const auto found = w.two.read(w.two.a, [&](store::Transaction& tx) { return w.applications.find(tx, "oidc", "expenses"); });
    REQUIRE(found);
    REQUIRE(*found);
    CHECK((*found)->id == made->id);
    CHECK((*found)->settings == R"({"secret":"a shared secret"})");
    CHECK((*found)->launch_url == "https://expenses.example/");
    CHECK(reason_of(w.make(w.two.a, "expenses")) == "application_taken");
    CHECK(w.make(w.two.a, "expenses", "saml"));  // another protocol's names are its own
    CHECK(w.two.everything(sealed).find("secret") == std::string::npos);
    CHECK(w.two.everything(sealed).find("Expenses") == std::string::npos);
    Application changed = *made;
    changed.name = "経費精算";
    changed.enabled = false;
    const auto second = w.change(w.two.a, changed);
    REQUIRE(second);
    CHECK(second->version == 2);
    CHECK(w.get(w.two.a, made->id)->name == "経費精算");
    CHECK_FALSE(w.get(w.two.a, made->id)->enabled);
    CHECK(reason_of(w.change(w.two.a, changed)) == "version_changed");
    const auto records = w.two.read(w.two.a, [&](store::Transaction& tx) { return w.audit.read(tx, {}, std::nullopt, 10); });
    REQUIRE(records);
    CHECK(records->size() == 3);
    for (const auto& one : *records) CHECK(one.detail_json.find("a shared secret") == std::string::npos);
  });
}

TEST_CASE("a second tenant has none of it") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    const auto theirs = w.make(w.two.a, "expenses");
    REQUIRE(theirs);
    CHECK(reason_of(w.get(w.two.b, theirs->id)) == "application_unknown");
    CHECK_FALSE(w.two.read(w.two.b, [&](store::Transaction& tx) { return w.applications.find(tx, "oidc", "expenses"); })->has_value());
    CHECK(w.two.read(w.two.b, [&](store::Transaction& tx) { return w.applications.list(tx, std::nullopt, 10); })->empty());
    CHECK_FALSE(w.change(w.two.b, *theirs));
    CHECK(w.get(w.two.a, theirs->id)->version == 1);
    CHECK(w.make(w.two.b, "expenses"));
  });
}

TEST_CASE("applications are listed page by page") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    std::vector<Id> made, listed;
    for (int i = 0; i < 12; ++i) {
      w.two.clock.advance(std::chrono::seconds(1));
      made.push_back(w.make(w.two.a, "app" + std::to_string(i))->id);
    }
    for (std::optional<Id> after;;) {
      const auto page = w.two.read(w.two.a, [&](store::Transaction& tx) { return w.applications.list(tx, after, 5); });
      REQUIRE(page);
      for (const auto& one : *page) listed.push_back(one.id);
      if (page->size() < 5) break;
      after = page->back().id;
    }
    CHECK(listed == made);
  });
}

}  // namespace
}  // namespace kidoban::federation
