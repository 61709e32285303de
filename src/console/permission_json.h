#pragma once
// Permissions in a body and in an answer: ["people_read", "groups_read"].

#include <boost/json/array.hpp>

#include "console/json_body.h"
#include "directory/permission.h"

namespace kidoban::console {

boost::json::array words_json(const directory::PermissionSet& set);
// Nothing where the member isn't there. malformed/"member_malformed", "permission_unknown".
Result<std::optional<directory::PermissionSet>> permissions_of(JsonBody& body);

}  // namespace kidoban::console
