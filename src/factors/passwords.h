#pragma once
// What the rest of the house may ask of passwords: the administrators' API, the portal, the command line. The password
// factor answers it (factors/password); who asks needn't know that folder. Any thread.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "audit/audit.h"
#include "base/secret.h"
#include "directory/directory.h"
#include "factors/factor.h"

namespace kidoban::factors {

// Whose password is chosen: which policy applies, and what it must not be made of.
struct PasswordOwner {
  TenantId tenant;
  std::optional<Id> person;            // nobody yet: the tenant's default policy, and no history
  std::vector<std::string> own_words;  // login, names, the company's name
};
PasswordOwner owner_of(TenantId tenant, const std::optional<Id>& person, const directory::Profile& profile, std::string_view company);

// A password made ready to be kept: hashed (or, for an import, recognised), not yet anyone's.
struct PreparedPassword {
  Secret encoded;
  bool imported = false;
  // Good for a while, and for one thing: to choose one's own.
  bool temporary = false;
  bool announced = false;         // a mail of its own tells the person of it
  bool breach_unchecked = false;  // the list of breached passwords couldn't be asked
};
// Everything that is wrong with what was chosen, or the password ready to be kept.
using ChosenPassword = std::variant<std::vector<Fault>, PreparedPassword>;

struct GeneratedPassword {
  Secret text;
  PreparedPassword prepared;
};

struct PasswordStatus {
  Time changed_at;
  bool temporary = false;
  std::optional<Time> expires_at;  // from then on it must be replaced; a temporary one isn't taken any more
};

// How guessing at one person's password gets slower; login/lockout.h says how it is counted.
struct LockRule {
  std::int64_t threshold;            // failures without any delay
  std::chrono::seconds first_delay;  // then doubling …
  std::chrono::seconds longest_delay;
  std::chrono::seconds forget_after;
};

// The tenant's rules as they stand, every member filled in.
struct PasswordRules {
  std::string json;
  std::int64_t version = 0;
};
// What is wrong with a member of rules that were sent: "default.min_length", "out_of_range".
struct RuleFault {
  std::string member;
  Reason reason;
};

class Passwords {
 public:
  virtual ~Passwords() = default;

  virtual Result<PasswordRules> rules(store::Transaction& tx) = 0;
  // Everything that is wrong with `json`; nothing: it stands. As tenant::Settings::write.
  virtual Result<std::vector<RuleFault>> set_rules(store::Transaction& tx, std::string_view json, std::optional<std::int64_t> version,
                                                   const audit::Event& by) = 0;
  virtual Result<LockRule> lock_rule(store::Transaction& tx) = 0;
  // Nothing where the person has none.
  virtual Result<std::optional<PasswordStatus>> password_status(store::Transaction& tx, const Id& person) = 0;

  // Outside any transaction: hashes on the lane, asks the list of breached passwords. What the lane answers when it is full;
  // unavailable/"breach_check_unavailable" where that list must be asked and can't be.
  virtual Result<ChosenPassword> choose(const PasswordOwner& owner, const Secret& typed, runtime::Deadline deadline) = 0;
  // A temporary password of 80 random bits, in a spelling that can be read out.
  virtual Result<GeneratedPassword> generate(TenantId tenant, runtime::Deadline deadline) = 0;
  // A hash that another system made. malformed/"hash_unsupported".
  virtual Result<PreparedPassword> take_hash(std::string_view encoded) = 0;
  // Makes it this person's, in place of any other, which is remembered as the policy says. Audited as "password.set", by the
  // actor of `by`. Ends no session: who sets it decides that.
  virtual Status set(store::Transaction& tx, const Id& person, const PreparedPassword& credential, const audit::Event& by) = 0;
};

}  // namespace kidoban::factors
