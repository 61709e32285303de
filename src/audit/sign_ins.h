#pragma once
// One person's sign-ins and failed tries, as the audit has them: "session.started", and "sign_in.factor" that was refused.
// In the caller's transaction.

#include "audit/audit.h"

namespace kidoban::audit {

// Newest first, at most `limit` (1..500); `before` is the last id of the page before.
Result<std::vector<Record>> sign_ins_of(store::Transaction& tx, seal::Keyring& keys, const Id& person, std::optional<Id> before, std::size_t limit);
// One of them; nothing where it is somebody else's, or something else.
Result<std::optional<Record>> sign_in_of(store::Transaction& tx, seal::Keyring& keys, const Id& person, const Id& record);

}  // namespace kidoban::audit
