#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "base/domain_name.h"
#include "base/limits.h"
#include "base/text.h"
#include "directory/directory.h"
#include "directory/names.h"
#include "directory/profile.h"

namespace kidoban::directory {

namespace {

Failure malformed() {
  return fail(Kind::malformed, "login_malformed", "a login has the form of an e-mail address, for example hanako@example.com");
}

// Width, case and composition folded to one form.
std::optional<icu::UnicodeString> folded(std::string_view text) {
  UErrorCode error = U_ZERO_ERROR;
  const auto* fold = icu::Normalizer2::getNFKCCasefoldInstance(error);
  if (U_FAILURE(error)) return std::nullopt;
  const auto in = icu::UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(text.size())});
  icu::UnicodeString out = fold->normalize(in, error);
  if (U_FAILURE(error)) return std::nullopt;
  return out;
}

bool may_stand_in_local_part(char c) {
  constexpr std::string_view refused = " \"(),:;<>@[\\]";
  return c >= 0x21 && c != 0x7f && refused.find(c) == std::string_view::npos;
}

// RFC 8264 §9.18's IdentifierClass: letters, digits and marks of any script, and printable ASCII; of
// those, no spaces or quotes, which e-mail form would need quoted. Right-to-left letters are refused together
// with left-to-right ones (RFC 5893 §2, in its strictest form).
bool may_stand_in_local_part(const icu::UnicodeString& text) {
  bool left_to_right = false, right_to_left = false;
  for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const UChar32 c = text.char32At(i);
    if (c < 0x80) {
      if (!may_stand_in_local_part(static_cast<char>(c))) return false;
    } else if (!u_isalnum(c) && u_charType(c) != U_NON_SPACING_MARK && u_charType(c) != U_COMBINING_SPACING_MARK &&
               c != 0x30FC) {  // the katakana length mark is a modifier letter
      return false;
    }
    const auto direction = u_charDirection(c);
    left_to_right |= direction == U_LEFT_TO_RIGHT;
    right_to_left |= direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC;
  }
  return !(left_to_right && right_to_left);
}

// RFC 5321 §4.1.2's Dot-string: no dot at an end, nor two together.
bool is_dot_string(const std::string& text) {
  return !text.empty() && text.front() != '.' && text.back() != '.' && text.find("..") == std::string::npos;
}

// Both parts of what is ASCII, folded.
Status split_ascii(std::string_view typed, std::string& local, std::string& domain) {
  const auto at = typed.rfind('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == typed.size()) return malformed();
  local = ascii_lower(typed.substr(0, at));
  for (const char c : local) {
    if (!may_stand_in_local_part(c)) return malformed();
  }
  domain = typed.substr(at + 1);
  return {};
}

// Both parts of any other text, folded.
Status split_folded(std::string_view typed, std::string& local, std::string& domain) {
  auto whole = folded(typed);  // a full-width @ is an @
  if (!whole) return malformed();
  whole->trim();  // a full-width space too, which an input method leaves behind
  const std::int32_t at = whole->lastIndexOf(u'@');
  if (at <= 0 || at + 1 >= whole->length()) return malformed();
  const icu::UnicodeString first(*whole, 0, at);
  if (!may_stand_in_local_part(first)) return malformed();
  first.toUTF8String(local);
  icu::UnicodeString(*whole, at + 1).toUTF8String(domain);
  return {};
}

}  // namespace

Result<std::string> canonical_login(std::string_view typed) {
  typed = trim(typed);
  if (typed.empty() || typed.size() > limits::login_bytes || !is_plain_text(typed)) return malformed();
  std::string out, domain;
  TRY(is_ascii(typed) ? split_ascii(typed, out, domain) : split_folded(typed, out, domain));
  if (!is_dot_string(out) || out.size() > 64) return malformed();  // RFC 5321 §4.5.3.1.1
  const auto ascii = ascii_domain(domain);
  if (!ascii) return malformed();
  out += "@" + *ascii;
  if (out.size() > limits::login_bytes) return malformed();
  return out;
}

Result<std::string> mail_address(std::string_view typed) {
  const auto malformed_address = [] { return fail(Kind::malformed, "email_malformed", "the e-mail address isn't one"); };
  if (!canonical_login(typed)) return malformed_address();
  if (is_ascii(trim(typed))) return std::string(trim(typed));
  UErrorCode error = U_ZERO_ERROR;
  const auto* compose = icu::Normalizer2::getNFKCInstance(error);
  if (U_FAILURE(error)) return malformed_address();
  typed = trim(typed);
  const auto in = icu::UnicodeString::fromUTF8({typed.data(), static_cast<std::int32_t>(typed.size())});
  icu::UnicodeString seen;
  for (std::int32_t i = 0; i < in.length(); i = in.moveIndex32(i, 1)) {
    if (!u_hasBinaryProperty(in.char32At(i), UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) seen.append(in.char32At(i));
  }
  icu::UnicodeString composed = compose->normalize(seen, error);
  if (U_FAILURE(error)) return malformed_address();
  composed.trim();
  composed.findAndReplace(icu::UnicodeString(u'\u3002'), icu::UnicodeString(u'.'));  // UTS #46 §2.3: a dot in a domain
  std::string out;
  composed.toUTF8String(out);
  // Whoever is found by what was typed is found by what is kept.
  const auto again = canonical_login(out);
  if (!again || *again != *canonical_login(typed)) return malformed_address();
  return out;
}

}  // namespace kidoban::directory
