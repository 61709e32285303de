#pragma once
// Which of crypt(3)'s hashes are taken, for this folder's .cpp files alone.

#include <cstdint>
#include <string_view>

namespace kidoban::crypto {

// A whole hash (not a bare setting) by bcrypt, SHA-crypt, MD5-crypt, yescrypt, gost-yescrypt or
// scrypt, with a cost in bounds. DES and everything else crypt(3) still knows is refused.
bool is_bounded_crypt_setting(std::string_view encoded);

// Roughly how many milliseconds verifying would take; 0 for what isn't bounded.
std::uint32_t crypt_cost_ms(std::string_view encoded);

}  // namespace kidoban::crypto
