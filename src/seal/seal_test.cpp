#include "seal/seal.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>

#include "kit/stores.h"
#include "kit/two_tenants.h"

namespace kidoban::seal {
namespace {

using kit::reason_of;
const std::vector<store::Feature> features{{"seal", resources()}};
constexpr std::array<std::uint8_t, 3> row_one{1, 2, 3}, row_two{1, 2, 4};

TEST_CASE("a sealed value opens where it was sealed, and nowhere else") {
  kit::SeededRandom random;
  const TenantId a{new_id(system_clock(), random)}, b{new_id(system_clock(), random)};
  const Secret raw = Secret::of(random.bytes<32>());
  const TenantKey key(a, Secret::of(raw.reveal()), random), same_key_other_tenant(b, Secret::of(raw.reveal()), random);
  const Place place{"people", "profile", row_one};
  const std::string sealed = key.seal(place, "hanako@example.com");
  CHECK(*key.open_text(place, sealed) == "hanako@example.com");
  CHECK(sealed.find("hanako") == std::string::npos);
  CHECK(key.seal(place, "hanako@example.com") != sealed);
  for (const Place& elsewhere : {Place{"people", "profile", row_two}, Place{"people", "login", row_one}, Place{"groups", "profile", row_one},
                                 Place{"peopleprofile", "", row_one}, Place{"peopl", "eprofile", row_one}}) {
    CHECK(reason_of(key.open(elsewhere, sealed)) == "sealed_value_damaged");
  }
  CHECK(reason_of(same_key_other_tenant.open(place, sealed)) == "sealed_value_damaged");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string altered = sealed;
    altered[i] = static_cast<char>(altered[i] ^ 1);
    CHECK_FALSE(key.open(place, altered));
    CHECK_FALSE(key.open(place, std::string_view(sealed).substr(0, i)));
  }
  CHECK(key.open_text(place, key.seal(place, ""))->empty());
}

TEST_CASE("a blind index is the same for the same value, and says nothing across indexes, tenants or purposes") {
  kit::SeededRandom random;
  const TenantId a{new_id(system_clock(), random)}, b{new_id(system_clock(), random)};
  const Secret raw = Secret::of(random.bytes<32>());
  const TenantKey one(a, Secret::of(raw.reveal()), random), again(a, Secret::of(raw.reveal()), random), other(b, Secret::of(random.bytes<32>()), random);
  CHECK(one.blind_index("people.login", "x") == again.blind_index("people.login", "x"));
  CHECK(one.blind_index("people.login", "x") != one.blind_index("people.login", "y"));
  CHECK(one.blind_index("people.login", "x") != one.blind_index("people.mail", "x"));
  CHECK(one.blind_index("people.login", "x") != other.blind_index("people.login", "x"));
  CHECK(one.blind_index("a", "bc") != one.blind_index("ab", "c"));
  CHECK(one.mac("csrf", "x") != one.mac("code", "x"));
  CHECK(one.mac("csrf", "x") != one.blind_index("csrf", "x"));
}

TEST_CASE("each tenant has its own key, which only the right root key opens") {
  kit::each_engine(features, [](store::Store& store) {
    kit::TwoTenants w(store);
    const Place place{"t", "c", row_one};
    const auto seal = [&](store::Transaction& tx) -> Result<std::string> { return TRY(w.keys.of(tx))->seal(place, "secret"); };
    const auto open = [&](Keyring& keys, const std::string& sealed) {
      return [&](store::Transaction& tx) -> Result<std::string> { return TRY(keys.of(tx))->open_text(place, sealed); };
    };
    const auto sealed = w.read(w.a, seal);
    REQUIRE(sealed);
    CHECK(*w.read(w.a, open(w.keys, *sealed)) == "secret");
    CHECK(reason_of(w.read(w.b, open(w.keys, *sealed))) == "sealed_value_damaged");
    // Another process with the same root key; one with another.
    Keyring elsewhere(*w.root, w.clock, w.random);
    CHECK(*w.read(w.a, open(elsewhere, *sealed)) == "secret");
    const auto wrong_root = kit::make_root_key(w.random);
    Keyring wrong(*wrong_root, w.clock, w.random);
    CHECK(reason_of(w.read(w.a, open(wrong, *sealed))) == "root_key_wrong");
    const TenantId nobody{new_id(w.clock, w.random)};
    CHECK(reason_of(w.read(nobody, open(w.keys, *sealed))) == "tenant_key_missing");
    CHECK_FALSE(w.write(w.a, [&](store::Transaction& tx) { return w.keys.create(tx); }));  // a second key would lose the first
    CHECK(*w.read(w.a, open(elsewhere, *sealed)) == "secret");
  });
}

TEST_CASE("a key whose making was undone is nobody's") {
  kit::each_engine(features, [](store::Store& store) {
    kit::TwoTenants w(store);
    const TenantId made_twice{new_id(w.clock, w.random)};
    CHECK_FALSE(w.write(made_twice, [&](store::Transaction& tx) -> Status {
      TRY(w.keys.create(tx));
      return fail(Kind::conflict, "undone");
    }));
    CHECK(reason_of(w.read(made_twice, [&](store::Transaction& tx) { return w.keys.of(tx); })) == "tenant_key_missing");
    CHECK(w.write(made_twice, [&](store::Transaction& tx) { return w.keys.create(tx); }));
    CHECK(w.read(made_twice, [&](store::Transaction& tx) { return w.keys.of(tx); }));
  });
}

TEST_CASE("a store is opened with the root key it was made with") {
  kit::each_engine(features, [](store::Store& store) {
    kit::TwoTenants w(store);
    CHECK(w.keys.check(store));
    CHECK(w.keys.check(store));
    const auto other = kit::make_root_key(w.random);
    CHECK(reason_of(Keyring(*other, w.clock, w.random).check(store)) == "root_key_wrong");
    CHECK(Keyring(*w.root, w.clock, w.random).check(store));
  });
}

TEST_CASE("a root key's file is its owner's alone") {
  const kit::TemporaryFolder folder;
  const auto file = folder.path() / "root.key";
  const auto open = [&](Create create) { return open_root_key_file(file, create, system_random()); };
  CHECK_FALSE(open(Create::no));
  auto made = open(Create::if_missing);
  REQUIRE(made);
  struct stat about {};
  REQUIRE(::stat(file.c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0600);
  auto again = open(Create::no);
  REQUIRE(again);
  CHECK((*again)->id() == (*made)->id());
  const Secret key = Secret::of("01234567890123456789012345678901");
  const auto wrapped = (*made)->wrap(key, "tenant");
  REQUIRE(wrapped);
  CHECK((*again)->unwrap(*wrapped, "tenant")->reveal_text() == key.reveal_text());
  CHECK(reason_of((*again)->unwrap(*wrapped, "another")) == "root_key_wrong");
  ::chmod(file.c_str(), 0640);
  CHECK(reason_of(open(Create::if_missing)) == "root_key_exposed");
  ::chmod(file.c_str(), 0600);
  for (const char* bad : {"", "AAAA", "not base64!", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQQ=="}) {
    std::ofstream(file, std::ios::trunc) << bad;
    CHECK(reason_of(open(Create::if_missing)) == "root_key_malformed");
  }
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  CHECK_FALSE(open(Create::if_missing));
}

}  // namespace
}  // namespace kidoban::seal
