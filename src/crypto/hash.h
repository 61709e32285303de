#pragma once
// SHA-256, HMAC and HKDF; SHA-1 and MD4 for what others made with them. Pure functions, any thread; they fail only if OpenSSL does, which is fatal.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/secret.h"

namespace kidoban::crypto {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(std::span<const std::uint8_t> data);
Digest sha256(std::string_view data);
Digest hmac_sha256(std::span<const std::uint8_t> key, std::span<const std::uint8_t> data);
// For looking up in lists that are made of it (breached passwords); good for nothing else (RFC 9155).
std::array<std::uint8_t, 20> sha1(std::span<const std::uint8_t> data);
// MD4, as Windows hashes a password (MS-NLMP §3.3.1: over UTF-16LE); for the same use alone. Nothing where this machine's OpenSSL
// has no "legacy" provider.
std::optional<std::array<std::uint8_t, 16>> md4(std::span<const std::uint8_t> data);
// RFC 5869 with SHA-256, no salt: `length` bytes (at most 255 * 32) for the purpose named in `info`.
Secret hkdf_sha256(std::span<const std::uint8_t> key, std::string_view info, std::size_t length);

}  // namespace kidoban::crypto
