#include <openssl/rsa.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/jose.h"
#include "crypto/jwk.h"
#include "crypto/openssl_ptr.h"
#include "base/strict_json.h"

namespace kidoban::crypto {
namespace {

constexpr std::size_t secret_fewest_bytes = 32;  // RFC 7518 §3.2

// RFC 7518 §3.4: each of the two numbers of an ECDSA signature; nothing for what isn't ECDSA.
std::size_t ecdsa_half(Algorithm algorithm) { return algorithm == Algorithm::es256 ? 32 : algorithm == Algorithm::es384 ? 48 : 0; }

struct AlgorithmName {
  Algorithm algorithm;
  std::string_view name;
};
constexpr AlgorithmName names[] = {{Algorithm::es256, "ES256"},
                                   {Algorithm::rs256, "RS256"},
                                   {Algorithm::ps256, "PS256"},
                                   {Algorithm::eddsa, "EdDSA"},
                                   {Algorithm::hs256, "HS256"},
                                   {Algorithm::es384, "ES384"}};

enum class Purpose { sign, verify };

// A context made ready for this key once: what remains for each signature is a copy of it, which is
// a fifth cheaper than setting up a new one.
DigestContext prepared(EVP_PKEY* key, Algorithm algorithm, Purpose purpose) {
  DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* settings = nullptr;  // the context's own
  const char* digest = algorithm == Algorithm::eddsa   ? nullptr  // RFC 8032 hashes by itself
                       : algorithm == Algorithm::es384 ? "SHA384"
                                                       : "SHA256";
  if (!context) return nullptr;
  const int begun =
      purpose == Purpose::sign
          ? EVP_DigestSignInit_ex(context.get(), &settings, digest, nullptr, nullptr, key, nullptr)
          : EVP_DigestVerifyInit_ex(context.get(), &settings, digest, nullptr, nullptr, key, nullptr);
  if (begun != 1) return nullptr;
  if (algorithm == Algorithm::ps256 &&
      (EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING) != 1 ||
       // RFC 7518 §3.5: the salt is as long as the hash, MGF1 uses the same hash.
       EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, RSA_PSS_SALTLEN_DIGEST) != 1)) {
    return nullptr;
  }
  return context;
}

// This thread's working copy. Its buffers are reused from one signature to the next.
Result<EVP_MD_CTX*> working_copy(const EVP_MD_CTX* of) {
  thread_local const DigestContext working(EVP_MD_CTX_new());
  if (!working || EVP_MD_CTX_copy_ex(working.get(), of) != 1) return fail(Kind::internal, "signing_failed");
  // Nothing more is added after Final: without this, OpenSSL would copy the key's state once more.
  EVP_MD_CTX_set_flags(working.get(), EVP_MD_CTX_FLAG_FINALISE);
  return working.get();
}

std::optional<std::string> raw_from_der(std::span<const std::uint8_t> der, std::size_t half) {
  const auto* at = der.data();
  const EcdsaSignature parsed(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  std::string raw(2 * half, '\0');
  auto* out = reinterpret_cast<std::uint8_t*>(raw.data());
  const auto length = static_cast<int>(half);
  if (!parsed || BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), out, length) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), out + half, length) < 0) {
    return std::nullopt;
  }
  return raw;
}

// DER INTEGER (X.690 §8.3): the fewest octets, a zero in front where the top bit would mean minus.
void put_integer(std::string& out, std::string_view number) {
  number.remove_prefix(std::min(number.find_first_not_of('\0'), number.size() - 1));
  const bool negative_looking = (static_cast<unsigned char>(number.front()) & 0x80) != 0;
  out += '\x02';
  out += static_cast<char>(number.size() + (negative_looking ? 1 : 0));
  if (negative_looking) out += '\0';
  out += number;
}

std::string der_from_raw(std::string_view raw) {
  std::string body;
  put_integer(body, raw.substr(0, raw.size() / 2));
  put_integer(body, raw.substr(raw.size() / 2));
  return std::string{'\x30', static_cast<char>(body.size())} + body;  // at most 102 octets: short form
}

Pkey generate_pkey(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::es256: return Pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    case Algorithm::es384: return Pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384"));
    case Algorithm::rs256:
    case Algorithm::ps256: return Pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}));
    case Algorithm::eddsa: return Pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    case Algorithm::hs256: break;
  }
  return nullptr;
}

}  // namespace

std::string_view name_of(Algorithm algorithm) {
  return std::ranges::find(names, algorithm, &AlgorithmName::algorithm)->name;
}

std::optional<Algorithm> algorithm_named(std::string_view name) {
  const auto* found = std::ranges::find(names, name, &AlgorithmName::name);
  if (found == std::end(names)) return std::nullopt;
  return found->algorithm;
}

struct SigningKey::Inside {
  Algorithm algorithm;
  std::string kid;
  std::string required;  // the JWK's required members
  Pkey key;
  DigestContext signer;  // none for a public key
  DigestContext verifier;
  Secret secret;  // hs256's

  static Result<std::shared_ptr<const Inside>> make(Algorithm algorithm, Pkey key, bool is_private,
                                                    std::string_view kid) {
    TRY(check_kind(key.get(), algorithm));
    Inside inside{algorithm, std::string(kid), required_members(key.get(), algorithm), std::move(key), {}, {}, {}};
    if (inside.kid.empty()) inside.kid = crypto::thumbprint(inside.required);
    inside.verifier = prepared(inside.key.get(), algorithm, Purpose::verify);
    if (is_private) inside.signer = prepared(inside.key.get(), algorithm, Purpose::sign);
    if (!inside.verifier || (is_private && !inside.signer)) {
      return fail(Kind::malformed, "key_unsupported", "it can't be made ready");
    }
    return std::make_shared<const Inside>(std::move(inside));
  }
};

Result<SigningKey> SigningKey::generate(Algorithm algorithm) {
  if (algorithm == Algorithm::hs256) return fail(Kind::malformed, "key_unsupported", "HS256 has no key pair");
  auto key = generate_pkey(algorithm);
  if (!key) return fail(Kind::internal, "key_generation_failed");
  return SigningKey(TRY(Inside::make(algorithm, std::move(key), true, {})));
}

Result<SigningKey> SigningKey::from_private_der(Algorithm algorithm, std::span<const std::uint8_t> der) {
  const auto* at = der.data();
  const Pkcs8 wrapped(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size())));
  if (!wrapped || at != der.data() + der.size()) return fail(Kind::malformed, "key_unsupported", "not PKCS#8");
  Pkey key(EVP_PKCS82PKEY(wrapped.get()));
  if (!key) return fail(Kind::malformed, "key_unsupported", "not a private key");
  return SigningKey(TRY(Inside::make(algorithm, std::move(key), true, {})));
}

Result<SigningKey> SigningKey::from_jwk(std::string_view json, std::optional<Algorithm> fallback) {
  const auto jwk = strict_object(json);
  if (!jwk) return fail(Kind::malformed, "jwk_malformed", "not a JSON object");
  auto algorithm = TRY(algorithm_of(*jwk));
  if (!algorithm) algorithm = fallback;
  if (!algorithm) return fail(Kind::malformed, "key_unsupported", "nothing says its algorithm");
  auto key = TRY(public_key(*jwk));
  return SigningKey(
      TRY(Inside::make(*algorithm, std::move(key), false, text_member(*jwk, "kid").value_or(""))));
}

Result<SigningKey> SigningKey::from_secret(const Secret& secret) {
  if (secret.size() < secret_fewest_bytes) {
    return fail(Kind::malformed, "key_too_short", "an HS256 secret has 32 bytes");
  }
  // No thumbprint: RFC 7638 §7 warns that a secret's would help whoever guesses at it.
  Inside inside{Algorithm::hs256, {}, {}, {}, {}, {}, secret.copy()};
  return SigningKey(std::make_shared<const Inside>(std::move(inside)));
}

Algorithm SigningKey::algorithm() const { return inside_->algorithm; }
const std::string& SigningKey::kid() const { return inside_->kid; }
Digest SigningKey::thumbprint() const { return inside_->required.empty() ? Digest{} : sha256(inside_->required); }
bool SigningKey::can_sign() const { return inside_->signer || !inside_->secret.empty(); }

Result<Secret> SigningKey::private_der() const {
  if (!inside_->signer) return fail(Kind::malformed, "key_unsupported", "no private key");
  const Pkcs8 wrapped(EVP_PKEY2PKCS8(inside_->key.get()));
  const int length = wrapped ? i2d_PKCS8_PRIV_KEY_INFO(wrapped.get(), nullptr) : 0;
  if (length <= 0) return fail(Kind::internal, "key_export_failed");
  std::vector<std::uint8_t> der(static_cast<std::size_t>(length));
  auto* at = der.data();
  const int written = i2d_PKCS8_PRIV_KEY_INFO(wrapped.get(), &at);
  Secret out(std::move(der));
  if (written != length) return fail(Kind::internal, "key_export_failed");
  return out;
}

std::string SigningKey::public_jwk() const {
  // A secret has no public part; what is left says only that it exists.
  std::string out = inside_->required.empty() ? R"({"kty":"oct"})" : inside_->required;
  out.pop_back();
  if (!inside_->kid.empty()) out += R"(,"kid":)" + boost::json::serialize(boost::json::string_view(inside_->kid));
  out += R"(,"alg":")";
  out += name_of(inside_->algorithm);
  return out += R"(","use":"sig"})";
}

Result<std::string> SigningKey::sign(std::string_view input) const {
  if (inside_->algorithm == Algorithm::hs256) {
    return std::string(as_text(hmac_sha256(inside_->secret.reveal(), as_bytes(input))));
  }
  if (!inside_->signer) return fail(Kind::internal, "signing_failed", "a public key can't sign");
  auto* const context = TRY(working_copy(inside_->signer.get()));
  const auto bytes = as_bytes(input);
  std::array<std::uint8_t, 1024> out;  // RSA of 8192 bits
  std::size_t length = out.size();
  if (EVP_DigestSign(context, out.data(), &length, bytes.data(), bytes.size()) != 1) {
    return fail(Kind::internal, "signing_failed");
  }
  const auto signature = std::span<const std::uint8_t>(out).first(length);
  const std::size_t half = ecdsa_half(inside_->algorithm);
  if (half == 0) return std::string(as_text(signature));
  auto raw = raw_from_der(signature, half);
  if (!raw) return fail(Kind::internal, "signing_failed");
  return std::move(*raw);
}

Status SigningKey::verify(std::string_view input, std::string_view signature) const {
  const auto refused = [] { return fail(Kind::unauthenticated, "signature_invalid"); };
  if (inside_->algorithm == Algorithm::hs256) {
    const Digest right = hmac_sha256(inside_->secret.reveal(), as_bytes(input));
    if (!constant_time_equal(right, as_bytes(signature))) return refused();
    return {};
  }
  std::string der;
  if (const std::size_t half = ecdsa_half(inside_->algorithm); half != 0) {
    if (signature.size() != 2 * half) return refused();
    der = der_from_raw(signature);
    signature = der;
  }
  auto* const context = TRY(working_copy(inside_->verifier.get()));
  const auto given = as_bytes(signature);
  const auto bytes = as_bytes(input);
  if (EVP_DigestVerify(context, given.data(), given.size(), bytes.data(), bytes.size()) != 1) return refused();
  return {};
}

}  // namespace kidoban::crypto
