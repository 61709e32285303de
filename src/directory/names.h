#pragma once
// Names that administrators give to things: a role, an account, a token.

#include <string>
#include <string_view>

#include "base/result.h"

namespace kidoban::directory {

// Without the spaces around it. malformed/"name_malformed": empty, longer than limits::name_bytes, or not plain text.
Result<std::string> checked_name(std::string_view typed);

// Nothing in it is composed, wide, invisible or of two scripts: what Unicode does to it is to fold capitals.
inline bool is_ascii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

}  // namespace kidoban::directory
