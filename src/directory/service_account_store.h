#pragma once
// The rows behind service accounts. Names and labels are opaque here.

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
};
Status insert_account(store::Transaction& tx, const ServiceAccountRow& row);
Result<std::optional<ServiceAccountRow>> select_account(store::Transaction& tx, const Id& id);
Result<std::vector<ServiceAccountRow>> select_accounts(store::Transaction& tx, const Id& after, std::size_t limit);
Status update_account(store::Transaction& tx, const ServiceAccountRow& row);
Status delete_account(store::Transaction& tx, const Id& id);  // with its tokens

struct ServiceTokenRow {
  Id id, account;
  std::string label;  // sealed
  Time created_at, expires_at;
  std::optional<Time> last_used_at;
};
Status insert_token(store::Transaction& tx, const ServiceTokenRow& row, const crypto::Digest& hash);
Result<std::optional<ServiceTokenRow>> find_token(store::Transaction& tx, const crypto::Digest& hash);
Result<std::vector<ServiceTokenRow>> select_tokens(store::Transaction& tx, const Id& account, std::size_t limit);
Result<bool> delete_token(store::Transaction& tx, const Id& account, const Id& id);
struct TokenOfTenant {
  TenantId tenant;
  Id account, token;
};
Result<std::vector<TokenOfTenant>> select_ending(store::SystemTransaction& tx, Time now, Time until, std::size_t limit);
// False where somebody else has noted it already.
Result<bool> note_warned(store::Transaction& tx, const Id& id, Time at);
Status update_last_used(store::Transaction& tx, const Id& id, Time at);

}  // namespace kidoban::directory
