#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "kit/stores.h"
#include "kit/two_tenants.h"
#include "seal/keys_store.h"

namespace kidoban::seal {
namespace {

using kit::reason_of;
const std::vector<store::Feature> features{{"seal", resources()}};

TEST_CASE("an opened key is kept: the row is read once") {
  kit::each_engine(features, [](store::Store& store) {
    kit::TwoTenants w(store);
    const auto of = [&](Keyring& keys) { return w.read(w.a, [&](store::Transaction& tx) { return keys.of(tx); }); };
    const auto first = of(w.keys);
    REQUIRE(first);
    CHECK(*of(w.keys) == *first);  // the very same object
    REQUIRE(w.store.system_write(w.soon(), [&](store::SystemTransaction& tx) {
      return tx.execute({"test_lose_keys", "delete from tenant_keys"});
    }));
    CHECK(*of(w.keys) == *first);
    Keyring another(*w.root, w.clock, w.random);
    CHECK(reason_of(of(another)) == "tenant_key_missing");
  });
}

TEST_CASE("a tenant's wrapped key is another tenant's for nobody, and the bare key isn't in the store") {
  kit::each_engine(features, [](store::Store& store) {
    kit::TwoTenants w(store);
    const auto row_of = [&](const TenantId& tenant) {
      return w.read(tenant, [](store::Transaction& tx) { return find_tenant_key(tx); });
    };
    const auto a = row_of(w.a), b = row_of(w.b);
    REQUIRE((a && *a && b && *b));
    CHECK((*a)->root_key_id == w.root->id());
    CHECK((*a)->wrapped != (*b)->wrapped);
    const auto bare = w.root->unwrap((*a)->wrapped, "kidoban tenant key " + w.a.text());
    REQUIRE(bare);
    CHECK(bare->reveal().size() == 32);
    CHECK((*a)->wrapped.find(bare->reveal_text()) == std::string::npos);
    REQUIRE(w.store.system_write(w.soon(), [&](store::SystemTransaction& tx) {
      return tx.execute({"test_swap", "update tenant_keys set wrapped = (select wrapped from tenant_keys where tenant = $1) where tenant = $2"},
                        w.a, w.b);
    }));
    Keyring another(*w.root, w.clock, w.random);
    CHECK(reason_of(w.read(w.b, [&](store::Transaction& tx) { return another.of(tx); })) == "root_key_wrong");
    CHECK(w.read(w.a, [&](store::Transaction& tx) { return another.of(tx); }));
  });
}

TEST_CASE("a root key made anew for a store that has data is refused, and nothing is changed") {
  kit::each_engine(features, [](store::Store& store) {
    kit::TwoTenants w(store);
    const kit::TemporaryFolder folder;
    const auto file = folder.path() / "root.key";
    const TenantId tenant{new_id(w.clock, w.random)};
    {
      const auto root = open_root_key_file(file, Create::if_missing, system_random());
      REQUIRE(root);
      Keyring keys(**root, w.clock, w.random);
      REQUIRE(keys.check(store));
      REQUIRE(w.write(tenant, [&](store::Transaction& tx) { return keys.create(tx); }));
    }
    const auto saved = folder.path() / "saved";
    std::filesystem::rename(file, saved);
    CHECK(reason_of(open_root_key_file(file, Create::no, system_random())) == "root_key_unusable");
    {
      const auto root = open_root_key_file(file, Create::if_missing, system_random());
      REQUIRE(root);
      Keyring keys(**root, w.clock, w.random);
      const auto checked = keys.check(store);
      REQUIRE_FALSE(checked);
      CHECK(checked.error().kind == Kind::sealed);
      CHECK(checked.error().reason == "root_key_wrong");
      CHECK(reason_of(w.read(tenant, [&](store::Transaction& tx) { return keys.of(tx); })) == "root_key_wrong");
    }
    std::filesystem::rename(saved, file);
    const auto root = open_root_key_file(file, Create::no, system_random());
    REQUIRE(root);
    Keyring keys(**root, w.clock, w.random);
    CHECK(keys.check(store));
    CHECK(w.read(tenant, [&](store::Transaction& tx) { return keys.of(tx); }));
  });
}

TEST_CASE("what isn't a root key's file is not taken for one, nor waited for") {
  const kit::TemporaryFolder folder;
  const auto at = [&](const char* name) { return folder.path() / name; };
  const auto open = [](const std::filesystem::path& file) { return open_root_key_file(file, Create::no, system_random()); };
  std::filesystem::create_directory(at("folder"));
  ::chmod(at("folder").c_str(), 0700);
  CHECK(reason_of(open(at("folder"))) == "root_key_malformed");
  REQUIRE(::mkfifo(at("pipe").c_str(), 0600) == 0);
  CHECK(reason_of(open(at("pipe"))) == "root_key_malformed");
  CHECK(reason_of(open(at("nothing"))) == "root_key_unusable");
  CHECK(reason_of(open_root_key_file(folder.path() / "no" / "such" / "folder" / "key", Create::if_missing, system_random())) ==
        "root_key_unusable");

  REQUIRE(open_root_key_file(at("key"), Create::if_missing, system_random()));
  for (const mode_t mode : {0604, 0610, 0620, 0640, 0644, 0660, 0601}) {
    REQUIRE(::chmod(at("key").c_str(), mode) == 0);
    const auto exposed = open(at("key"));
    REQUIRE_FALSE(exposed);
    CHECK(exposed.error().kind == Kind::forbidden);
    CHECK(exposed.error().reason == "root_key_exposed");
  }
  for (const mode_t mode : {0600, 0400}) {
    REQUIRE(::chmod(at("key").c_str(), mode) == 0);
    CHECK(open(at("key")));
  }
  // Making one leaves nothing else lying about.
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++files;
  CHECK(files == 3);
}

TEST_CASE("a key that is there already is never written over") {
  const kit::TemporaryFolder folder;
  const auto file = folder.path() / "root.key";
  const auto first = open_root_key_file(file, Create::if_missing, system_random());
  const auto again = open_root_key_file(file, Create::if_missing, system_random());
  REQUIRE((first && again));
  CHECK((*first)->id() == (*again)->id());
  const auto elsewhere = open_root_key_file(folder.path() / "other.key", Create::if_missing, system_random());
  REQUIRE(elsewhere);
  CHECK((*elsewhere)->id() != (*first)->id());
}

}  // namespace
}  // namespace kidoban::seal
