#include <doctest/doctest.h>

#include "kit/two_tenants.h"
#include "page/words.h"
#include "portal/address_store.h"
#include "portal/portal.h"

namespace kidoban::portal {
namespace {

using namespace std::chrono_literals;
const std::vector<store::Feature> features{{"seal", seal::resources()}, {"portal", resources()}};

TEST_CASE("an address waits to be confirmed by its own link, one a person, for a day, in its own tenant") {
  kit::each_engine(features, [](store::Store& store) {
    kit::TwoTenants w(store);
    const Id person = new_id(w.clock, w.random), another = new_id(w.clock, w.random);
    const auto first = crypto::sha256("first"), second = crypto::sha256("second");
    const auto put = [&](const crypto::Digest& token, const std::string& address) {
      REQUIRE(w.write(w.a, [&](store::Transaction& tx) -> Status {
        return put_address_change(tx, *TRY(w.keys.of(tx)), person, token, {address, w.clock.now() + 24h});
      }));
    };
    const auto found = [&](const TenantId& tenant, const Id& whose, const crypto::Digest& token) {
      const auto it = w.read(tenant, [&](store::Transaction& tx) -> Result<std::string> {
        const auto change = TRY(find_address_change(tx, *TRY(w.keys.of(tx)), whose, token, w.clock.now()));
        return change ? change->address : "nothing";
      });
      REQUIRE(it);
      return *it;
    };
    put(first, "home@elsewhere.example");
    CHECK(found(w.a, person, first) == "home@elsewhere.example");
    CHECK(found(w.a, person, second) == "nothing");
    CHECK(found(w.a, another, first) == "nothing");
    CHECK(found(w.b, person, first) == "nothing");
    CHECK(w.everything({"test_addresses", "select address from address_changes"}).find("elsewhere") == std::string::npos);
    put(second, "other@elsewhere.example");
    CHECK(found(w.a, person, first) == "nothing");
    CHECK(found(w.a, person, second) == "other@elsewhere.example");
    REQUIRE(w.write(w.b, [&](store::Transaction& tx) { return drop_address_change(tx, person); }));
    CHECK(found(w.a, person, second) == "other@elsewhere.example");
    w.clock.advance(24h);
    CHECK(found(w.a, person, second) == "nothing");
    const auto gone = w.store.system_write(w.soon(), [&](store::SystemTransaction& tx) { return purge_address_changes(tx, w.clock.now(), 10); });
    CHECK(gone == 1);
  });
}

TEST_CASE("both languages have the same words of the portal") {
  const page::Words words(resources());
  for (const auto& [key, value] : words.all(page::Language::en)) CHECK_MESSAGE(words.find(page::Language::ja, key) != nullptr, key);
  for (const auto& [key, value] : words.all(page::Language::ja)) CHECK_MESSAGE(words.find(page::Language::en, key) != nullptr, key);
}

}  // namespace
}  // namespace kidoban::portal
