#include "crypto/aead.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>

#include "base/require.h"
#include "base/text.h"
#include "crypto/openssl_ptr.h"

namespace kidoban::crypto {
namespace {

constexpr std::size_t nonce_bytes = 24;
constexpr std::size_t tag_bytes = 16;
// GCM's own ceiling is 64 GiB; OpenSSL counts in int. No field of ours is near either.
constexpr std::size_t longest_bytes = std::size_t{1} << 30;

using Block = std::array<std::uint8_t, 16>;

void must(int result) {
  if (result != 1) fatal("AES-256 failed");
}

// Fetched once a process, contexts made once a thread: this stands on every request's path, and the
// fetch alone costs more than sealing a field.
struct Ciphers {
  EVP_CIPHER* ecb = EVP_CIPHER_fetch(nullptr, "AES-256-ECB", nullptr);
  EVP_CIPHER* gcm = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
};

const Ciphers& ciphers() {
  static const Ciphers all;
  return all;
}

struct Contexts {
  CipherContext ecb{EVP_CIPHER_CTX_new()};
  CipherContext seal{EVP_CIPHER_CTX_new()};
  CipherContext open{EVP_CIPHER_CTX_new()};
  Contexts() {
    const Ciphers& all = ciphers();
    if (!all.ecb || !all.gcm || !ecb || !seal || !open) fatal("AES-256 can't be had");
    must(EVP_EncryptInit_ex2(seal.get(), all.gcm, nullptr, nullptr, nullptr));
    must(EVP_DecryptInit_ex2(open.get(), all.gcm, nullptr, nullptr, nullptr));
    must(EVP_EncryptInit_ex2(ecb.get(), all.ecb, nullptr, nullptr, nullptr));
    must(EVP_CIPHER_CTX_set_padding(ecb.get(), 0));
  }
};

Contexts& contexts() {
  thread_local Contexts one;
  return one;
}

// A message's own key, gone when the message is done.
struct MessageKey {
  std::array<std::uint8_t, 32> bytes;
  MessageKey() = default;
  ~MessageKey() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
  MessageKey(const MessageKey&) = delete;
  MessageKey& operator=(const MessageKey&) = delete;
};

// C2SP XAES-256-GCM: NIST SP 800-108r1 KDF in counter mode with CMAC-AES-256 as PRF, label 'X', the
// nonce's first 96 bits as context. Each CMAC message is one block, so it is a masked encryption.
void derive(EVP_CIPHER_CTX* ecb, std::span<const std::uint8_t> key, std::span<const std::uint8_t> nonce,
            MessageKey& out) {
  int written = 0;
  must(EVP_EncryptInit_ex2(ecb, nullptr, key.data(), nullptr, nullptr));
  Block mask{};
  must(EVP_EncryptUpdate(ecb, mask.data(), &written, Block{}.data(), sizeof(Block)));
  // K1 of NIST SP 800-38B §6.1: doubled in GF(2^128), without a branch on the secret bit.
  const auto top = static_cast<std::uint8_t>(mask[0] >> 7);
  for (std::size_t i = 0; i < mask.size(); ++i) {
    const int next = i + 1 < mask.size() ? mask[i + 1] >> 7 : 0;
    mask[i] = static_cast<std::uint8_t>((mask[i] << 1) | next);
  }
  mask.back() = static_cast<std::uint8_t>(mask.back() ^ (0x87 & -top));

  MessageKey blocks;
  for (std::size_t half = 0; half < 2; ++half) {
    Block block{0x00, static_cast<std::uint8_t>(half + 1), 'X', 0x00};
    std::copy_n(nonce.begin(), 12, block.begin() + 4);
    for (std::size_t i = 0; i < block.size(); ++i) {
      blocks.bytes[half * 16 + i] = static_cast<std::uint8_t>(block[i] ^ mask[i]);
    }
  }
  must(EVP_EncryptUpdate(ecb, out.bytes.data(), &written, blocks.bytes.data(), 32));
  OPENSSL_cleanse(mask.data(), mask.size());
}

int length_of(std::size_t bytes) {
  require(bytes <= longest_bytes, "a sealed value holds less than 1 GiB");
  return static_cast<int>(bytes);
}

}  // namespace

std::string aead_seal_with_nonce(std::span<const std::uint8_t> key, std::span<const std::uint8_t> nonce,
                                 std::span<const std::uint8_t> plain, std::string_view associated) {
  require(key.size() == aead_key_bytes, "an AEAD key is 32 bytes");
  require(nonce.size() == nonce_bytes, "an XAES-256-GCM nonce is 24 bytes");
  const int plain_length = length_of(plain.size());
  const int associated_length = length_of(associated.size());
  Contexts& with = contexts();
  MessageKey message_key;
  derive(with.ecb.get(), key, nonce, message_key);

  std::string out(plain.size() + aead_overhead_bytes, '\0');
  auto* bytes = reinterpret_cast<std::uint8_t*>(out.data());
  std::ranges::copy(nonce, bytes);
  int written = 0;
  EVP_CIPHER_CTX* gcm = with.seal.get();
  must(EVP_EncryptInit_ex2(gcm, nullptr, message_key.bytes.data(), nonce.data() + 12, nullptr));
  if (associated_length > 0) {
    must(EVP_EncryptUpdate(gcm, nullptr, &written, as_bytes(associated).data(), associated_length));
  }
  std::uint8_t* const ciphertext = bytes + nonce_bytes;
  if (plain_length > 0) must(EVP_EncryptUpdate(gcm, ciphertext, &written, plain.data(), plain_length));
  std::uint8_t* const tag = ciphertext + plain_length;
  must(EVP_EncryptFinal_ex(gcm, tag, &written));
  must(EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag_bytes), tag));
  return out;
}

std::string aead_seal(std::span<const std::uint8_t> key, std::span<const std::uint8_t> plain,
                      std::string_view associated, Random& random) {
  return aead_seal_with_nonce(key, random.bytes<nonce_bytes>(), plain, associated);
}

Result<Secret> aead_open(std::span<const std::uint8_t> key, std::string_view sealed,
                         std::string_view associated) {
  require(key.size() == aead_key_bytes, "an AEAD key is 32 bytes");
  if (sealed.size() < aead_overhead_bytes || sealed.size() > longest_bytes ||
      associated.size() > longest_bytes) {
    return fail(Kind::malformed, "sealed_value_damaged");
  }
  const auto bytes = as_bytes(sealed);
  const auto nonce = bytes.first(nonce_bytes);
  const auto ciphertext = bytes.subspan(nonce_bytes, bytes.size() - aead_overhead_bytes);
  std::array<std::uint8_t, tag_bytes> tag;
  std::ranges::copy(bytes.last(tag_bytes), tag.begin());
  Contexts& with = contexts();
  MessageKey message_key;
  derive(with.ecb.get(), key, nonce, message_key);

  std::vector<std::uint8_t> plain(ciphertext.size());
  int written = 0;
  EVP_CIPHER_CTX* gcm = with.open.get();
  must(EVP_DecryptInit_ex2(gcm, nullptr, message_key.bytes.data(), nonce.data() + 12, nullptr));
  if (!associated.empty()) {
    must(EVP_DecryptUpdate(gcm, nullptr, &written, as_bytes(associated).data(),
                           static_cast<int>(associated.size())));
  }
  if (!ciphertext.empty()) {
    must(EVP_DecryptUpdate(gcm, plain.data(), &written, ciphertext.data(),
                           static_cast<int>(ciphertext.size())));
  }
  must(EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag_bytes), tag.data()));
  Secret opened(std::move(plain));  // wiped too when the tag is wrong
  std::uint8_t none = 0;
  if (EVP_DecryptFinal_ex(gcm, &none, &written) != 1) return fail(Kind::malformed, "sealed_value_damaged");
  return opened;
}

}  // namespace kidoban::crypto
