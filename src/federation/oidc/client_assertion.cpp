// Client assertions: RFC 7523 §3, narrowed as RFC 7523bis does.

#include "base/text.h"
#include "federation/oidc/client_authentication.h"
#include "federation/oidc/jwt_claims.h"

namespace kidoban::federation::oidc {

namespace {
constexpr std::int64_t clock_skew_s = 60;
// An assertion is made for one call; those that live longer would fill the replay memory.
constexpr std::int64_t longest_life_s = 3600;
constexpr std::size_t jti_bytes = 512;
}  // namespace

Result<UsedAssertion> check_assertion(std::string_view payload, const AssertionRules& rules) {
  const auto refuse_it = [](const char* why) { return fail(Kind::unauthenticated, "client_unauthenticated", why); };
  const auto claims = TRY(parse_jwt_claims(payload));
  if (claims.iss != rules.client_id || claims.sub != rules.client_id) return refuse_it("iss and sub must be the client_id");
  // One audience: an assertion that others would take too could be sent on by them.
  if (claims.aud.size() != 1) return refuse_it("aud must have one value");
  const std::string& audience = claims.aud.front();
  if (audience != rules.issuer && audience != rules.token_endpoint && audience != rules.endpoint) {
    return refuse_it("aud must be the issuer");
  }
  const std::int64_t now = to_s(rules.now);
  if (!claims.exp || *claims.exp + clock_skew_s <= now) return refuse_it("exp is missing or past");
  if (*claims.exp > now + longest_life_s + clock_skew_s) return refuse_it("exp is too far away");
  if (claims.nbf && *claims.nbf > now + clock_skew_s) return refuse_it("nbf is in the future");
  if (claims.iat && *claims.iat > now + clock_skew_s) return refuse_it("iat is in the future");
  if (claims.jti.empty() || claims.jti.size() > jti_bytes) return refuse_it("jti is missing or too long");
  std::string name(rules.client_id);
  name += '\0';
  name += claims.jti;
  return UsedAssertion{crypto::sha256(name), from_us((*claims.exp + 2 * clock_skew_s) * 1'000'000)};
}

std::optional<BasicCredentials> parse_basic(std::string_view header) {
  if (header.size() < 6 || !ascii_iequals(header.substr(0, 6), "basic ")) return std::nullopt;
  const auto raw = unbase64(trim(header.substr(6)));
  if (!raw) return std::nullopt;
  const std::string_view text = as_text(*raw);
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto id = percent_decode(text.substr(0, colon), Plus::is_space);
  const auto secret = percent_decode(text.substr(colon + 1), Plus::is_space);
  if (!id || !secret || id->empty()) return std::nullopt;
  return BasicCredentials{std::move(*id), Secret::of(*secret)};
}

}  // namespace kidoban::federation::oidc
