#pragma once
// The row behind the set-up link.

#include "base/clock.h"
#include "crypto/hash.h"
#include "store/system.h"

namespace kidoban::service {

// Replaces any older link.
Status put_setup_link(store::SystemTransaction& tx, const crypto::Digest& token_hash, Time expires_at);
Result<bool> has_setup_link(store::SystemTransaction& tx, const crypto::Digest& token_hash, Time now);
// True for the one caller that took it; it is gone afterwards.
Result<bool> take_setup_link(store::SystemTransaction& tx, const crypto::Digest& token_hash, Time now);

}  // namespace kidoban::service
