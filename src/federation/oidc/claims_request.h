#pragma once
// The `claims` parameter (OIDC Core §5.5): which claims an application asks for by name, where, and
// what must be so about them.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace kidoban::federation::oidc {

struct ClaimsRequest {
  std::vector<std::string> userinfo, id_token;  // of those we can say something about
  std::optional<std::string> sub;               // the person it must be
  std::vector<std::string> acr;                 // wanted strength
  bool acr_essential = false;
  bool auth_time_essential = false;
};

// The claims about a person that may be asked for one by one.
inline constexpr std::string_view person_claims[] = {
    "name", "given_name", "family_name", "preferred_username", "locale", "zoneinfo", "updated_at",
    "email", "email_verified", "groups",
};

// malformed/"claims_malformed": more than 8 KiB, not JSON, or not of the shape of §5.5. Claims and
// top-level members that we don't know are skipped, as §5.5 asks.
Result<ClaimsRequest> parse_claims_request(std::string_view text);

}  // namespace kidoban::federation::oidc
