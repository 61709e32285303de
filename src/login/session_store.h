#pragma once
// The table `sessions`.

#include <optional>
#include <vector>

#include "crypto/hash.h"
#include "login/session.h"

namespace kidoban::login {

struct SessionRow {
  Session session;
  crypto::Digest secret_hash;
};
Status put_session(store::Transaction& tx, const seal::TenantKey& key, const SessionRow& row);
Result<std::optional<SessionRow>> find_session(store::Transaction& tx, const seal::TenantKey& key, const Id& id);
Result<std::vector<Session>> sessions_of(store::Transaction& tx, const seal::TenantKey& key, const Id& person);
Status touch_session(store::Transaction& tx, const Id& id, Time seen, Time idle_until);
Result<bool> erase_session(store::Transaction& tx, const Id& id, const Id& person);

}  // namespace kidoban::login
