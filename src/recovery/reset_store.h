#pragma once
// The rows of password_resets.

#include <optional>

#include "base/clock.h"
#include "crypto/hash.h"
#include "store/system.h"

namespace kidoban::recovery {

Status put_reset(store::Transaction& tx, const crypto::Digest& token_hash, const Id& person, Time expires_at);
// Whose it is, while it is good.
Result<std::optional<Id>> find_reset(store::Transaction& tx, const crypto::Digest& token_hash, Time now);
// True for the one caller that took it.
Result<bool> take_reset(store::Transaction& tx, const crypto::Digest& token_hash, Time now);
Status drop_resets_of(store::Transaction& tx, const Id& person);
// How many went, at most `limit`.
Result<std::int64_t> purge_resets(store::SystemTransaction& tx, Time now, std::int64_t limit);

}  // namespace kidoban::recovery
