#pragma once
// The keys a tenant signs with: for each algorithm a next, a current and a previous one. They are
// made at first need and sealed in the store; opened ones are kept in a bounded cache. Any thread.
//
//   next ──rotation──▶ current ──rotation──▶ previous ──a week──▶ gone
//
// `next` is published in the JWKS from the beginning, so that clients that keep the JWKS know a
// key before anything is signed with it.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "audit/audit.h"
#include "base/clock.h"
#include "base/random.h"
#include "crypto/jose.h"
#include "runtime/cache.h"
#include "seal/seal.h"
#include "store/store.h"

namespace kidoban::federation::oidc {

// What others verify with.
struct PublishedKeys {
  std::string jwks;                       // the JWK Set document
  std::vector<crypto::SigningKey> keys;   // next, current, previous of every algorithm
  std::chrono::steady_clock::time_point read_at;
  bool knows(std::string_view kid) const;
};
using PublishedKeysPointer = std::shared_ptr<const PublishedKeys>;

class SigningKeys {
 public:
  SigningKeys(store::Store& store, seal::Keyring& keyring, audit::Audit& audit, const Clock& clock, Random& random);

  // The key to sign with now. Writes only when the tenant has none of that algorithm. Never call inside a transaction.
  Result<crypto::SigningKey> current(TenantId tenant, crypto::Algorithm algorithm, runtime::Deadline deadline);
  // Makes the ES256 key where the tenant has no key at all.
  Result<PublishedKeysPointer> published(TenantId tenant, runtime::Deadline deadline);
  // Verifies one of our own JWS; another node's brand-new key is looked for once.
  Status verify(TenantId tenant, const crypto::Jws& jws, runtime::Deadline deadline);

  // One step for one algorithm, now: next becomes current. Twice ends the use of a key that leaked.
  // `only_if`: the kid of the key that must still be the current one; another means it is done already.
  Status rotate(TenantId tenant, crypto::Algorithm algorithm, runtime::Deadline deadline, std::string_view only_if = {});
  // All algorithms of the tenant.
  Status rotate_all(TenantId tenant, runtime::Deadline deadline);
  // What is due anywhere: current keys older than 90 days are rotated, previous ones older than a
  // week deleted. At most 100 a call.
  Status rotate_due(runtime::Deadline deadline);

 private:
  struct Kept {
    crypto::SigningKey key;
  };
  struct Name {
    TenantId tenant;
    crypto::Algorithm algorithm;
    friend bool operator==(const Name&, const Name&) = default;
  };
  struct NameHash {
    std::size_t operator()(const Name& name) const noexcept {
      return std::hash<TenantId>{}(name.tenant) * 31 + static_cast<std::size_t>(name.algorithm);
    }
  };
  Result<crypto::SigningKey> open(store::Transaction& tx, std::string_view kid, crypto::Algorithm algorithm,
                                  std::string_view sealed);
  Result<std::optional<crypto::SigningKey>> find_current(TenantId tenant, crypto::Algorithm algorithm,
                                                         runtime::Deadline deadline);
  Result<PublishedKeysPointer> read_published(TenantId tenant, runtime::Deadline deadline);
  Status make_first(TenantId tenant, crypto::Algorithm algorithm, runtime::Deadline deadline);

  store::Store& store_;
  seal::Keyring& keyring_;
  audit::Audit& audit_;
  const Clock& clock_;
  Random& random_;
  runtime::Cache<std::string, Kept> opened_;           // by kid, which is a thumbprint: immutable
  runtime::Cache<Name, Kept, NameHash> current_;
  runtime::Cache<TenantId, PublishedKeys> published_;
};

}  // namespace kidoban::federation::oidc
