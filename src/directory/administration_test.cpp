// Roles: who may do what, each in its own tenant.
#include <doctest/doctest.h>

#include <algorithm>

#include "directory/directory.h"
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
  Roles& roles = directory.roles();
  audit::Event by{.name = "test.acted", .actor = {audit::ActorKind::system, std::nullopt}};

  using TwoTenants::TwoTenants;
  Id person() { return new_id(clock, random); }
  PermissionSet set(std::initializer_list<Permission> all) {
    PermissionSet out;
    for (const Permission one : all) out.set(static_cast<std::size_t>(one));
    return out;
  }
  Grant grant(const TenantId& tenant, const Id& who) {
    return *read(tenant, [&](store::Transaction& tx) { return roles.grant_of(tx, who, false); });
  }
  auto assign(const TenantId& tenant, const Id& who, const Assignment& one) {
    return write(tenant, [&](store::Transaction& tx) { return roles.assign(tx, who, one, by); });
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

TEST_CASE("what somebody may do is what their roles say, in their tenant alone") {
  on_each([](World& w) {
    const Id who = w.person();
    CHECK(w.grant(w.a, who).anywhere().none());
    const auto made = w.write(w.a, [&](store::Transaction& tx) { return w.roles.create(tx, "人事", w.set({Permission::people_read, Permission::jobs_read}), w.by); });
    REQUIRE(made);
    const Scope branch{Scope::Kind::domain, "branch.example"};
    REQUIRE(w.assign(w.a, who, {made->key}));
    REQUIRE(w.assign(w.a, who, {"help_desk", branch}));
    const auto before = w.records(w.a);
    REQUIRE(w.assign(w.a, who, {"help_desk", branch}));  // having it twice is having it once
    CHECK(w.records(w.a) == before);
    const auto grant = w.grant(w.a, who);
    CHECK(grant.everywhere == w.set({Permission::people_read, Permission::jobs_read}));
    REQUIRE(grant.scoped.size() == 1);
    CHECK(grant.scoped[0].first == branch);
    CHECK(holds(grant.anywhere(), Permission::people_reset));
    CHECK(w.grant(w.b, who).anywhere().none());
    CHECK(w.read(w.a, [&](store::Transaction& tx) { return w.roles.grant_of(tx, who, true); })->everywhere.all());

    const auto in_b = [&](auto act) { return reason_of(w.write(w.b, act)); };
    CHECK(in_b([&](store::Transaction& tx) { return w.roles.get(tx, made->key); }) == "role_unknown");
    CHECK(in_b([&](store::Transaction& tx) { return w.roles.change(tx, made->key, "x", {}, {}, w.by); }) == "role_unknown");
    CHECK(in_b([&](store::Transaction& tx) { return w.roles.remove(tx, made->key, w.by); }) == "role_unknown");
    CHECK(reason_of(w.assign(w.b, who, {made->key})) == "role_unknown");
    REQUIRE(w.write(w.b, [&](store::Transaction& tx) { return w.roles.withdraw(tx, who, {made->key}, w.by); }));
    REQUIRE(w.write(w.b, [&](store::Transaction& tx) { return w.roles.forget(tx, who); }));
    CHECK(w.grant(w.a, who).scoped.size() == 1);
    CHECK(w.read(w.b, [&](store::Transaction& tx) { return w.roles.list(tx); })->size() == 5);
    CHECK(w.records(w.b) == 0);

    CHECK(reason_of(w.write(w.a, [&](store::Transaction& tx) { return w.roles.remove(tx, made->key, w.by); })) == "role_in_use");
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.roles.withdraw(tx, who, {made->key}, w.by); }));
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.roles.remove(tx, made->key, w.by); }));
    CHECK(w.grant(w.a, who).everywhere.none());
  });
}

TEST_CASE("a role is somewhere that can be, and of permissions that there are") {
  on_each([](World& w) {
    const Id who = w.person();
    for (const Scope& bad : {Scope{Scope::Kind::group, "Sales"}, Scope{Scope::Kind::domain, "localhost"}, Scope{Scope::Kind::everywhere, "x"}}) {
      CHECK(reason_of(w.assign(w.a, who, {"people", bad})) == "scope_malformed");
    }
    CHECK(reason_of(w.write(w.a, [&](store::Transaction& tx) { return w.roles.create(tx, " ", w.set({Permission::people_read}), w.by); })) == "name_malformed");
    CHECK(reason_of(w.write(w.a, [&](store::Transaction& tx) { return w.roles.create(tx, "none", {}, w.by); })) == "role_empty");
    CHECK(reason_of(w.write(w.a, [&](store::Transaction& tx) { return w.roles.change(tx, "auditor", "x", {}, {}, w.by); })) == "role_fixed");
    for (const auto& [word, one] : permission_words) {
      CHECK(permission_named(word) == one);
      CHECK(word_of(one) == word);
    }
    CHECK(permissions_in(words_of(every_permission())) == every_permission());
    CHECK(permissions_in("people_read fly").count() == 1);
  });
}

}  // namespace
}  // namespace kidoban::directory
