#pragma once
// What a person must show to be let in: elements in order, each a choice of factors. Every element
// must be passed by one of its factors.

#include <string>
#include <string_view>
#include <vector>

#include "directory/directory.h"
#include "factors/factor.h"
#include "federation/protocol.h"

namespace kidoban::login {

struct Element {
  std::vector<std::string> choices;  // names of factors, best first
};
struct Policy {
  std::vector<Element> elements;
};

// The policy that applies to whoever typed this login, for this request. Today the one built in: a
// password. It must not differ between a person who is there and one who isn't.
Policy policy_for(store::Transaction& tx, const directory::Person* person, const federation::SignInRequest& asked);

// The `acr` of what was shown (OIDC Core §2): how many kinds of factors stand behind it.
std::string acr_of(const std::vector<std::string>& amr);
// The `acr` of whoever passes all of this policy.
std::string acr_of(const Policy& policy);
// Whether `acr` is one that the request names, or it insists on none (`acr_essential`).
bool strong_enough(const federation::SignInRequest& asked, std::string_view acr);
inline constexpr std::string_view acr_single_factor = "urn:kidoban:acr:single-factor";
inline constexpr std::string_view acr_multi_factor = "urn:kidoban:acr:multi-factor";

}  // namespace kidoban::login
