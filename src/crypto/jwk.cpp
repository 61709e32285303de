#include "crypto/jwk.h"

#include <openssl/core_names.h>

#include <algorithm>
#include <array>

#include "base/require.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "base/strict_json.h"

namespace kidoban::crypto {
namespace {

namespace json = boost::json;

constexpr int rsa_fewest_bits = 2048;  // RFC 7518 §3.3
// Verifying costs the square of the length; nobody honest goes further.
constexpr int rsa_most_bits = 8192;
constexpr std::size_t edwards_bytes = 32;

// RFC 7518 §6.2.1.1, and what OpenSSL calls the same.
struct Curve {
  Algorithm algorithm;
  const char* name;
  std::string_view group;
  std::size_t bytes;
};
constexpr Curve curves[] = {{Algorithm::es256, "P-256", "prime256v1", 32}, {Algorithm::es384, "P-384", "secp384r1", 48}};

const Curve* curve_named(std::optional<std::string_view> name) {
  const auto* found = std::ranges::find_if(curves, [&](const Curve& one) { return name == one.name; });
  return found == std::end(curves) ? nullptr : found;
}
const Curve& curve_for(Algorithm algorithm) { return *std::ranges::find(curves, algorithm, &Curve::algorithm); }

Failure unsupported(std::string note) { return fail(Kind::malformed, "key_unsupported", std::move(note)); }
Failure malformed(std::string note) { return fail(Kind::malformed, "jwk_malformed", std::move(note)); }

std::string number_member(EVP_PKEY* key, const char* name, std::size_t length) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) fatal("a key has no public part");
  const Bignum number(raw);
  // RFC 7518 §2: the fewest octets for RSA; §6.2.1.2: the field's full length for coordinates.
  std::vector<std::uint8_t> bytes(length ? length : static_cast<std::size_t>(BN_num_bytes(raw)));
  if (BN_bn2binpad(raw, bytes.data(), static_cast<int>(bytes.size())) < 0) fatal("a coordinate is too long");
  return base64url(bytes);
}

Result<Pkey> from_params(const char* kind, OSSL_PARAM* params) {
  const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY* raw = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &raw, EVP_PKEY_PUBLIC_KEY, params) != 1) {
    return malformed("not a key");
  }
  return Pkey(raw);
}

Result<std::vector<std::uint8_t>> bytes_member(const json::object& jwk, std::string_view name) {
  const auto text = text_member(jwk, name);
  if (!text) return malformed(std::string(name) + " is missing");
  auto bytes = unbase64url(*text);
  if (!bytes || bytes->empty()) return malformed(std::string(name) + " is not base64url");
  return std::move(*bytes);
}

Result<Pkey> elliptic_key(const json::object& jwk) {
  const Curve* curve = curve_named(text_member(jwk, "crv"));
  if (curve == nullptr) return unsupported("a curve other than P-256 and P-384");
  const auto x = TRY(bytes_member(jwk, "x"));
  const auto y = TRY(bytes_member(jwk, "y"));
  if (x.size() != curve->bytes || y.size() != curve->bytes) return malformed("x and y are as long as the curve's field");
  std::vector<std::uint8_t> point{0x04};  // SEC 1 §2.3.3, uncompressed
  point.insert(point.end(), x.begin(), x.end());
  point.insert(point.end(), y.begin(), y.end());
  std::string group(curve->name);
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  auto key = TRY(from_params("EC", params));
  // NIST SP 800-56A §5.6.2.3.4, partial validation: these curves' cofactor is 1, so being on the curve is
  // being in the group, and the multiplication by its order (60 µs) tells nothing more.
  const PkeyContext check(EVP_PKEY_CTX_new(key.get(), nullptr));
  if (!check || EVP_PKEY_public_check_quick(check.get()) != 1) return malformed("not a point of its curve");
  return key;
}

Result<Pkey> rsa_key(const json::object& jwk) {
  const auto n = TRY(bytes_member(jwk, "n"));
  const auto e = TRY(bytes_member(jwk, "e"));
  // RFC 7518 §2 (Base64urlUInt): the fewest octets, so no zero in front.
  if (n[0] == 0 || e[0] == 0) return malformed("n or e begins with zero");
  if (n.size() * 8 > rsa_most_bits) return unsupported("an RSA key of more than 8192 bits");
  // A long exponent makes verifying dear; 65537 is what everybody has.
  if (e.size() > 4 || (e.back() & 1) == 0 || (e.size() == 1 && e[0] < 3) || (n.back() & 1) == 0) {
    return unsupported("an RSA key that isn't one");
  }
  const Bignum modulus(BN_bin2bn(n.data(), static_cast<int>(n.size()), nullptr));
  const Bignum exponent(BN_bin2bn(e.data(), static_cast<int>(e.size()), nullptr));
  if (!modulus || !exponent || BN_num_bits(modulus.get()) < rsa_fewest_bits) {
    return unsupported("an RSA key of less than 2048 bits");
  }
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
    return fail(Kind::internal, "out_of_memory");
  }
  const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  return from_params("RSA", params.get());
}

Result<Pkey> edwards_key(const json::object& jwk) {
  if (text_member(jwk, "crv") != "Ed25519") return unsupported("a curve other than Ed25519");
  const auto x = TRY(bytes_member(jwk, "x"));
  if (x.size() != edwards_bytes) return malformed("x is 32 octets");
  Pkey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, x.data(), x.size()));
  if (!key) return malformed("not a key");
  return key;
}

}  // namespace

Status check_kind(EVP_PKEY* key, Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::es256:
    case Algorithm::es384: {
      std::array<char, 32> group{};
      const bool named = EVP_PKEY_is_a(key, "EC") == 1 &&
                         EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group.data(),
                                                        group.size(), nullptr) == 1;
      if (named && std::string_view(group.data()) == curve_for(algorithm).group) return {};
      break;
    }
    case Algorithm::rs256:
    case Algorithm::ps256: {
      const int bits = EVP_PKEY_get_bits(key);
      if (EVP_PKEY_is_a(key, "RSA") == 1 && bits >= rsa_fewest_bits && bits <= rsa_most_bits) return {};
      break;
    }
    case Algorithm::eddsa:
      if (EVP_PKEY_is_a(key, "ED25519") == 1) return {};
      break;
    case Algorithm::hs256:
      break;
  }
  return unsupported("a key of another kind than its algorithm's");
}

std::string required_members(EVP_PKEY* key, Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::es256:
    case Algorithm::es384: {
      const Curve& curve = curve_for(algorithm);
      return R"({"crv":")" + std::string(curve.name) + R"(","kty":"EC","x":")" + number_member(key, OSSL_PKEY_PARAM_EC_PUB_X, curve.bytes) +
             R"(","y":")" + number_member(key, OSSL_PKEY_PARAM_EC_PUB_Y, curve.bytes) + "\"}";
    }
    case Algorithm::rs256:
    case Algorithm::ps256:
      return R"({"e":")" + number_member(key, OSSL_PKEY_PARAM_RSA_E, 0) + R"(","kty":"RSA","n":")" +
             number_member(key, OSSL_PKEY_PARAM_RSA_N, 0) + "\"}";
    case Algorithm::eddsa: {
      std::array<std::uint8_t, edwards_bytes> x{};
      std::size_t length = x.size();
      if (EVP_PKEY_get_raw_public_key(key, x.data(), &length) != 1) fatal("a key has no public part");
      return R"({"crv":"Ed25519","kty":"OKP","x":")" + base64url(x) + "\"}";
    }
    case Algorithm::hs256:
      break;
  }
  fatal("a secret has no public members");
}

std::optional<Algorithm> algorithm_of_others(std::string_view name) {
  return name == "Ed25519" ? std::optional(Algorithm::eddsa) : algorithm_named(name);
}

std::string thumbprint(const std::string& required) { return base64url(sha256(required)); }

Result<Pkey> public_key(const json::object& jwk) {
  // A private key sent where a public one belongs is an accident its owner must hear of.
  for (const auto* secret : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    if (jwk.contains(secret)) return unsupported("a private or symmetric key");
  }
  if (jwk.contains("use") && text_member(jwk, "use") != "sig") return unsupported("a key for another use");
  if (const auto* operations = jwk.if_contains("key_ops")) {  // RFC 7517 §4.3
    bool verifies = false;
    if (!operations->is_array()) return malformed("key_ops is not an array");
    for (const auto& one : operations->get_array()) {
      verifies = verifies || (one.is_string() && one.get_string() == "verify");
    }
    if (!verifies) return unsupported("a key for another operation");
  }
  if (!text_or_absent(jwk, "kid")) return malformed("kid is not a string");
  const auto kind = text_member(jwk, "kty");
  if (!kind) return malformed("kty is missing");
  if (*kind == "EC") return elliptic_key(jwk);
  if (*kind == "RSA") return rsa_key(jwk);
  if (*kind == "OKP") return edwards_key(jwk);
  return unsupported("a kind of key other than EC, RSA and OKP");
}

Result<std::optional<Algorithm>> algorithm_of(const json::object& jwk) {
  const auto kind = text_member(jwk, "kty");
  std::optional<Algorithm> only;
  if (const Curve* curve = curve_named(text_member(jwk, "crv")); kind == "EC" && curve != nullptr) only = curve->algorithm;
  if (kind == "OKP") only = Algorithm::eddsa;
  if (!jwk.contains("alg")) return only;
  const auto name = text_member(jwk, "alg");
  const auto named = name ? algorithm_of_others(*name) : std::nullopt;
  if (!named || *named == Algorithm::hs256) return unsupported("an algorithm we don't have");
  const bool is_rsa = *named == Algorithm::rs256 || *named == Algorithm::ps256;
  if (is_rsa ? kind != "RSA" : named != only) return unsupported("kty and alg don't agree");
  return named;
}

}  // namespace kidoban::crypto
