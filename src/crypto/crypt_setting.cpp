#include "crypto/crypt_setting.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "crypto/password_form.h"

namespace kidoban::crypto {
namespace {

constexpr std::string_view crypt64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

bool all_crypt64(std::string_view text) { return text.find_first_not_of(crypt64) == std::string_view::npos; }

// crypt(3) accepts any printable salt but these; colon and newline would break passwd(5).
bool is_salt(std::string_view text, std::size_t longest) {
  return text.size() <= longest &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != ':' && c != '*' && c != '!' && c != '\\'; });
}

// $2b$12$ and 22 + 31 characters. 2x is left out: it names a mistake in signs.
std::uint32_t bcrypt_ms(std::string_view encoded) {
  if (encoded.size() != 60 || std::string_view("aby").find(encoded[2]) == std::string_view::npos || encoded[6] != '$') return 0;
  const auto tens = encoded[4] - '0';
  const auto ones = encoded[5] - '0';
  if (tens < 0 || tens > 9 || ones < 0 || ones > 9) return 0;
  const int cost = tens * 10 + ones;
  if (cost < 4 || cost > bcrypt_most_cost || !all_crypt64(encoded.substr(7))) return 0;
  return 1U << (cost - 4);
}

// $6$rounds=5000$salt$hash, rounds optional.
std::uint32_t sha_crypt_ms(std::string_view encoded, std::size_t hash_size) {
  auto parts = split(encoded.substr(3), '$');
  std::int64_t rounds = 5000;
  if (parts.size() == 3) {
    constexpr std::string_view name = "rounds=";
    if (!parts[0].starts_with(name)) return 0;
    const auto given = to_integer(parts[0].substr(name.size()));
    if (!given || *given < 1000 || *given > sha_crypt_most_rounds) return 0;
    rounds = *given;
    parts.erase(parts.begin());
  }
  if (parts.size() != 2 || !is_salt(parts[0], 16) || parts[1].size() != hash_size || !all_crypt64(parts[1])) return 0;
  return static_cast<std::uint32_t>(rounds / 500) + 1;
}

std::uint32_t md5_crypt_ms(std::string_view encoded) {
  const auto parts = split(encoded.substr(3), '$');
  return parts.size() == 2 && is_salt(parts[0], 8) && parts[1].size() == 22 && all_crypt64(parts[1]) ? 1 : 0;
}

// One milliseconds a MiB, roughly, for yescrypt and scrypt alike.
std::uint32_t memory_ms(std::uint64_t log2_n, std::uint64_t r, std::uint64_t p) {
  if (log2_n < 1 || log2_n > 20 || r < 1 || r > 64 || p < 1 || p > 16) return 0;
  const std::uint64_t memory = (std::uint64_t{128} << log2_n) * r;
  if (memory > scrypt_most_memory || memory * p > scrypt_most_work) return 0;
  return static_cast<std::uint32_t>((memory * p) >> 18) + 1;
}

// $y$j9T$salt$hash, as crypt_gensalt(3) writes it: flavor j, log2 N − 1 and r − 1 in a digit each.
std::uint32_t yescrypt_ms(std::string_view after_prefix) {
  const auto parts = split(after_prefix, '$');
  if (parts.size() != 3 || parts[0].size() != 3 || parts[0][0] != 'j') return 0;
  const auto n = crypt64.find(parts[0][1]);
  const auto r = crypt64.find(parts[0][2]);
  if (n > 47 || r > 47) return 0;  // digits past these begin a longer number, and npos is none
  if (parts[1].size() > 86 || !all_crypt64(parts[1]) || parts[2].size() != 43 || !all_crypt64(parts[2])) return 0;
  return memory_ms(n + 1, r + 1, 1);
}

// Thirty bits in five digits, the lowest first.
std::optional<std::uint64_t> five_digits(std::string_view text) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    const auto digit = crypt64.find(text[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    value |= std::uint64_t{digit} << (6 * i);
  }
  return value;
}

// $7$ then log2 N in a digit, r and p in five each, the salt, $, the hash.
std::uint32_t scrypt_ms(std::string_view encoded) {
  const auto parts = split(encoded.substr(3), '$');
  if (parts.size() != 2 || parts[0].size() < 11 || parts[0].size() > 11 + 86) return 0;
  const auto n = crypt64.find(parts[0][0]);
  const auto r = five_digits(parts[0].substr(1, 5));
  const auto p = five_digits(parts[0].substr(6, 5));
  if (n == std::string_view::npos || !r || !p) return 0;
  if (!all_crypt64(parts[0]) || parts[1].size() != 43 || !all_crypt64(parts[1])) return 0;
  return memory_ms(n, *r, *p);
}

}  // namespace

std::uint32_t crypt_cost_ms(std::string_view encoded) {
  if (encoded.size() < 8 || encoded[0] != '$') return 0;
  if (encoded.starts_with("$2")) return encoded[3] == '$' ? bcrypt_ms(encoded) : 0;
  if (encoded.starts_with("$5$")) return sha_crypt_ms(encoded, 43);
  if (encoded.starts_with("$6$")) return sha_crypt_ms(encoded, 86);
  if (encoded.starts_with("$1$")) return md5_crypt_ms(encoded);
  if (encoded.starts_with("$7$")) return scrypt_ms(encoded);
  if (encoded.starts_with("$y$")) return yescrypt_ms(encoded.substr(3));
  if (encoded.starts_with("$gy$")) return yescrypt_ms(encoded.substr(4));
  return 0;
}

bool is_bounded_crypt_setting(std::string_view encoded) { return crypt_cost_ms(encoded) > 0; }

}  // namespace kidoban::crypto
