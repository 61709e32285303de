#include "federation/oidc/redirect_uri.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace kidoban::federation::oidc {

namespace {

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool is_scheme(std::string_view text) {
  return !text.empty() && is_alpha(text[0]) && std::ranges::all_of(text, [](char c) {
    return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  });
}

bool is_host(std::string_view host) {
  if (host.starts_with('[')) {
    return host.size() > 2 && host.ends_with(']') &&
           std::ranges::all_of(host.substr(1, host.size() - 2), [](char c) { return is_hex(c) || c == ':' || c == '.'; });
  }
  return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
  });
}

bool is_port(std::string_view port) {
  const auto number = to_integer(port);
  return std::ranges::all_of(port, is_digit) && number && *number >= 1 && *number <= 65535;
}

// Unreserved, sub-delims without '*', ':' '@' '/' '?', '[' ']' (for hosts) and %XX.
bool has_only_uri_characters(std::string_view uri) {
  static constexpr std::string_view others = "-._~!$&'()+,;=:@/?[]";
  for (std::size_t i = 0; i < uri.size(); ++i) {
    const char c = uri[i];
    if (c == '%') {
      if (i + 2 >= uri.size() || !is_hex(uri[i + 1]) || !is_hex(uri[i + 2])) return false;
      i += 2;
    } else if (!is_alpha(c) && !is_digit(c) && others.find(c) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::optional<UriParts> parse_uri(std::string_view uri) {
  if (uri.size() > limits::uri_bytes || !has_only_uri_characters(uri)) return std::nullopt;
  const auto colon = uri.find(':');
  if (colon == std::string_view::npos || !is_scheme(uri.substr(0, colon))) return std::nullopt;
  UriParts parts;
  parts.scheme = uri.substr(0, colon);
  std::string_view left = uri.substr(colon + 1);
  if (left.starts_with("//")) {
    parts.has_authority = true;
    left.remove_prefix(2);
    const auto end = std::min(left.find_first_of("/?"), left.size());
    const std::string_view authority = left.substr(0, end);
    left.remove_prefix(end);
    const auto bracket = authority.rfind(']');
    const auto port_at = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    parts.host = authority.substr(0, port_at);
    if (port_at != std::string_view::npos) {
      parts.port = authority.substr(port_at + 1);
      if (!is_port(parts.port)) return std::nullopt;
    }
    if (!is_host(parts.host)) return std::nullopt;
  }
  parts.rest = left;
  return parts;
}

bool is_loopback(std::string_view host) { return host == "127.0.0.1" || host == "[::1]" || host == "localhost"; }

Status check_redirect_uri(std::string_view uri, ApplicationType type) {
  const auto parts = parse_uri(uri);
  if (!parts) {
    return fail(Kind::malformed, "redirect_uri_malformed",
                std::string(uri) + " isn't an absolute URI without fragment, user information and wildcard");
  }
  if (parts->scheme == "https" && parts->has_authority) return {};
  if (parts->scheme == "http" && is_loopback(parts->host)) return {};
  const bool is_private = parts->scheme.find('.') != std::string_view::npos && !parts->rest.empty();
  if (type == ApplicationType::native && is_private) return {};
  return fail(Kind::malformed, "redirect_uri_malformed",
              std::string(uri) + " must be https, http on localhost, 127.0.0.1 or [::1], or, for a native "
                                 "application, of a private-use scheme such as com.example.app:/callback");
}

bool redirect_uri_matches(std::string_view registered, std::string_view asked, ApplicationType type) {
  if (registered == asked) return true;
  if (type != ApplicationType::native) return false;
  const auto a = parse_uri(registered);
  const auto b = parse_uri(asked);
  return a && b && a->scheme == "http" && b->scheme == "http" && is_loopback(a->host) && a->host == b->host &&
         a->rest == b->rest;
}

std::string origin_of(std::string_view uri) {
  const auto parts = parse_uri(uri);
  if (!parts) return {};
  if (!parts->has_authority || (parts->scheme != "https" && parts->scheme != "http")) {
    return std::string(parts->scheme) + ":";
  }
  std::string out = std::string(parts->scheme) + "://" + std::string(parts->host);
  if (!parts->port.empty()) out += ":" + std::string(parts->port);
  return out;
}

}  // namespace kidoban::federation::oidc
