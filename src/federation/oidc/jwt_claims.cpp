#include "federation/oidc/jwt_claims.h"

#include <boost/json.hpp>

#include <algorithm>
#include <cmath>

namespace kidoban::federation::oidc {

namespace {

namespace json = boost::json;

struct TextMember {
  std::string_view name;
  std::string JwtClaims::*where;
};
constexpr TextMember text_members[] = {
    {"iss", &JwtClaims::iss},         {"sub", &JwtClaims::sub}, {"jti", &JwtClaims::jti},           {"scope", &JwtClaims::scope},
    {"client_id", &JwtClaims::client_id}, {"sid", &JwtClaims::sid}, {"grant_id", &JwtClaims::grant_id},
};

struct TimeMember {
  std::string_view name;
  std::optional<std::int64_t> JwtClaims::*where;
};
constexpr TimeMember time_members[] = {{"exp", &JwtClaims::exp}, {"iat", &JwtClaims::iat}, {"nbf", &JwtClaims::nbf}};

// A NumericDate may have a fraction; past the year 9999 it is nonsense.
std::optional<std::int64_t> numeric_date(const json::value& value) {
  constexpr double last = 253402300799.0;
  double seconds = -1;
  if (value.is_int64()) seconds = static_cast<double>(value.get_int64());
  else if (value.is_double()) seconds = value.get_double();
  if (!(seconds >= 0 && seconds <= last)) return std::nullopt;
  return static_cast<std::int64_t>(std::floor(seconds));
}

bool read_audience(const json::value& value, std::vector<std::string>& into) {
  if (value.is_string()) {
    into.emplace_back(value.get_string().data(), value.get_string().size());
    return true;
  }
  if (!value.is_array()) return false;
  for (const auto& one : value.get_array()) {
    if (!one.is_string()) return false;
    into.emplace_back(one.get_string().data(), one.get_string().size());
  }
  return true;
}

}  // namespace

bool JwtClaims::is_for(std::string_view audience) const { return std::ranges::find(aud, audience) != aud.end(); }

Result<JwtClaims> parse_jwt_claims(std::string_view payload) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 16;
  const auto value = json::parse(json::string_view(payload.data(), payload.size()), error, {}, options);
  if (error || !value.is_object()) return fail(Kind::malformed, "jwt_malformed", "the payload isn't a JSON object");
  const auto& object = value.get_object();
  JwtClaims claims;
  for (const auto& [name, where] : text_members) {
    if (const auto* member = object.if_contains(name)) {
      if (!member->is_string()) return fail(Kind::malformed, "jwt_malformed", std::string(name));
      (claims.*where).assign(member->get_string().data(), member->get_string().size());
    }
  }
  for (const auto& [name, where] : time_members) {
    if (const auto* member = object.if_contains(name)) {
      claims.*where = numeric_date(*member);
      if (!(claims.*where)) return fail(Kind::malformed, "jwt_malformed", std::string(name));
    }
  }
  if (const auto* member = object.if_contains("aud"); member != nullptr && !read_audience(*member, claims.aud)) {
    return fail(Kind::malformed, "jwt_malformed", "aud");
  }
  return claims;
}

}  // namespace kidoban::federation::oidc
