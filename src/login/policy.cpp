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

std::string acr_of(const Policy& policy) {
  return std::string(policy.elements.size() > 1 ? acr_multi_factor : acr_single_factor);
}

bool strong_enough(const federation::SignInRequest& asked, std::string_view acr) {
  return !asked.acr_essential ||
         std::find(asked.acr_values.begin(), asked.acr_values.end(), acr) != asked.acr_values.end();
}

}  // namespace kidoban::login
