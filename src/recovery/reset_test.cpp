#include <doctest/doctest.h>

#include "kit/two_tenants.h"
#include "recovery/recovery.h"
#include "recovery/reset_store.h"

namespace kidoban::recovery {
namespace {

const std::vector<store::Feature> features{{"seal", seal::resources()}, {"recovery", resources()}};

TEST_CASE("a link is good once, for a while, for one person of one tenant") {
  kit::each_engine(features, [](store::Store& store) {
    kit::TwoTenants w(store);
    const auto hash = crypto::sha256("token"), second = crypto::sha256("second"), third = crypto::sha256("third");
    const Id person = new_id(w.clock, w.random), another = new_id(w.clock, w.random);
    const Time until = w.clock.now() + link_lifetime;
    const auto put = [&](const crypto::Digest& of, const Id& whose) { REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return put_reset(tx, of, whose, until); })); };
    const auto found = [&](const TenantId& tenant, const crypto::Digest& of) {
      const auto it = w.read(tenant, [&](store::Transaction& tx) { return find_reset(tx, of, w.clock.now()); });
      REQUIRE(it);
      return *it;
    };
    const auto taken = [&](const TenantId& tenant, const crypto::Digest& of) {
      const auto it = w.write(tenant, [&](store::Transaction& tx) { return take_reset(tx, of, w.clock.now()); });
      REQUIRE(it);
      return *it;
    };
    put(hash, person);
    put(second, person);
    put(third, another);
    CHECK(found(w.a, hash) == person);
    CHECK_FALSE(found(w.b, hash));
    CHECK_FALSE(taken(w.b, hash));
    CHECK(taken(w.a, hash));
    CHECK_FALSE(taken(w.a, hash));
    CHECK_FALSE(found(w.a, hash));
    REQUIRE(w.write(w.b, [&](store::Transaction& tx) { return drop_resets_of(tx, person); }));
    CHECK(found(w.a, second) == person);
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return drop_resets_of(tx, person); }));
    CHECK_FALSE(found(w.a, second));
    CHECK(found(w.a, third) == another);
    w.clock.advance(link_lifetime);
    CHECK_FALSE(found(w.a, third));
    CHECK_FALSE(taken(w.a, third));
    const auto gone = w.store.system_write(kit::TwoTenants::soon(), [&](store::SystemTransaction& tx) { return purge_resets(tx, w.clock.now(), 10); });
    CHECK(gone == 1);
  });
}

TEST_CASE("mail goes to each address of a person once") {
  directory::Profile profile;
  profile.email = "hanako@example.com";
  profile.other_emails = {{"second@example.com", "", "", false}, {"hanako@example.com", "", "", false}};
  profile.private_email = "home@example.org";
  CHECK(directory::mail_addresses(profile) == std::vector<std::string>{"hanako@example.com", "second@example.com", "home@example.org"});
}

}  // namespace
}  // namespace kidoban::recovery
