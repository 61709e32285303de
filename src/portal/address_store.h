#pragma once
// The rows of address_changes.

#include <optional>
#include <string>

#include "base/clock.h"
#include "crypto/hash.h"
#include "seal/seal.h"
#include "store/system.h"

namespace kidoban::portal {

struct AddressChange {
  std::string address;
  Time expires_at;
};

// In place of any other of theirs.
Status put_address_change(store::Transaction& tx, const seal::TenantKey& key, const Id& person, const crypto::Digest& token_hash, const AddressChange& change);
// Theirs, while it is good; with a token, only that one.
Result<std::optional<AddressChange>> find_address_change(store::Transaction& tx, const seal::TenantKey& key, const Id& person, Time now);
Result<std::optional<AddressChange>> find_address_change(store::Transaction& tx, const seal::TenantKey& key, const Id& person,
                                                         const crypto::Digest& token_hash, Time now);
Status drop_address_change(store::Transaction& tx, const Id& person);
// How many went, at most `limit`.
Result<std::int64_t> purge_address_changes(store::SystemTransaction& tx, Time now, std::int64_t limit);

}  // namespace kidoban::portal
