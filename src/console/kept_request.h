#pragma once
// A request as it is kept until somebody agrees to it: what its handler reads, and from where it came. No cookie, no token.

#include <string>
#include <string_view>

#include "http/request.h"

namespace kidoban::console {

struct KeptRequest {
  std::string row;          // by name
  http::Request request;    // without site and deadline: those are of whoever carries it out
};

std::string kept_json(std::string_view row, const http::Request& request);
Result<KeptRequest> kept_from_json(std::string_view json);  // internal/"approval_damaged"

}  // namespace kidoban::console
