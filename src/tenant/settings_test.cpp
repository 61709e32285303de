#include "tenant/settings.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "kit/two_tenants.h"
#include "tenant/tenant.h"

namespace kidoban::tenant {
namespace {

const std::vector<store::Feature> features{{"tenant", resources()}, {"seal", seal::resources()}, {"audit", audit::resources()}};

struct World : kit::TwoTenants {
  audit::Audit audit{keys, clock, random};
  Settings settings{keys, audit, clock};
  audit::Event by{.name = "test.acted", .actor = {audit::ActorKind::system, std::nullopt}};

  using TwoTenants::TwoTenants;
  auto get(const TenantId& tenant, std::string_view section) {
    return read(tenant, [&](store::Transaction& tx) { return settings.read(tx, section); });
  }
  auto put(const TenantId& tenant, std::string_view section, std::string_view json, std::optional<std::int64_t> version = {}) {
    return write(tenant, [&](store::Transaction& tx) { return settings.write(tx, section, json, version, by); });
  }
  std::size_t records(const TenantId& tenant) {
    return read(tenant, [&](store::Transaction& tx) { return audit.read(tx, {}, {}, 500); })->size();
  }
};

void on_each(const std::function<void(World&)>& body) {
  kit::each_engine(features, [&](store::Store& store) {
    World world(store);
    body(world);
  });
}

TEST_CASE("what a tenant sets is its own, sealed, and told in the record") {
  on_each([](World& w) {
    CHECK_FALSE(w.get(w.a, "mail")->has_value());
    CHECK(*w.put(w.a, "mail", R"({"from":"門番"})") == 1);
    CHECK((*w.get(w.a, "mail"))->json == R"({"from":"門番"})");
    CHECK_FALSE(w.get(w.a, "password")->has_value());
    CHECK_FALSE(w.get(w.b, "mail")->has_value());
    CHECK(w.everything({"test_settings", "select value from tenant_settings"}).find("門番") == std::string::npos);
    const auto all = w.read(w.a, [&](store::Transaction& tx) { return w.audit.read(tx, {}, {}, 10); });
    REQUIRE(all->size() == 1);
    CHECK(all->front().name == "settings.changed");
    CHECK(all->front().detail_json.find("門番") != std::string::npos);
    CHECK(*w.put(w.b, "mail", "{}") == 1);
    CHECK((*w.get(w.a, "mail"))->version == 1);
  });
}

TEST_CASE("settings change only from the version that was read") {
  on_each([](World& w) {
    CHECK(kit::reason_of(w.put(w.a, "mail", "{}", 1)) == "version_changed");
    CHECK(*w.put(w.a, "mail", "{}", 0) == 1);
    CHECK(*w.put(w.a, "mail", "{}", 1) == 1);  // nothing to change
    CHECK(w.records(w.a) == 1);
    CHECK(*w.put(w.a, "mail", R"({"x":1})", 1) == 2);
    CHECK(kit::reason_of(w.put(w.a, "mail", "{}", 1)) == "version_changed");
    CHECK(kit::reason_of(w.put(w.a, "mail", std::string(limits::settings_bytes + 1, ' '))) == "settings_too_large");
    CHECK((*w.get(w.a, "mail"))->json == R"({"x":1})");
    CHECK(w.records(w.a) == 2);
  });
}

}  // namespace
}  // namespace kidoban::tenant
