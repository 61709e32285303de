#pragma once
// The strings that codes and refresh tokens are. Both begin with the id of their grant, so that one
// row look-up by primary key finds what they are about; what follows can't be guessed.
//
//   code           base64url(grant id ‖ 32 random bytes); the row keeps the bytes' SHA-256
//   refresh token  base64url(grant id ‖ generation ‖ HMAC(the grant's secret, grant id ‖ generation))

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/secret.h"
#include "crypto/hash.h"

namespace kidoban::federation::oidc {

struct Code {
  Id grant;
  crypto::Digest secret_hash;
};
struct NewCode {
  std::string text;
  crypto::Digest secret_hash;
};
NewCode new_code(const Id& grant, Random& random);
std::optional<Code> parse_code(std::string_view text);

struct RefreshToken {
  Id grant;
  std::uint32_t generation;
  crypto::Digest mac;
};
std::string refresh_token(const Id& grant, std::uint32_t generation, const Secret& secret);
std::optional<RefreshToken> parse_refresh_token(std::string_view text);
// Ours, of whatever generation. Constant time.
bool is_genuine(const RefreshToken& token, const Secret& secret);

}  // namespace kidoban::federation::oidc
