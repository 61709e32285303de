#pragma once
// Authenticated encryption with associated data.
//
// XAES-256-GCM (C2SP): AES-256-GCM under a key derived from the first half of a 192-bit nonce, so
// that nonces may be drawn at random for as many messages as a tenant will ever have (plain
// AES-GCM with random 96-bit nonces ends at 2^32 messages a key: NIST SP 800-38D §8.3).

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace kidoban::crypto {

inline constexpr std::size_t aead_key_bytes = 32;
inline constexpr std::size_t aead_overhead_bytes = 24 + 16;  // nonce + tag

// nonce ‖ ciphertext ‖ tag. `key` is 32 bytes (anything else is a failed requirement).
std::string aead_seal(std::span<const std::uint8_t> key, std::span<const std::uint8_t> plain,
                      std::string_view associated, Random& random);
// malformed/"sealed_value_damaged" when the key, the associated data or a byte differs.
Result<Secret> aead_open(std::span<const std::uint8_t> key, std::string_view sealed,
                         std::string_view associated);

// For test vectors: the caller gives the nonce (24 bytes).
std::string aead_seal_with_nonce(std::span<const std::uint8_t> key, std::span<const std::uint8_t> nonce,
                                 std::span<const std::uint8_t> plain, std::string_view associated);

}  // namespace kidoban::crypto
