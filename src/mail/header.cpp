#include "mail/header.h"

#include <unicode/uidna.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>

#include "base/limits.h"
#include "base/text.h"

namespace kidoban::mail {

namespace {

constexpr std::size_t line_columns = 76;        // RFC 2047 §2
constexpr std::string_view word_begin = "=?UTF-8?B?", word_end = "?=";

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }
bool is_printable_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

// Encoded words of whole characters (RFC 2047 §5), folded so that no line is too long. `column` is where the first stands.
std::string encoded_words(std::string_view text, std::size_t column) {
  std::string out;
  while (!text.empty()) {
    const std::size_t room = line_columns - column - word_begin.size() - word_end.size();
    std::size_t length = std::min(text.size(), room / 4 * 3);
    while (length > 0 && length < text.size() && is_continuation(text[length])) --length;
    out += word_begin;
    out += base64(as_bytes(text.substr(0, length)));
    out += word_end;
    text.remove_prefix(length);
    if (!text.empty()) out += "\r\n ";
    column = 1;
  }
  return out;
}

// RFC 5322 §3.2.4, of printable ASCII.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// RFC 5322 §3.2.3's atext, and what isn't ASCII.
bool is_local_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
}

bool is_local_part(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text.front() != '.' && text.back() != '.' && text.find("..") == std::string_view::npos &&
         // What looks like an encoded word is decoded by readers that shouldn't (RFC 2047 §5), into another address.
         text.find("=?") == std::string_view::npos && std::ranges::all_of(text, is_local_character) && is_display_text(text);
}

std::optional<std::string> a_labels(std::string_view domain) {
  UErrorCode error = U_ZERO_ERROR;
  using Idna = std::unique_ptr<UIDNA, decltype(&uidna_close)>;
  static const Idna idna(uidna_openUTS46(UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI | UIDNA_NONTRANSITIONAL_TO_ASCII, &error), &uidna_close);
  if (!idna) return std::nullopt;
  error = U_ZERO_ERROR;
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  std::array<char, 256> out;
  const auto length = uidna_nameToASCII_UTF8(idna.get(), domain.data(), static_cast<std::int32_t>(domain.size()), out.data(),
                                             static_cast<std::int32_t>(out.size()), &info, &error);
  if (U_FAILURE(error) || info.errors != 0 || length <= 0 || length > 253) return std::nullopt;
  std::string ascii(out.data(), static_cast<std::size_t>(length));
  if (ascii.front() == '.' || ascii.back() == '.') return std::nullopt;
  return ascii;
}

}  // namespace

std::string one_line(std::string_view text) {
  const bool well_formed = is_utf8(text);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f) {
      out += ' ';
    } else if (byte >= 0x80 && !well_formed) {
      out += '?';
    } else if (byte == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0) {  // C1
      out += ' ';
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string unstructured_header(std::string_view name, std::string_view value) {
  const std::string text = one_line(value);
  std::string out = std::string(name) + ": ";
  const bool as_it_is = is_printable_ascii(text) && out.size() + text.size() <= line_columns && text.find("=?") == std::string::npos &&
                        trim(text) == text;
  return out + (as_it_is ? text : encoded_words(text, out.size())) + "\r\n";
}

std::string address_header(std::string_view name, std::string_view display_name, std::string_view address) {
  const std::string shown(trim(one_line(display_name)));
  std::string out = std::string(name) + ": ";
  if (!shown.empty()) {
    const bool as_it_is = is_printable_ascii(shown) && out.size() + shown.size() <= line_columns / 2 && shown.find("=?") == std::string::npos;
    out += as_it_is ? quoted(shown) : encoded_words(shown, out.size());
    out += "\r\n ";
  }
  return out + "<" + std::string(address) + ">\r\n";
}

std::optional<std::string> sendable_address(std::string_view typed) {
  if (typed.size() > limits::login_bytes || !is_utf8(typed)) return std::nullopt;
  const std::size_t at = typed.rfind('@');
  if (at == std::string_view::npos || !is_local_part(typed.substr(0, at))) return std::nullopt;
  const auto domain = a_labels(typed.substr(at + 1));
  if (!domain) return std::nullopt;
  std::string out = std::string(typed.substr(0, at + 1)) + *domain;
  return out.size() <= limits::login_bytes ? std::optional(std::move(out)) : std::nullopt;
}

std::string mail_date(std::int64_t seconds_since_epoch) {
  using namespace std::chrono;
  const sys_seconds at{seconds(seconds_since_epoch)};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss time(at - day);
  constexpr std::array days_of_week{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::array<char, 48> out;
  const int length = std::snprintf(out.data(), out.size(), "%s, %02u %s %04d %02d:%02d:%02d +0000", days_of_week[weekday(day).c_encoding()],
                                   static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                                   static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  return {out.data(), static_cast<std::size_t>(length)};
}

}  // namespace kidoban::mail
