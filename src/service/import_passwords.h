#pragma once
// Where files of people meet the password factor.

#include "factors/password/password.h"
#include "transfer/planner.h"

namespace kidoban::service {

class ImportPasswords final : public transfer::Passwords {
 public:
  explicit ImportPasswords(factors::password::PasswordFactor& factor) : factor_(factor) {}
  Status check(std::string_view typed) override;
  Result<Set> prepare(TenantId tenant, const Secret& typed, runtime::Deadline deadline) override;
  Result<Set> prepare_for(TenantId tenant, const Owner& owner, const Secret& typed, runtime::Deadline deadline) override;
  Result<Set> prepare_hash(std::string_view encoded) override;

 private:
  Set setter(factors::PreparedPassword prepared) const;
  factors::password::PasswordFactor& factor_;
};

}  // namespace kidoban::service
