#pragma once
// What makes the audit's records tamper-evident: they are sealed in batches into their tenant's Merkle tree, whose head is
// signed and published (docs/protocols/audit.md, decision 11). Made once at start; any thread.

#include <optional>
#include <string>
#include <vector>

#include "audit/audit.h"
#include "audit/tree_head.h"
#include "crypto/jose.h"
#include "runtime/cache.h"
#include "store/store.h"

namespace kidoban::audit {

struct PublishedHead {
  Head head;
  std::string jws;
};

struct RecordProof {
  std::int64_t position;
  std::string leaf;            // the bytes the leaf's hash is made of
  std::vector<Digest> path;    // RFC 9162 §2.1.3
  PublishedHead head;
};

class Sealer {
 public:
  Sealer(store::Store& store, seal::Keyring& keyring, Audit& audit, const Clock& clock);

  // Seals what a tenant's audit has that isn't sealed; how many records. Another node that is at it too is left to it.
  // Not inside a transaction.
  Result<std::int64_t> seal(const TenantId& tenant, runtime::Deadline deadline);
  // All tenants that have something to seal; costs nothing for the others. At most half a minute: the rest is next time's.
  Status seal_due();

  // Removes sealed records from before `until`, of the tree's beginning; their hashes stay, so that the rest is still proven.
  // How many went. The head says so, signed; audited as "audit.retired".
  Result<std::int64_t> retire(const TenantId& tenant, Time until, runtime::Deadline deadline);
  // Tenants whose records weren't looked through for a day, at most `limit`; each is due again in a day.
  Result<std::vector<TenantId>> due_to_retire(std::int64_t limit, runtime::Deadline deadline);

  // Those who verify need: the tenant's audit keys, the newest first. None where nothing was sealed yet.
  Result<std::vector<crypto::SigningKey>> keys(store::Transaction& tx);
  // As a JWK Set (RFC 7517).
  Result<std::string> jwks(store::Transaction& tx);
  Result<std::optional<PublishedHead>> latest(store::Transaction& tx);
  // Newest first, with numbers below `before`.
  Result<std::vector<PublishedHead>> heads(store::Transaction& tx, std::int64_t before, std::size_t limit);
  // not_found/"audit_record_unknown"; conflict/"audit_record_unsealed".
  Result<RecordProof> prove(store::Transaction& tx, const Id& record);
  // malformed/"audit_sizes_malformed" unless 0 < first <= second <= the tree's size.
  Result<std::vector<Digest>> consistency(store::Transaction& tx, std::int64_t first, std::int64_t second);

 private:
  Result<crypto::SigningKey> key_of(const TenantId& tenant, runtime::Deadline deadline);
  Result<std::int64_t> seal_some(const TenantId& tenant, const crypto::SigningKey& key, runtime::Deadline deadline);

  store::Store& store_;
  seal::Keyring& keyring_;
  Audit& audit_;
  const Clock& clock_;
  runtime::Cache<TenantId, crypto::SigningKey> kept_;
};

}  // namespace kidoban::audit
