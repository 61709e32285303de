#pragma once
// A profile's checks, and its sealed form (one JSON object).

#include "directory/directory.h"

namespace kidoban::directory {

// An address to send mail to: as it was typed, but for what an input method or a paste brought along (full-width forms,
// spaces around it, characters that can't be seen). malformed/"email_malformed" for what could be nobody's login either.
Result<std::string> mail_address(std::string_view typed);
// With the login in its canonical form and the e-mail address filled in.
Result<Profile> checked(const Profile& typed);
std::string profile_json(const Profile& profile);
Result<Profile> profile_from_json(std::string_view json);

}  // namespace kidoban::directory
