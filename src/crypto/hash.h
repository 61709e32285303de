#pragma once
// SHA-256, HMAC and HKDF. Pure functions, any thread; they fail only if OpenSSL does, which is fatal.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/secret.h"

namespace kidoban::crypto {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(std::span<const std::uint8_t> data);
Digest sha256(std::string_view data);
Digest hmac_sha256(std::span<const std::uint8_t> key, std::span<const std::uint8_t> data);
// RFC 5869 with SHA-256, no salt: `length` bytes (at most 255 * 32) for the purpose named in `info`.
Secret hkdf_sha256(std::span<const std::uint8_t> key, std::string_view info, std::size_t length);

}  // namespace kidoban::crypto
