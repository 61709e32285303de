#pragma once
// Text and its encodings: strict both ways. A decoder that accepts two spellings of one value lets
// an attacker have two names for one thing, so each of these accepts exactly one.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kidoban {

inline std::span<const std::uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string hex(std::span<const std::uint8_t> bytes);  // lower case
std::optional<std::vector<std::uint8_t>> unhex(std::string_view text);

// RFC 4648 §5 without padding; refuses padding, foreign characters and non-zero trailing bits.
std::string base64url(std::span<const std::uint8_t> bytes);
inline std::string base64url(std::string_view text) { return base64url(as_bytes(text)); }
std::optional<std::vector<std::uint8_t>> unbase64url(std::string_view text);
// RFC 4648 §4 with padding.
std::string base64(std::span<const std::uint8_t> bytes);
std::optional<std::vector<std::uint8_t>> unbase64(std::string_view text);

// RFC 3986 §2.1: everything but unreserved characters is %XX.
std::string percent_encode(std::string_view text);
// Refuses a broken %-sequence and %00; plus_is_space for application/x-www-form-urlencoded.
enum class Plus { is_plus, is_space };
std::optional<std::string> percent_decode(std::string_view text, Plus plus);

// Well-formed UTF-8 (no overlong forms, surrogates, or code points past U+10FFFF).
bool is_utf8(std::string_view text);
// Well-formed UTF-8 with no control characters (C0, DEL, C1).
bool is_plain_text(std::string_view text);
// Plain text that reads as it is written: nothing in it turns the direction of what stands beside it (UTR #36
// §2.5), nor begins a line. For names that people are shown.
bool is_display_text(std::string_view text);

std::string ascii_lower(std::string_view text);
bool ascii_iequals(std::string_view a, std::string_view b);
std::string_view trim(std::string_view text);  // spaces and tabs
// Parts between separators; "" gives one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);
// Space-separated words as OAuth lists them (RFC 6749 §3.3); no empty parts.
std::vector<std::string> words_of(std::string_view text);
std::string join(std::span<const std::string> parts, std::string_view separator);

// A whole decimal number, nothing around it, in range of int64.
std::optional<std::int64_t> to_integer(std::string_view text);

// "2026-11-23T09:00:00Z" with fraction when there is one (RFC 3339).
std::string rfc3339(std::int64_t us_since_epoch);
// Its microseconds since 1970: a date, "T", a time with up to six decimals, "Z" or an offset (RFC 3339 §5.6).
std::optional<std::int64_t> from_rfc3339(std::string_view text);

}  // namespace kidoban
