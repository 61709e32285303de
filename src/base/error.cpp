#include "base/error.h"

namespace kidoban {

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::malformed: return "malformed";
    case Kind::unauthenticated: return "unauthenticated";
    case Kind::forbidden: return "forbidden";
    case Kind::not_found: return "not_found";
    case Kind::conflict: return "conflict";
    case Kind::expired: return "expired";
    case Kind::rate_limited: return "rate_limited";
    case Kind::sealed: return "sealed";
    case Kind::unavailable: return "unavailable";
    case Kind::internal: return "internal";
  }
  return "internal";
}

}  // namespace kidoban
