#pragma once
// Redirect URIs: which may be registered, and when an asked one is a registered one. Compared as
// strings, byte by byte (RFC 9700 §2.1, §4.1.3), with the one exception for loopback ports of
// native applications (RFC 8252 §7.3). Pure functions.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kidoban::federation::oidc {

enum class ApplicationType : std::uint8_t { web, native };

struct UriParts {
  std::string_view scheme;     // as written
  std::string_view host;       // with the brackets of an IPv6 literal; "" without an authority
  std::string_view port;       // digits; "" where there is none
  std::string_view rest;       // path and query
  bool has_authority = false;
};
// Nothing for what isn't an absolute URI, or has a fragment, user information, a wildcard, a
// backslash, or characters that RFC 3986 has no place for.
std::optional<UriParts> parse_uri(std::string_view uri);

bool is_loopback(std::string_view host);

// https anywhere; http on loopback only; for native applications also a private-use scheme, which
// holds a dot (RFC 8252 §7.1). malformed/"redirect_uri_malformed".
Status check_redirect_uri(std::string_view uri, ApplicationType type);

bool redirect_uri_matches(std::string_view registered, std::string_view asked, ApplicationType type);

// "https://app.example:8443", or "com.example.app:" for a private-use scheme; for CSP's form-action.
std::string origin_of(std::string_view uri);

}  // namespace kidoban::federation::oidc
