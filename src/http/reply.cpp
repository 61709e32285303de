#include "http/reply.h"

#include "base/require.h"
#include "base/text.h"

namespace kidoban::http {

namespace {

Reply with_body(int status, std::string_view type, std::string body) {
  Reply reply;
  reply.status = status;
  reply.body = std::move(body);
  reply.with("Content-Type", std::string(type)).with("Cache-Control", "no-store");
  return reply;
}

// RFC 6265 §4.1.1: cookie-octet; no separator, no space, no control character.
bool is_cookie_octets(std::string_view text) {
  for (const char c : text) {
    if (c <= 0x20 || c >= 0x7F || c == '"' || c == ',' || c == ';' || c == '\\') return false;
  }
  return true;
}

}  // namespace

Reply Reply::text(int status, std::string body) { return with_body(status, "text/plain; charset=utf-8", std::move(body)); }
Reply Reply::html(int status, std::string body) { return with_body(status, "text/html; charset=utf-8", std::move(body)); }
Reply Reply::json(int status, std::string body) { return with_body(status, "application/json", std::move(body)); }

Reply Reply::see_other(std::string location) {
  Reply reply;
  reply.status = 303;
  reply.with("Location", std::move(location)).with("Cache-Control", "no-store");
  return reply;
}

Reply Reply::empty(int status) {
  Reply reply;
  reply.status = status;
  return reply;
}

Reply& Reply::set(const Cookie& cookie) {
  require(!cookie.name.empty() && is_cookie_octets(cookie.name) && cookie.name.find('=') == std::string::npos,
          "a cookie's name is a token");
  require(is_cookie_octets(cookie.value) && is_cookie_octets(cookie.path), "a cookie's value can't end it");
  std::string text = cookie.name + "=" + cookie.value + "; Path=" + cookie.path;
  if (cookie.max_age) text += "; Max-Age=" + std::to_string(cookie.max_age->count());
  if (cookie.secure) text += "; Secure";
  if (cookie.http_only) text += "; HttpOnly";
  switch (cookie.same_site) {
    case Cookie::SameSite::lax: text += "; SameSite=Lax"; break;
    case Cookie::SameSite::strict: text += "; SameSite=Strict"; break;
    case Cookie::SameSite::none: text += "; SameSite=None"; break;
  }
  return with("Set-Cookie", std::move(text));
}

std::string_view Reply::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (ascii_iequals(key, name)) return value;
  }
  return {};
}

}  // namespace kidoban::http
