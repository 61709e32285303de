#pragma once
// From a journey's state, which step is due. Pure: everything it decides from is handed to it.

#include <cstddef>
#include <optional>

#include "login/journey.h"
#include "login/policy.h"
#include "login/session.h"

namespace kidoban::login {

enum class Due : std::uint8_t {
  choose,    // which account (prompt=select_account)
  identify,  // who are you
  element,   // show it: the policy's next element
  renewal,   // what was shown must be replaced (an expired password)
  consent,   // may the application know
  finish,    // nothing more
};

struct Facts {
  bool has_session = false;     // the browser has a live session
  bool consent_needed = false;  // known only once there is someone to have consented
};

Due decide(const Progress& progress, const Policy& policy, const Facts& facts);

// Whether a session is what the request asks for: the right person (id_token_hint), signed in recently enough
// (max_age) or since the request came (prompt=login). OIDC Core §3.1.2.1.
bool satisfies(const Session& session, const federation::SignInRequest& asked, Time asked_at, Time now);

}  // namespace kidoban::login
