#pragma once
// What a tenant settles about signing in: section "sign_in" of its settings.

#include <string>
#include <string_view>

#include "base/result.h"

namespace kidoban::login {

struct SignInSettings {
  bool mail_new_browser = true;  // a mail to whoever signs in from a browser that is new for them
};
inline constexpr std::string_view sign_in_section = "sign_in";

// Strictly: malformed/"json_malformed", "member_unknown", "member_malformed"; the note names the member.
Result<SignInSettings> parse_sign_in_settings(std::string_view json);
std::string sign_in_settings_json(const SignInSettings& settings);

}  // namespace kidoban::login
