#pragma once
// Password hashes: Argon2id for ours (RFC 9106), and those other systems bring along, verified only.
//
// Encoded forms:
//   $argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>        ours (PHC string)
//   $argon2i$…                                          imported
//   $2a$ $2b$ $2y$ (bcrypt), $5$ $6$ (SHA-crypt), $1$ (MD5-crypt), $y$ $gy$ (yescrypt), $7$ (scrypt):  crypt(3)
//   $pbkdf2-sha256$<rounds>$<salt>$<hash>, $pbkdf2-sha512$…, $pbkdf2$… (SHA-1)   passlib (adapted base64, '.' for '+')
//   pbkdf2_sha256$<rounds>$<salt>$<base64>              Django
//   $scrypt$ln=<log2 N>,r=<r>,p=<p>$<salt>$<hash>       passlib / PHC
//   {SSHA}<base64>, {SSHA256}, {SSHA512}, {SHA}, {CRYPT}<crypt(3)>   LDAP (RFC 2307)
//
// Slow by design (Argon2id some 25 ms): call on the password_hash lane. Any thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace kidoban::crypto {

struct Argon2Cost {
  std::uint32_t memory_kib = 19 * 1024;  // OWASP Password Storage: m=19 MiB, t=2, p=1
  std::uint32_t passes = 2;
  std::uint32_t lanes = 1;
  friend bool operator==(const Argon2Cost&, const Argon2Cost&) = default;
};

Result<std::string> hash_password(const Secret& password, const Argon2Cost& cost, Random& random);

enum class PasswordMatch : std::uint8_t { no, yes, yes_but_outdated };
// yes_but_outdated: right, but not Argon2id at `wanted` cost; hash it anew while we have it.
// malformed/"hash_unsupported" for a form we don't know or whose cost is past sane bounds (a hash
// from outside must not be able to hold a lane for minutes).
Result<PasswordMatch> verify_password(const Secret& password, std::string_view encoded,
                                      const Argon2Cost& wanted);

// The memory that hashes were made in is kept for the next ones. Called now and then, this gives back what was not used
// since it was called last.
void trim_password_memory();

// Whether `encoded` is of a form verify_password knows; for imports, before anything is stored.
bool is_known_hash(std::string_view encoded);

}  // namespace kidoban::crypto
