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
#include "runtime/workers.h"
#include "seal/seal.h"
#include "store/store.h"

namespace kidoban::factors::password {

Resources resources();

struct PasswordOptions {
  crypto::Argon2Cost cost;
  // NIST SP 800-63B-4 §3.1.1.2: fifteen characters where the password is the only factor, eight where
  // another one is always asked for too. Characters are code points of the one spelling.
  std::size_t least_characters = 15;
  static constexpr std::size_t least_characters_beside_another_factor = 8;
};

// A password made ready to be kept: hashed (or, for an import, recognised), not yet anyone's.
struct Prepared {
  Secret encoded;
  bool imported = false;
};

// The one spelling; malformed/"password_malformed" for what isn't UTF-8, has control characters, or is too long.
Result<Secret> one_spelling(const Secret& typed);

// Any thread.
class PasswordFactor final : public Factor {
 public:
  PasswordFactor(store::Store& store, seal::Keyring& keys, audit::Audit& audit, const Clock& clock,
                 Random& random, runtime::Lane& lane, const PasswordOptions& options);

  std::string_view name() const override { return "password"; }
  Resources resources() const override;
  Result<bool> is_set_up(store::Transaction& tx, const Id& person) override;
  Result<Prompt> show(const Step& step) override;
  Result<Verdict> judge(const Step& step, const http::Form& answer) override;
  Status forget(store::Transaction& tx, const Id& person) override;

  // Outside any transaction: hashes on the lane. malformed/"password_malformed", "password_too_short",
  // "password_too_common"; what the lane answers when it is full.
  Result<Prepared> prepare(TenantId tenant, const Secret& typed, runtime::Deadline deadline);
  // An import. malformed/"hash_unsupported".
  static Result<Prepared> prepare_hash(std::string_view encoded);
  // Makes it this person's, in place of any other. Audited as "password.set", by the actor of `by`.
  Status set(store::Transaction& tx, const Id& person, const Prepared& credential, const audit::Event& by);

 private:
  struct Credential {
    Secret encoded;
    bool imported;
  };
  Result<std::optional<Credential>> read(const Step& step);
  Result<crypto::PasswordMatch> compare(const Secret& typed, const Secret& spelled, const Credential& kept) const;
  Result<Record> renewal(const Step& step, const Secret& spelled);

  store::Store& store_;
  seal::Keyring& keys_;
  audit::Audit& audit_;
  const Clock& clock_;
  Random& random_;
  runtime::Lane& lane_;
  PasswordOptions options_;
  // Stands in for the hash of a person who isn't there, at today's cost: nobody's, right for nothing.
  std::string nobodys_hash_;
};

}  // namespace kidoban::factors::password
