#pragma once
// Two tenants, each with a key of its own: what the one has, the other must not feel. For tests of folders that
// stand on seal; their features need "seal".

#include "base/id.h"
#include "kit/world.h"
#include "store/system.h"

namespace kidoban::kit {

struct TwoTenants {
  store::Store& store;
  ManualClock clock;
  SeededRandom random;
  std::unique_ptr<seal::RootKey> root = make_root_key(random);
  seal::Keyring keys{*root, clock, random};
  TenantId a{new_id(clock, random)}, b{new_id(clock, random)};

  explicit TwoTenants(store::Store& on) : store(on) {
    for (const TenantId& one : {a, b}) {
      auto made = store.write(one, soon(), [&](store::Transaction& tx) { return keys.create(tx); });
      if (!made) throw std::runtime_error("a tenant's key: " + made.error().note);
    }
  }
  template <class Body>
  auto write(const TenantId& tenant, Body&& body) { return store.write(tenant, soon(), std::forward<Body>(body)); }
  template <class Body>
  auto read(const TenantId& tenant, Body&& body) { return store.read(tenant, soon(), std::forward<Body>(body)); }
  // Every byte of one column, whoever's: what somebody with the disk would see.
  std::string everything(const store::Sql& select_one_column) {
    auto all = store.system_read(soon(), [&](store::SystemTransaction& tx) -> Result<std::string> {
      const auto rows = TRY(tx.query(select_one_column));
      std::string text;
      for (std::size_t i = 0; i < rows.size(); ++i) text += rows[i].blob_text(0);
      return text;
    });
    return all ? *all : "unreadable: " + all.error().note;
  }
  static runtime::Deadline soon() { return runtime::Deadline::after(std::chrono::seconds(30)); }
};

template <class T>
std::string reason_of(const Result<T>& result) {
  return result ? std::string("it went well") : std::string(result.error().reason.text());
}

}  // namespace kidoban::kit
