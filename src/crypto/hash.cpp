#include "crypto/hash.h"

#include <openssl/crypto.h>
#include <openssl/provider.h>

#include <algorithm>

#include "base/require.h"
#include "base/text.h"
#include "crypto/openssl_ptr.h"

namespace kidoban::crypto {
namespace {

// OpenSSL 3.0 looks an algorithm up by name, under a lock, each time it isn't handed one that was
// fetched; and makes a context in some 100 ns. Both are done once: per process and per thread.
const EVP_MD* fetched_sha256() {
  static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return md;
}

class Hasher {
 public:
  Hasher() : context_(EVP_MD_CTX_new()) {
    if (!fetched_sha256() || !context_) fatal("SHA-256 can't be had");
  }
  ~Hasher() = default;
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  void begin() { must(EVP_DigestInit_ex2(context_.get(), fetched_sha256(), nullptr)); }
  void add(std::span<const std::uint8_t> data) {
    must(EVP_DigestUpdate(context_.get(), data.data(), data.size()));
  }
  Digest end() {
    Digest out;
    must(EVP_DigestFinal_ex(context_.get(), out.data(), nullptr));
    return out;
  }

 private:
  static void must(int result) {
    if (result != 1) fatal("SHA-256 failed");
  }
  DigestContext context_;
};

Hasher& hasher() {
  thread_local Hasher one;
  return one;
}

constexpr std::size_t block_bytes = 64;  // SHA-256's, FIPS 180-4 §1

// FIPS 198-1: H((K ^ opad) ‖ H((K ^ ipad) ‖ text)). Written out because EVP_MAC in OpenSSL 3.0 makes
// and frees three contexts a call.
class Hmac {
 public:
  explicit Hmac(std::span<const std::uint8_t> key) {
    if (key.size() > block_bytes) {
      const Digest shorter = sha256(key);
      std::ranges::copy(shorter, key_.begin());
    } else {
      std::ranges::copy(key, key_.begin());
    }
  }
  ~Hmac() { OPENSSL_cleanse(key_.data(), key_.size()); }
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;

  template <class... Part>
  Digest over(const Part&... parts) {
    Hasher& h = hasher();
    begin(h, 0x36);
    (h.add(parts), ...);
    const Digest inner = h.end();
    begin(h, 0x5c);
    h.add(inner);
    return h.end();
  }

 private:
  void begin(Hasher& h, std::uint8_t pad) {
    std::array<std::uint8_t, block_bytes> padded;
    for (std::size_t i = 0; i < block_bytes; ++i) padded[i] = static_cast<std::uint8_t>(key_[i] ^ pad);
    h.begin();
    h.add(padded);
    OPENSSL_cleanse(padded.data(), padded.size());
  }
  std::array<std::uint8_t, block_bytes> key_{};
};

}  // namespace

Digest sha256(std::span<const std::uint8_t> data) {
  Hasher& h = hasher();
  h.begin();
  h.add(data);
  return h.end();
}

Digest sha256(std::string_view data) { return sha256(as_bytes(data)); }

std::array<std::uint8_t, 20> sha1(std::span<const std::uint8_t> data) {
  std::array<std::uint8_t, 20> out;
  if (EVP_Digest(data.data(), data.size(), out.data(), nullptr, EVP_sha1(), nullptr) != 1) fatal("SHA-1 failed");
  return out;
}

std::optional<std::array<std::uint8_t, 16>> md4(std::span<const std::uint8_t> data) {
  // In a library context of its own: what the rest of the house may fetch stays as it is.
  static const EVP_MD* const md = []() -> const EVP_MD* {
    OSSL_LIB_CTX* const apart = OSSL_LIB_CTX_new();
    if (apart == nullptr || OSSL_PROVIDER_load(apart, "legacy") == nullptr) return nullptr;
    return EVP_MD_fetch(apart, "MD4", nullptr);
  }();
  std::array<std::uint8_t, 16> out;
  if (md == nullptr || EVP_Digest(data.data(), data.size(), out.data(), nullptr, md, nullptr) != 1) return std::nullopt;
  return out;
}

Digest hmac_sha256(std::span<const std::uint8_t> key, std::span<const std::uint8_t> data) {
  return Hmac(key).over(data);
}

Secret hkdf_sha256(std::span<const std::uint8_t> key, std::string_view info, std::size_t length) {
  require(length >= 1 && length <= 255 * sizeof(Digest), "HKDF gives 1 to 8160 bytes");
  const Digest no_salt{};  // RFC 5869 §2.2: "if not provided, it is set to a string of HashLen zeros"
  Digest extracted = hmac_sha256(no_salt, key);
  Hmac expand(extracted);
  std::vector<std::uint8_t> out;
  out.reserve(length);  // it mustn't move: what it leaves behind would not be wiped
  Digest block{};
  for (std::uint8_t counter = 1; out.size() < length; ++counter) {
    const std::span<const std::uint8_t> before(block.data(), counter == 1 ? 0 : block.size());
    block = expand.over(before, as_bytes(info), std::span<const std::uint8_t>(&counter, 1));
    const auto wanted = std::min(block.size(), length - out.size());
    out.insert(out.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(wanted));
  }
  OPENSSL_cleanse(block.data(), block.size());
  OPENSSL_cleanse(extracted.data(), extracted.size());
  return Secret(std::move(out));
}

}  // namespace kidoban::crypto
