#pragma once
// What a request is for: its target and its host, each accepted in one spelling only. Two readers of
// one request (a proxy and we) that understand its path differently are how guards are passed by, so
// whatever could be read in two ways is refused.

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/request.h"

namespace kidoban::http {

struct Target {
  std::string path;       // decoded; begins with "/", or is "*" (RFC 9112 §3.2.4)
  std::string query;      // as sent, without "?"
  std::string authority;  // of an absolute-form target, as parse_host gives it; else ""
};

// RFC 9112 §3.2: origin-form, absolute-form (http and https), and "*" for OPTIONS. malformed/"target_malformed" for
// anything else, and for an encoded slash or backslash, a dot segment, control characters, what isn't UTF-8.
Result<Target> parse_target(Method method, std::string_view target);

// RFC 9110 §7.2: host or host:port, in lower case; names, IPv4, IPv6 in brackets. malformed/"host_malformed".
Result<std::string> parse_host(std::string_view host);

}  // namespace kidoban::http
