// A tenant is called otherwise, on both engines.

#include "tenant/renaming.h"

#include <doctest/doctest.h>

#include "kit/two_tenants.h"

namespace kidoban::tenant {
namespace {

const std::vector<store::Feature> features{{"tenant", resources()}, {"seal", seal::resources()}, {"audit", audit::resources()}};

struct World {
  explicit World(store::Store& on) : store(on) {}
  store::Store& store;
  kit::ManualClock clock;
  kit::SeededRandom random;
  std::unique_ptr<seal::RootKey> root = kit::make_root_key(random);
  seal::Keyring keys{*root, clock, random};
  audit::Audit audit{keys, clock, random};
  Tenants tenants{store, keys, audit, clock, random};
  audit::Event by{.name = "test.acted", .actor = {audit::ActorKind::operator_, std::nullopt}};

  static runtime::Deadline soon() { return runtime::Deadline::after(std::chrono::seconds(30)); }
  Tenant make(const char* slug) { return *tenants.create({slug, slug, ""}, by.actor, soon()); }
  Status rename(const Tenant& one, std::string_view name) {
    return store.write(one.id, soon(), [&](store::Transaction& tx) { return tenant::rename(tx, audit, name, by); });
  }
  std::string name_of(const Tenant& one) { return tenants.find_by_slug(one.slug, soon())->name; }
  std::size_t records(const Tenant& one) {
    return store.read(one.id, soon(), [&](store::Transaction& tx) { return audit.read(tx, {.actor = {}, .target = {}, .name = "tenant.renamed", .from = {}, .until = {}}, {}, 500); })->size();
  }
};

TEST_CASE("a tenant is renamed with one record, and no other is") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    const Tenant ours = w.make("acme"), theirs = w.make("other");
    CHECK(w.rename(ours, "東京商事株式会社"));
    CHECK(w.name_of(ours) == "東京商事株式会社");
    CHECK(w.name_of(theirs) == "other");
    CHECK(w.rename(ours, "東京商事株式会社"));
    CHECK(w.records(ours) == 1);
    CHECK(w.records(theirs) == 0);
  });
}

TEST_CASE("a name that no page can show is refused") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    const Tenant ours = w.make("acme");
    for (const std::string& bad : {std::string(), std::string("a\nb"), std::string(500, 'a'), std::string("\xff")}) {
      CHECK(kit::reason_of(w.rename(ours, bad)) == "name_malformed");
    }
    CHECK(w.name_of(ours) == "acme");
  });
}

}  // namespace
}  // namespace kidoban::tenant
