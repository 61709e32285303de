#pragma once
// The written forms of password hashes (password_hash.h lists them), read into what is to be computed,
// for this folder's .cpp files alone. A form whose cost is past bounds does not read: whoever brings a
// hash must not be able to hold a lane, or its memory, for long.

#include <openssl/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "crypto/password_hash.h"

namespace kidoban::crypto {

using Bytes = std::vector<std::uint8_t>;

struct Argon2Form {
  bool is_id = true;  // Argon2id; else Argon2i
  std::uint32_t version = 0x13;
  Argon2Cost cost;
  Bytes salt, hash;
};
struct CryptForm {
  std::string setting;  // crypt(3) takes the whole hash as its setting
};
struct Pbkdf2Form {
  const EVP_MD* digest = nullptr;
  int rounds = 0;
  Bytes salt, hash;
};
struct ScryptForm {
  std::uint64_t n = 0, r = 0, p = 0;
  Bytes salt, hash;
};
struct DigestForm {  // LDAP: hash of password ‖ salt
  const EVP_MD* digest = nullptr;
  Bytes salt, hash;
};
using PasswordForm = std::variant<Argon2Form, CryptForm, Pbkdf2Form, ScryptForm, DigestForm>;

// The dearest that is accepted, each about two seconds of one core of 2020s hardware.
inline constexpr std::uint32_t argon2_most_memory_kib = 256 * 1024;
inline constexpr std::uint64_t argon2_most_kib_passes = 1024 * 1024;
inline constexpr std::uint32_t argon2_most_lanes = 16;  // each is a thread
inline constexpr int bcrypt_most_cost = 14;
inline constexpr std::int64_t sha_crypt_most_rounds = 500'000;
inline constexpr std::int64_t pbkdf2_most_rounds = 3'000'000;
inline constexpr std::uint64_t scrypt_most_memory = std::uint64_t{128} << 20;  // 128 · N · r octets
inline constexpr std::uint64_t scrypt_most_work = std::uint64_t{512} << 20;    // 128 · N · r · p octets

std::optional<PasswordForm> read_password_form(std::string_view encoded);
std::string write_argon2id(const Argon2Form& form);

}  // namespace kidoban::crypto
