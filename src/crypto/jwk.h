#pragma once
// JSON Web Keys to and from OpenSSL's keys, for this folder's .cpp files alone: RFC 7517, RFC 7518 §6,
// RFC 8037 §2. Public parts only.

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "base/result.h"
#include "crypto/jose.h"
#include "crypto/openssl_ptr.h"

namespace kidoban::crypto {

// Whether this key is of the kind and size its algorithm wants: P-256, P-384, RSA of 2048 to 8192 bits,
// Ed25519. malformed/"key_unsupported" otherwise.
Status check_kind(EVP_PKEY* key, Algorithm algorithm);

// A name that a signature or a key of somebody else's gives its algorithm: as algorithm_named(), and "Ed25519", which
// RFC 9864 §2.2 gives to what RFC 8037 calls EdDSA.
std::optional<Algorithm> algorithm_of_others(std::string_view name);

// The members that RFC 7638 §3.2 takes into a thumbprint, in its order, with no white space.
std::string required_members(EVP_PKEY* key, Algorithm algorithm);
// RFC 7638: base64url of the SHA-256 of the required members.
std::string thumbprint(const std::string& required);

// The public key that a JWK describes; malformed/"key_unsupported" or malformed/"jwk_malformed".
Result<Pkey> public_key(const boost::json::object& jwk);
// What it says to be for: its "alg", or what its kty leaves no choice about, or nothing.
// malformed/"key_unsupported" for an algorithm we don't have or that its kty can't be used with.
Result<std::optional<Algorithm>> algorithm_of(const boost::json::object& jwk);

}  // namespace kidoban::crypto
