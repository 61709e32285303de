#pragma once
// The rows behind service accounts and what they show who they are by. Names and labels are opaque here.

#include "crypto/hash.h"
#include "directory/service_accounts.h"
#include "store/system.h"

namespace kidoban::directory {

struct ServiceAccountRow {
  Id id;
  std::string name;  // sealed
  std::string permissions;
  bool enabled = true;
  Time created_at;
  std::int64_t version = 1;
  std::int64_t access_lifetime_s = 0;
};
Status insert_account(store::Transaction& tx, const ServiceAccountRow& row);
Result<std::optional<ServiceAccountRow>> select_account(store::Transaction& tx, const Id& id);
Result<std::vector<ServiceAccountRow>> select_accounts(store::Transaction& tx, const Id& after, std::size_t limit);
Status update_account(store::Transaction& tx, const ServiceAccountRow& row);
Status delete_account(store::Transaction& tx, const Id& id);  // with its credentials

struct ServiceCredentialRow {
  Id id, account;
  CredentialKind kind = CredentialKind::token;
  std::string label;  // sealed
  Time created_at, expires_at;
  std::optional<Time> last_used_at;
  std::string public_key;
};
// False where something with that hash is there already.
Result<bool> insert_credential(store::Transaction& tx, const ServiceCredentialRow& row, const crypto::Digest& hash);
Result<std::optional<ServiceCredentialRow>> find_token(store::Transaction& tx, const crypto::Digest& hash);  // a token, nothing else
Result<std::optional<ServiceCredentialRow>> select_credential(store::Transaction& tx, const Id& account, const Id& id);
Result<std::vector<ServiceCredentialRow>> select_credentials(store::Transaction& tx, const Id& account, CredentialKind kind, std::size_t limit);
// Secrets and keys that are good after `now`.
Result<std::vector<ServiceClient::Proof>> select_proofs(store::Transaction& tx, const Id& account, Time now, std::size_t limit);
Result<bool> delete_credential(store::Transaction& tx, const Id& account, CredentialKind kind, const Id& id);
struct CredentialOfTenant {
  TenantId tenant;
  Id account, credential;
};
Result<std::vector<CredentialOfTenant>> select_ending(store::SystemTransaction& tx, Time now, Time until, std::size_t limit);
// False where somebody else has noted it already.
Result<bool> note_warned(store::Transaction& tx, const Id& id, Time at);
// False where it was used before.
Result<bool> note_first_use(store::Transaction& tx, const Id& id, Time at);
Status update_last_used(store::Transaction& tx, const Id& id, Time at);

struct ServiceAccessRow {
  Id account, credential;
  std::string permissions;
  Time created_at, expires_at;
};
Status insert_access(store::Transaction& tx, const ServiceAccessRow& row, const crypto::Digest& hash);
Result<std::optional<ServiceAccessRow>> find_access(store::Transaction& tx, const crypto::Digest& hash);
Status delete_access(store::Transaction& tx, const crypto::Digest& hash);
// How many of the account's are good still; counts no further than `most`.
Result<std::int64_t> count_access(store::Transaction& tx, const Id& account, Time now, std::int64_t most);
// How many went, at most `limit`.
Result<std::int64_t> delete_spent_access(store::SystemTransaction& tx, Time now, std::int64_t limit);

}  // namespace kidoban::directory
