#pragma once
// The rows behind the keyring.

#include <optional>
#include <string>

#include "base/clock.h"
#include "store/system.h"

namespace kidoban::seal {

struct WrappedKey {
  std::string root_key_id, wrapped;
};

// The tenant's key of the greatest epoch.
Result<std::optional<WrappedKey>> find_tenant_key(store::Transaction& tx);
// conflict/"unique_taken" where the tenant has one of that epoch.
Status insert_tenant_key(store::Transaction& tx, std::int64_t epoch, const WrappedKey& key, Time at);

Result<std::optional<WrappedKey>> find_root_key_check(store::SystemTransaction& tx);
Status insert_root_key_check(store::SystemTransaction& tx, const WrappedKey& key);

}  // namespace kidoban::seal
