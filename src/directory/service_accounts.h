#pragma once
// Accounts that are no person's: a connector, a script, a directory's agent. What each may do is its own, and its tokens run
// out. `Directory` has them as service_accounts(); any thread.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/audit.h"
#include "base/secret.h"
#include "directory/permission.h"
#include "seal/seal.h"
#include "store/store.h"

namespace kidoban::directory {

struct ServiceAccount {
  Id id;
  std::string name;
  PermissionSet permissions;
  bool enabled = true;
  Time created_at;
  std::int64_t version = 1;
};

// Shown once; kept as its hash.
struct ServiceToken {
  Id id, account;
  std::string label;
  Time created_at, expires_at;
  std::optional<Time> last_used_at;  // to the hour
};

struct IssuedToken {
  ServiceToken about;
  Secret token;  // "kdb_" and 43 characters
};

class ServiceAccounts {
 public:
  ServiceAccounts(seal::Keyring& keys, audit::Audit& audit, const Clock& clock, Random& random) : keys_(keys), audit_(audit), clock_(clock), random_(random) {}

  // By id, after `after`, at most `limit`.
  Result<std::vector<ServiceAccount>> list(store::Transaction& tx, std::optional<Id> after, std::size_t limit);
  Result<ServiceAccount> get(store::Transaction& tx, const Id& id);  // not_found/"service_account_unknown"
  // malformed/"name_malformed", "role_empty".
  Result<ServiceAccount> create(store::Transaction& tx, std::string_view name, const PermissionSet& permissions, const audit::Event& by);
  struct Change {
    std::optional<std::string> name;
    std::optional<PermissionSet> permissions;
    std::optional<bool> enabled;
  };
  Result<ServiceAccount> change(store::Transaction& tx, const Id& id, const Change& change, std::optional<std::int64_t> version, const audit::Event& by);
  Status remove(store::Transaction& tx, const Id& id, const audit::Event& by);  // with its tokens

  // malformed/"name_malformed", "lifetime_malformed" (a minute to 366 days); conflict/"token_too_many" beyond 20 an account.
  Result<IssuedToken> issue(store::Transaction& tx, const Id& account, std::string_view label, Time expires_at, const audit::Event& by);
  Result<std::vector<ServiceToken>> tokens(store::Transaction& tx, const Id& account);
  Status revoke(store::Transaction& tx, const Id& account, const Id& token, const audit::Event& by);  // not_found/"token_unknown"

  struct Recognised {
    ServiceAccount account;
    ServiceToken token;
  };
  // Whose token that is. unauthenticated/"token_invalid" for what isn't one, has run out, or belongs to an account that is switched off.
  Result<Recognised> authenticate(store::Transaction& tx, std::string_view token);
  // Whether what follows "Bearer " could be one at all: others' tokens aren't looked for here.
  static bool is_token(std::string_view text) { return text.starts_with("kdb_"); }
  // Tokens, of any tenant, that run out before `until` and that nobody was warned of: `warn` is called for each in a transaction of
  // its own, once. Those that were issued for less than a day are their own warning.
  using Warn = std::function<Status(store::Transaction&, const ServiceAccount&, const ServiceToken&)>;
  Status warn_of_ends(store::Store& store, Time until, const Warn& warn);
  // Where the last use that is written down is an hour ago or longer. In a write.
  Status note_use(store::Transaction& tx, const ServiceToken& token);

 private:
  seal::Keyring& keys_;
  audit::Audit& audit_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace kidoban::directory
