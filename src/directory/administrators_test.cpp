#include <doctest/doctest.h>

#include "directory/administrators.h"
#include "directory/directory.h"
#include "kit/two_tenants.h"
#include "tenant/tenant.h"

namespace kidoban::directory {
namespace {

TEST_CASE("a tenant's own enabled administrators are found, and so many at most") {
  const std::vector<store::Feature> features{{"tenant", tenant::resources()}, {"seal", seal::resources()}, {"audit", audit::resources()}, {"directory", resources()}};
  kit::each_engine(features, [](store::Store& store) {
    kit::TwoTenants w(store);
    audit::Audit audit(w.keys, w.clock, w.random);
    Directory directory(w.keys, audit, w.clock, w.random);
    const audit::Event by{.name = "test"};
    const auto make = [&](const TenantId& tenant, const std::string& login, bool administrator) {
      const auto made = w.write(tenant, [&](store::Transaction& tx) -> Result<Id> {
        Directory::NewPerson wanted;
        wanted.profile.login = login;
        wanted.profile.display_name = login;
        wanted.administrator = administrator;
        w.clock.advance(std::chrono::seconds(1));
        return TRY(directory.create_person(tx, wanted, by)).id;
      });
      REQUIRE(made);
      return *made;
    };
    const Id first = make(w.a, "one@a.example", true);
    make(w.a, "nobody@a.example", false);
    const Id second = make(w.a, "two@a.example", true), third = make(w.a, "three@a.example", true);
    make(w.b, "one@b.example", true);
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return directory.set_state(tx, second, PersonState::disabled, by); }));
    const auto found = [&](std::size_t limit) {
      const auto all = w.read(w.a, [&](store::Transaction& tx) { return administrators(tx, limit); });
      REQUIRE(all);
      return *all;
    };
    CHECK(found(8) == std::vector{first, third});
    CHECK(found(1) == std::vector{first});
  });
}

}  // namespace
}  // namespace kidoban::directory
