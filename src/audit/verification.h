#pragma once
// Proves a tenant's audit from the store: every record against its leaf, every leaf against the tree, the tree against every
// signed head that is kept (here, or by whoever hands one in). Reads only, a tile at a time.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/sealing.h"

namespace kidoban::audit {

// The first that doesn't agree.
struct Finding {
  // record_changed, record_removed, record_reordered, record_forged, record_unreadable; leaf_changed (the tree's copy of a
  // hash, where the record itself is whole), records_rewritten (records and leaves agree, the signed head doesn't: someone
  // changed both), tile_changed, tree_changed, head_forged, head_contradicted (a head handed in).
  std::string what;
  std::string note;                       // for people
  std::optional<std::int64_t> position;
  std::optional<Id> record;
};

struct Verdict {
  std::int64_t size = 0;       // records ever sealed
  std::int64_t present = 0;    // of them, those that are there
  std::int64_t retired = 0;    // and those removed when their time was over
  std::int64_t unsealed = 0;   // not in the tree yet: their marks were checked
  std::int64_t unmarked = 0;   // written by a release before marks; their sealed detail was opened instead
  std::int64_t heads = 0;
  Digest root{};
  std::optional<Finding> first_bad;
};

class Verifier {
 public:
  Verifier(store::Store& store, seal::Keyring& keyring, Sealer& sealer) : store_(store), keyring_(keyring), sealer_(sealer) {}

  // `retained`: heads (JWS) that were kept elsewhere. An error is that it couldn't be read at all; what doesn't
  // agree is a verdict. Runs beside a server that appends and seals.
  Result<Verdict> verify(const TenantId& tenant, const std::vector<std::string>& retained);

 private:
  store::Store& store_;
  seal::Keyring& keyring_;
  Sealer& sealer_;
};

}  // namespace kidoban::audit
