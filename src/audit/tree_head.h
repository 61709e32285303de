#pragma once
// A tree's head: how many records, and the root of them all, signed. Whoever keeps one can later prove that nothing it covers was
// changed or removed.

#include <span>
#include <string>
#include <string_view>

#include "audit/merkle.h"
#include "base/clock.h"
#include "base/id.h"
#include "crypto/jose.h"

namespace kidoban::audit {

struct Head {
  std::int64_t number = 0;     // 1 for a tenant's first
  std::int64_t tree_size = 0;
  std::int64_t retired = 0;    // records before this position may be gone: their time was over
  Digest root{};
  Time at;
};

// A JWS in compact form (docs/protocols/audit.md). Never call inside a transaction.
Result<std::string> sign_head(const crypto::SigningKey& key, const TenantId& tenant, const Head& head);
// unauthenticated/"audit_head_forged" where none of `keys` signed it, or it is another tenant's; malformed/"audit_head_malformed".
Result<Head> open_head(std::string_view jws, const TenantId& tenant, std::span<const crypto::SigningKey> keys);

}  // namespace kidoban::audit
