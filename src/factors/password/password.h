#pragma once
// The password: something the person knows. Argon2id over the password's one spelling, sealed in
// `password_credentials`.
//
// One spelling: RFC 8265 §4.2 (OpaqueString): every space becomes U+0020, then Unicode NFC, so that a
// password typed on another keyboard or system is the same password. Case and full-width forms are kept.
// A hash that another system made may be over the bytes as they were typed there: those are tried first
// as typed, then in the one spelling, and are replaced by ours at the first good sign-in.

#include <optional>
#include <string>
#include <string_view>

#include "audit/audit.h"
#include "base/secret.h"
#include "crypto/password_hash.h"
#include "factors/factor.h"
#include "factors/password/breach.h"
#include "factors/password/policy.h"
#include "factors/passwords.h"
#include "runtime/workers.h"
#include "seal/seal.h"
#include "store/store.h"
#include "tenant/settings.h"

namespace kidoban::factors::password {

Resources resources();

struct PasswordOptions {
  crypto::Argon2Cost cost;
  // The list of breached passwords; it outlives the factor. None: nothing is refused for having been breached.
  BreachList* breaches = nullptr;
  // Where the list can't be asked: refuse to set any password, or set it and say so in the record.
  enum class WhenUnasked : std::uint8_t { set, refuse } when_unasked = WhenUnasked::set;
};

using Prepared = PreparedPassword;

// The one spelling; malformed/"password_malformed" for what isn't UTF-8, has control characters, or is too long.
Result<Secret> one_spelling(const Secret& typed);

// Any thread.
class PasswordFactor final : public Factor, public Passwords {
 public:
  PasswordFactor(store::Store& store, seal::Keyring& keys, audit::Audit& audit, const Clock& clock, Random& random,
                 tenant::Settings& settings, directory::Directory& directory, runtime::Lane& lane, const PasswordOptions& options);

  std::string_view name() const override { return "password"; }
  Resources resources() const override;
  Result<bool> is_set_up(store::Transaction& tx, const Id& person) override;
  Result<Prompt> show(const Step& step) override;
  Result<Verdict> judge(const Step& step, const http::Form& answer) override;
  Status forget(store::Transaction& tx, const Id& person) override;
  Result<Prompt> show_renewal(const Step& step, const Renewal& renewal) override;
  Result<Renewed> renew(const Step& step, const Renewal& renewal, const http::Form& answer) override;

  Result<PasswordRules> rules(store::Transaction& tx) override;
  Result<std::vector<RuleFault>> set_rules(store::Transaction& tx, std::string_view json, std::optional<std::int64_t> version,
                                           const audit::Event& by) override;
  Result<LockRule> lock_rule(store::Transaction& tx) override;
  Result<std::optional<PasswordStatus>> password_status(store::Transaction& tx, const Id& person) override;
  Result<ChosenPassword> choose(const PasswordOwner& owner, const Secret& typed, runtime::Deadline deadline) override;
  Result<GeneratedPassword> generate(TenantId tenant, runtime::Deadline deadline) override;
  Result<PreparedPassword> take_hash(std::string_view encoded) override;
  Status set(store::Transaction& tx, const Id& person, const PreparedPassword& credential, const audit::Event& by) override;

  // Told in the transaction, where a password that stood there is replaced and no mail of its own tells of it. Before anything is
  // served.
  using Replaced = std::function<Status(store::Transaction&, const Id& person, Time at)>;
  void when_replaced(Replaced act) { replaced_ = std::move(act); }
  // Told once two weeks and once three days before a password runs out. For a chore.
  using Warn = std::function<Status(store::Transaction&, const Id& person, Time expires_at)>;
  Status warn_of_ends(const Warn& warn);
  // choose() for who only goes on with a good one: malformed/ the first fault's reason.
  Result<Prepared> prepare(const PasswordOwner& owner, const Secret& typed, runtime::Deadline deadline);
  // The policy that holds for somebody; nobody: the tenant's default.
  Result<Policy> policy_of(store::Transaction& tx, const std::optional<Id>& person);

 private:
  struct Credential {
    Secret encoded;
    bool imported;
    Time changed_at;
    std::optional<Time> temporary_until;
  };
  struct Known {
    std::optional<Credential> credential;
    Policy policy;
  };
  struct Grounds {  // what a chosen password is judged on
    Policy policy;
    std::vector<Secret> former;  // encoded; today's first
  };
  Result<Rules> read_rules(store::Transaction& tx);
  Result<Known> read(const Step& step);
  Result<Grounds> grounds_for(const PasswordOwner& owner, runtime::Deadline deadline);
  Result<crypto::PasswordMatch> compare(const Secret& typed, const Secret& spelled, const Credential& kept) const;
  Result<Record> rehashing(const Step& step, const Secret& spelled, Time changed_at);
  Result<bool> is_former(const Secret& typed, const Secret& spelled, const Grounds& grounds, runtime::Deadline deadline) const;
  enum class Breach : std::uint8_t { unknown_to_it, known, unasked };
  Result<Breach> ask_breaches(TenantId tenant, const Secret& spelled, runtime::Deadline deadline);
  Status watch_expiry(store::Transaction& tx, const Rules& rules);
  // True where one stood there.
  Result<bool> remember(store::Transaction& tx, const seal::TenantKey& key, const Id& person);

  store::Store& store_;
  seal::Keyring& keys_;
  audit::Audit& audit_;
  const Clock& clock_;
  Random& random_;
  tenant::Settings& settings_;
  directory::Directory& directory_;
  runtime::Lane& lane_;
  PasswordOptions options_;
  Replaced replaced_;
  // Stands in for the hash of a person who isn't there, at today's cost: nobody's, right for nothing.
  std::string nobodys_hash_;
};

}  // namespace kidoban::factors::password
