#include "base/text.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>

namespace kidoban {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view url_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view plain_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> inverse(std::string_view alphabet) {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return table;
}
constexpr auto url_inverse = inverse(url_alphabet);
constexpr auto plain_inverse = inverse(plain_alphabet);
constexpr auto hex_inverse = inverse(hex_digits);

std::string encode64(std::span<const std::uint8_t> in, std::string_view alphabet) {
  const std::size_t whole = in.size() / 3, rest = in.size() % 3;
  std::string out(whole * 4 + (rest == 0 ? 0 : rest + 1), '\0');
  char* to = out.data();
  const std::uint8_t* from = in.data();
  for (std::size_t i = 0; i < whole; ++i, from += 3) {
    const std::uint32_t n = (std::uint32_t{from[0]} << 16) | (std::uint32_t{from[1]} << 8) | from[2];
    *to++ = alphabet[n >> 18];
    *to++ = alphabet[(n >> 12) & 63];
    *to++ = alphabet[(n >> 6) & 63];
    *to++ = alphabet[n & 63];
  }
  if (rest == 0) return out;
  const std::uint32_t n = (std::uint32_t{from[0]} << 16) | (rest == 2 ? std::uint32_t{from[1]} << 8 : 0);
  *to++ = alphabet[n >> 18];
  *to++ = alphabet[(n >> 12) & 63];
  if (rest == 2) *to = alphabet[(n >> 6) & 63];
  return out;
}

std::optional<std::vector<std::uint8_t>> decode64(std::string_view in,
                                                  const std::array<std::int8_t, 256>& table) {
  if (in.size() % 4 == 1) return std::nullopt;
  std::vector<std::uint8_t> out;
  out.reserve(in.size() * 3 / 4);
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : in) {
    const int v = table[static_cast<unsigned char>(c)];
    if (v < 0) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(v);
    have += 6;
    if (have >= 8) {
      have -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> have));
      bits &= (1U << have) - 1;
    }
  }
  if (bits != 0) return std::nullopt;  // trailing bits: a second spelling of the same bytes
  return out;
}

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// The code point at `i`, which moves past it; -1 where it isn't well-formed.
std::int32_t next_code_point(std::string_view text, std::size_t& i) {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
  const unsigned char first = byte(i);
  if (first < 0x80) {
    ++i;
    return first;
  }
  const int length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
  if (length == 0 || first > 0xF4 || i + static_cast<std::size_t>(length) > text.size()) return -1;
  std::int32_t cp = first & (0xFF >> (length + 1));
  for (int k = 1; k < length; ++k) {
    const unsigned char c = byte(i + static_cast<std::size_t>(k));
    if ((c & 0xC0) != 0x80) return -1;
    cp = (cp << 6) | (c & 0x3F);
  }
  const bool overlong = (length == 3 && cp < 0x800) || (length == 4 && cp < 0x10000);
  if (overlong || (cp >= 0xD800 && cp <= 0xDFFF) || cp > 0x10FFFF) return -1;
  i += static_cast<std::size_t>(length);
  return cp;
}

}  // namespace

std::string hex(std::span<const std::uint8_t> bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t b : bytes) {
    out += hex_digits[b >> 4];
    out += hex_digits[b & 15];
  }
  return out;
}

std::optional<std::vector<std::uint8_t>> unhex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::vector<std::uint8_t> out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_inverse[static_cast<unsigned char>(text[i])];
    const int low = hex_inverse[static_cast<unsigned char>(text[i + 1])];
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return out;
}

std::string base64url(std::span<const std::uint8_t> bytes) { return encode64(bytes, url_alphabet); }
std::optional<std::vector<std::uint8_t>> unbase64url(std::string_view text) {
  return decode64(text, url_inverse);
}

std::string base64(std::span<const std::uint8_t> bytes) {
  std::string out = encode64(bytes, plain_alphabet);
  while (out.size() % 4 != 0) out += '=';
  return out;
}

std::optional<std::vector<std::uint8_t>> unbase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
  return decode64(text, plain_inverse);
}

std::string percent_encode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      const auto b = static_cast<unsigned char>(c);
      out += '%';
      out += "0123456789ABCDEF"[b >> 4];
      out += "0123456789ABCDEF"[b & 15];
    }
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '+' && plus == Plus::is_space) {
      out += ' ';
    } else if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const std::string pair = ascii_lower(text.substr(i + 1, 2));
      const auto byte = unhex(pair);
      if (!byte || byte->front() == 0) return std::nullopt;
      out += static_cast<char>(byte->front());
      i += 2;
    } else {
      out += c;
    }
  }
  return out;
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    if (next_code_point(text, i) < 0) return false;
  }
  return true;
}

bool is_plain_text(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::int32_t cp = next_code_point(text, i);
    if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0)) return false;
  }
  return true;
}

bool is_display_text(std::string_view text) {
  if (!is_plain_text(text)) return false;
  for (std::size_t i = 0; i < text.size();) {
    const std::int32_t cp = next_code_point(text, i);
    const bool turns = (cp >= 0x202A && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069);
    if (turns || cp == 0x2028 || cp == 0x2029) return false;
  }
  return true;
}

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool ascii_iequals(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (const std::string_view part : split(text, ' ')) {
    if (!part.empty()) words.emplace_back(part);
  }
  return words;
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  std::string out;
  for (const std::string& part : parts) {
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}

std::optional<std::int64_t> to_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> from_rfc3339(std::string_view text) {
  const auto number = [&](std::size_t at, std::size_t length) -> std::optional<std::int64_t> {
    if (at + length > text.size()) return std::nullopt;
    std::int64_t value = 0;
    for (const char c : text.substr(at, length)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    return value;
  };
  const auto is = [&](std::size_t at, char c) { return at < text.size() && text[at] == c; };
  const auto year = number(0, 4), month = number(5, 2), day = number(8, 2), hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
  const bool shape = is(4, '-') && is(7, '-') && (is(10, 'T') || is(10, 't')) && is(13, ':') && is(16, ':');
  if (!shape || !year || !month || !day || !hour || !minute || !second) return std::nullopt;
  using namespace std::chrono;
  const year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(static_cast<unsigned>(*month)), std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  std::size_t at = 19;
  std::int64_t us = 0;
  if (is(at, '.')) {
    std::size_t digits = 0;
    for (++at; number(at, 1); ++at) {
      if (++digits <= 6) us = us * 10 + *number(at, 1);
    }
    if (digits == 0 || digits > 9) return std::nullopt;
    for (; digits < 6; ++digits) us *= 10;
  }
  std::int64_t offset = 0;
  if (is(at, '+') || is(at, '-')) {
    const auto hours = number(at + 1, 2), minutes = number(at + 4, 2);
    if (!hours || !minutes || !is(at + 3, ':') || *hours > 23 || *minutes > 59 || text.size() != at + 6) return std::nullopt;
    offset = (text[at] == '-' ? -1 : 1) * (*hours * 60 + *minutes);
  } else if (!(is(at, 'Z') || is(at, 'z')) || text.size() != at + 1) {
    return std::nullopt;
  }
  const auto days = sys_days(date).time_since_epoch().count();
  return ((static_cast<std::int64_t>(days) * 24 + *hour) * 60 + *minute - offset) * 60'000'000 + *second * 1'000'000 + us;
}

std::string rfc3339(std::int64_t us_since_epoch) {
  using namespace std::chrono;
  const sys_time<microseconds> t{microseconds(us_since_epoch)};
  const auto day = floor<days>(t);
  const year_month_day date(day);
  const hh_mm_ss clock(t - day);
  std::string text;
  text.reserve(32);
  // By hand: lists have three of them a person, and formatting was a twentieth of a list.
  const auto put = [&](std::int64_t number, std::int64_t highest) {
    for (; highest > 0; highest /= 10) text += static_cast<char>('0' + number / highest % 10);
  };
  const int year = static_cast<int>(date.year());
  if (year < 0) text += '-';
  put(std::abs(year), 1000);
  text += '-';
  put(static_cast<unsigned>(date.month()), 10);
  text += '-';
  put(static_cast<unsigned>(date.day()), 10);
  text += 'T';
  put(clock.hours().count(), 10);
  text += ':';
  put(clock.minutes().count(), 10);
  text += ':';
  put(clock.seconds().count(), 10);
  if (const auto fraction = clock.subseconds().count(); fraction != 0) {
    text += '.';
    put(fraction, 100'000);
  }
  text += 'Z';
  return text;
}

}  // namespace kidoban
