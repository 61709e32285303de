#pragma once
// A profile's checks, and its sealed form (one JSON object).

#include "directory/directory.h"

namespace kidoban::directory {

// With the login in its canonical form and the e-mail address filled in.
Result<Profile> checked(const Profile& typed);
std::string profile_json(const Profile& profile);
Result<Profile> profile_from_json(std::string_view json);

}  // namespace kidoban::directory
