#pragma once
// Names that administrators give to things: a role, an account, a token.

#include <string>
#include <string_view>

#include "base/result.h"

namespace kidoban::directory {

// Without the spaces around it. malformed/"name_malformed": empty, longer than limits::name_bytes, or not plain text.
Result<std::string> checked_name(std::string_view typed);

}  // namespace kidoban::directory
