#include <algorithm>
#include <boost/json/serialize.hpp>
#include <iterator>

#include "base/limits.h"
#include "crypto/jose.h"
#include "crypto/jwk.h"
#include "base/strict_json.h"

namespace kidoban::crypto {
namespace {

Failure malformed(std::string note) { return fail(Kind::malformed, "jwks_malformed", std::move(note)); }

Result<std::vector<SigningKey>> keys_of(const boost::json::object& jwk) {
  const auto named = TRY(algorithm_of(jwk));
  std::vector<Algorithm> algorithms{Algorithm::rs256, Algorithm::ps256};
  // An RSA key that names no algorithm serves both paddings; the verifier says which it takes.
  if (named) algorithms = {*named};
  const auto text = boost::json::serialize(jwk);
  std::vector<SigningKey> keys;
  for (const auto algorithm : algorithms) keys.push_back(TRY(SigningKey::from_jwk(text, algorithm)));
  return keys;
}

// RFC 7517 §5: what isn't understood, lacks a member or is for another use is passed over.
void add_keys(const boost::json::object& jwk, std::vector<SigningKey>& keys) {
  auto found = keys_of(jwk);
  if (found) std::ranges::move(*found, std::back_inserter(keys));
}

}  // namespace

Result<std::vector<SigningKey>> jwk_parse(std::string_view json) {
  const auto jwk = json.size() <= limits::json_body_bytes ? strict_object(json) : std::nullopt;
  if (!jwk) return fail(Kind::malformed, "jwk_malformed", "not a JSON object");
  return keys_of(*jwk);
}

Result<std::vector<SigningKey>> jwks_parse(std::string_view json) {
  if (json.size() > limits::json_body_bytes) return malformed("too long");
  const auto set = strict_object(json);
  const auto* members = set ? set->if_contains("keys") : nullptr;
  if (!members || !members->is_array()) return malformed("no array of keys");
  const auto& array = members->get_array();
  if (array.size() > limits::jwks_keys) return malformed("too many keys");
  std::vector<SigningKey> keys;
  for (const auto& member : array) {
    if (!member.is_object()) return malformed("a key is not an object");
    add_keys(member.get_object(), keys);
  }
  return keys;
}

}  // namespace kidoban::crypto
