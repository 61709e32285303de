#include "login/policy.h"

#include <algorithm>

namespace kidoban::login {

Policy policy_for(store::Transaction&, const directory::Person*, const federation::SignInRequest&) {
  return {{Element{{"password"}}}};
}

std::string acr_of(const std::vector<std::string>& amr) {
  // RFC 8176 §2: "mfa" says so itself; a single factor is one that knows, has or is.
  const bool several = std::find(amr.begin(), amr.end(), "mfa") != amr.end();
  return std::string(several ? acr_multi_factor : acr_single_factor);
}

}  // namespace kidoban::login
