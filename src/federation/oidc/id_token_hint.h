#pragma once
// An ID token that an application gives back to say whom it speaks of (OIDC Core §3.1.2.1, OIDC
// RP-Initiated Logout §2). It may have expired; it must be ours.

#include <optional>
#include <string>
#include <vector>

#include "federation/oidc/provider.h"

namespace kidoban::federation::oidc {

struct IdTokenHint {
  Id person;
  std::optional<Id> session;
  std::string client_id;
};
// malformed/"id_token_hint_invalid" for anything that isn't an ID token of this issuer.
Result<IdTokenHint> read_id_token_hint(Provider& provider, const http::Request& request, std::string_view text);
// The part that looks at the payload alone.
Result<IdTokenHint> check_id_token_hint(std::string_view payload, std::string_view issuer);

}  // namespace kidoban::federation::oidc
