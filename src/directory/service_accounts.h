#pragma once
// Accounts that are no person's: a connector, a script, a directory's agent. What each may do is its own, and what it shows who it is by
// runs out: a token shown once, or a secret or key for which the token endpoint gives access tokens that live for minutes
// (docs/decisions/0016). `Directory` has them as service_accounts(); any thread.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/audit.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "directory/permission.h"
#include "seal/seal.h"
#include "store/store.h"

namespace kidoban::directory {

// How long the tokens live that it gets for a secret or key.
inline constexpr std::chrono::seconds access_lifetime{900}, access_lifetime_least{60}, access_lifetime_most{3600};

struct ServiceAccount {
  Id id;
  std::string name;
  PermissionSet permissions;
  bool enabled = true;
  Time created_at;
  std::int64_t version = 1;
  std::chrono::seconds access_lifetime = directory::access_lifetime;
};

enum class CredentialKind : std::uint8_t { token, secret, key };  // as the store has them
std::string_view word_of(CredentialKind kind);                     // "token", "secret", "key"

// Of a token and a secret the hash is kept, of a key its public half.
struct ServiceCredential {
  Id id, account;
  CredentialKind kind = CredentialKind::token;
  std::string label;
  Time created_at, expires_at;
  std::optional<Time> last_used_at;  // to the hour
  std::string public_key;            // a JWK, "" for what isn't a key
};

struct Issued {
  ServiceCredential about;
  Secret token;  // shown once: "kdb_" (a secret: "kds_") and 43 characters
};

// A public key as it is kept: its public members, "kid" (its own, or the thumbprint), "use", and "alg" where it said so.
struct PublicKey {
  std::string jwk;
  crypto::Digest thumbprint;  // RFC 7638
};
// malformed/"jwk_malformed", "key_unsupported": a private key, a kind or curve we don't have, RSA of less than 2048 bits.
Result<PublicKey> read_public_key(std::string_view jwk);

// An account as whoever must recognise it sees it: its secrets and keys that haven't run out.
struct ServiceClient {
  struct Proof {
    Id id;
    CredentialKind kind;
    crypto::Digest hash;     // of a secret: SHA-256
    std::string public_key;  // of a key: its JWK
  };
  Id account;
  std::vector<Proof> proofs;
};

// An access token, and what it is good for.
struct ServiceAccess {
  ServiceAccount account;
  ServiceCredential credential;  // by which it was got
  PermissionSet permissions;     // what the account may, narrowed to what was asked for
  Time created_at, expires_at;
};

class ServiceAccounts {
 public:
  ServiceAccounts(seal::Keyring& keys, audit::Audit& audit, const Clock& clock, Random& random) : keys_(keys), audit_(audit), clock_(clock), random_(random) {}

  // By id, after `after`, at most `limit`.
  Result<std::vector<ServiceAccount>> list(store::Transaction& tx, std::optional<Id> after, std::size_t limit);
  Result<ServiceAccount> get(store::Transaction& tx, const Id& id);  // not_found/"service_account_unknown"
  // malformed/"name_malformed", "role_empty", "lifetime_malformed" (a minute to an hour).
  Result<ServiceAccount> create(store::Transaction& tx, std::string_view name, const PermissionSet& permissions, const audit::Event& by,
                                std::chrono::seconds lifetime = access_lifetime);
  struct Change {
    std::optional<std::string> name;
    std::optional<PermissionSet> permissions;
    std::optional<bool> enabled;
    std::optional<std::chrono::seconds> access_lifetime{};
  };
  Result<ServiceAccount> change(store::Transaction& tx, const Id& id, const Change& change, std::optional<std::int64_t> version, const audit::Event& by);
  Status remove(store::Transaction& tx, const Id& id, const audit::Event& by);  // with all that it shows who it is by

  // A token or a secret. malformed/"name_malformed", "lifetime_malformed" (a minute to 366 days); conflict/"token_too_many",
  // "secret_too_many" beyond 20 of a kind an account.
  Result<Issued> issue(store::Transaction& tx, const Id& account, std::string_view label, Time expires_at, const audit::Event& by,
                       CredentialKind kind = CredentialKind::token);
  // As issue(); conflict/"key_taken" where any account of the tenant has that key, whatever it is called there.
  Result<ServiceCredential> register_key(store::Transaction& tx, const Id& account, const PublicKey& key, std::string_view label, Time expires_at,
                                         const audit::Event& by);
  Result<std::vector<ServiceCredential>> credentials(store::Transaction& tx, const Id& account, CredentialKind kind);
  Result<std::vector<ServiceCredential>> tokens(store::Transaction& tx, const Id& account) { return credentials(tx, account, CredentialKind::token); }
  // Also ends the access tokens that were got by it. not_found/"token_unknown", "secret_unknown", "key_unknown".
  Status revoke(store::Transaction& tx, const Id& account, const Id& credential, const audit::Event& by, CredentialKind kind = CredentialKind::token);

  // Nothing for an account that isn't there or is switched off.
  Result<std::optional<ServiceClient>> client(store::Transaction& tx, const Id& account);
  // An access token for an account that showed `credential`, a secret or key: for all that it may, or what is `wanted` of it. Lives as
  // long as the account says, and no longer than the credential. Recorded, as what the account did. malformed/"scope_not_granted" where
  // more is wanted than it may; unauthenticated/"credential_invalid" where account or credential don't stand any more;
  // rate_limited/"access_tokens_too_many" where it has a thousand.
  struct Granted {
    Secret token;  // "kda_" and 43 characters
    PermissionSet permissions;
    std::chrono::seconds lifetime;
  };
  Result<Granted> grant_access(store::Transaction& tx, const Id& account, const Id& credential, const std::optional<PermissionSet>& wanted, const audit::Event& by);
  // Nothing for what isn't an access token, has run out, was ended, or whose account or credential doesn't stand any more.
  Result<std::optional<ServiceAccess>> access(store::Transaction& tx, std::string_view token);
  // Before its time. Nothing happens where it isn't that account's.
  Status end_access(store::Transaction& tx, const Id& account, std::string_view token, const audit::Event& by);

  struct Recognised {
    ServiceAccount account;
    ServiceCredential credential;
    PermissionSet permissions;  // the account's; an access token's may be fewer
  };
  // Whose token or access token that is. unauthenticated/"token_invalid" for what isn't one, has run out, or belongs to an account that is
  // switched off.
  Result<Recognised> authenticate(store::Transaction& tx, std::string_view token);
  // Credentials, of any tenant, that run out before `until` and that nobody was warned of: `warn` is called for each in a transaction of
  // its own, once. Those that were issued for less than a day are their own warning.
  using Warn = std::function<Status(store::Transaction&, const ServiceAccount&, const ServiceCredential&)>;
  Status warn_of_ends(store::Store& store, Time until, const Warn& warn);
  // Where the last use that is written down is an hour ago or longer; the first one is recorded. In a write.
  bool is_use_due(const ServiceCredential& credential) const;
  Status note_use(store::Transaction& tx, const ServiceCredential& credential, const audit::Event& by);
  // Access tokens, of any tenant, that have run out, in small bites. For a chore.
  Status purge(store::Store& store);

 private:
  Result<ServiceCredential> keep(store::Transaction& tx, ServiceCredential made, const crypto::Digest& hash, const audit::Event& by);
  seal::Keyring& keys_;
  audit::Audit& audit_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace kidoban::directory
