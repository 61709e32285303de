#pragma once
// JSON Web Keys and JSON Web Signatures (RFC 7515, 7517, 7518, 8037), compact form, the algorithms
// Kidoban uses: ES256, ES384, RS256, PS256, EdDSA (Ed25519), HS256. "none" does not exist here, and a
// verifier names the algorithms it will take: the token's header never chooses (RFC 8725 §3.1).

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/hash.h"

typedef struct evp_pkey_st EVP_PKEY;

namespace kidoban::crypto {

enum class Algorithm : std::uint8_t { es256, rs256, ps256, eddsa, hs256, es384 };
std::string_view name_of(Algorithm algorithm);                       // "ES256" …
std::optional<Algorithm> algorithm_named(std::string_view name);     // nothing for "none" and unknown

// A key and the one algorithm it is for. Immutable; any thread at once. Cheap to copy (shared).
class SigningKey {
 public:
  // A new private key: P-256, P-384, RSA 2048 bits, or Ed25519. `kid` is the RFC 7638 thumbprint.
  // hs256 is refused (malformed/"key_unsupported"): secrets come from from_secret.
  static Result<SigningKey> generate(Algorithm algorithm);
  // PKCS#8 DER as private_der() gives it.
  static Result<SigningKey> from_private_der(Algorithm algorithm, std::span<const std::uint8_t> der);
  // A public key from one JWK (a JSON object). `fallback` names the algorithm where the JWK has no
  // "alg"; kty and alg must agree; RSA under 2048 or over 8192 bits, private members, unknown curves
  // and "use" other than "sig" are refused.
  static Result<SigningKey> from_jwk(std::string_view json, std::optional<Algorithm> fallback = {});
  // HS256 with the given bytes (RFC 7518 §3.2: at least 32; shorter is malformed/"key_too_short").
  static Result<SigningKey> from_secret(const Secret& secret);

  Algorithm algorithm() const;
  const std::string& kid() const;         // the JWK's own "kid", or the thumbprint; "" for a secret
  // RFC 7638, over the key alone: the same whatever it is called or is for. Zero for a secret.
  Digest thumbprint() const;
  bool can_sign() const;
  Result<Secret> private_der() const;     // PKCS#8
  std::string public_jwk() const;         // {"kty":…,"kid":…,"alg":…,"use":"sig",…}; never a secret's bytes

  // The raw JWS signature over `input` (ES256, ES384: r ‖ s, RFC 7518 §3.4).
  Result<std::string> sign(std::string_view input) const;
  // unauthenticated/"signature_invalid" when it isn't this key's signature over `input`.
  Status verify(std::string_view input, std::string_view signature) const;

 private:
  struct Inside;
  explicit SigningKey(std::shared_ptr<const Inside> inside) : inside_(std::move(inside)) {}
  std::shared_ptr<const Inside> inside_;
};

// header.payload.signature, with {"alg","kid","typ"} and the payload as it is given (JSON text).
Result<std::string> jws_sign(const SigningKey& key, std::string_view typ, std::string_view payload);

struct Jws {
  Algorithm algorithm;
  std::string kid;      // "" when the header has none
  std::string typ;      // "" when the header has none
  std::string payload;  // bytes, not yet trusted
  std::string signing_input;
  std::string signature;
};
// Splits and checks the form: three parts, strict base64url, a JSON object header with a known alg,
// no "crit", no duplicate header members, limits::jwt_bytes. malformed/"jws_malformed" otherwise.
Result<Jws> jws_parse(std::string_view compact);
// Tries the keys whose kid (where both token and key have one) and algorithm fit; unauthenticated/
// "signature_invalid" when none verifies.
Status jws_verify(const Jws& jws, std::span<const SigningKey> keys);

// The keys of a JWK Set that can verify signatures; keys of unknown kinds are skipped
// (RFC 7517 §5). An RSA key without "alg" gives two: RS256's and PS256's. malformed/"jwks_malformed" when it isn't a JWK Set; at most limits::jwks_keys.
Result<std::vector<SigningKey>> jwks_parse(std::string_view json);
// One public key by itself, as from_jwk has it, where what would be passed over in a set is an error to be told of. An RSA key without
// "alg" gives two here as well.
Result<std::vector<SigningKey>> jwk_parse(std::string_view json);

}  // namespace kidoban::crypto
