// Which values a profile may have.

#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <chrono>

#include "base/limits.h"
#include "base/text.h"
#include "directory/directory.h"
#include "directory/names.h"
#include "directory/profile.h"

namespace kidoban::directory {

namespace {

Failure refused(Reason reason, std::string_view name) { return fail(Kind::malformed, reason, std::string(name)); }

bool is_name(std::string_view text) { return text.size() <= limits::name_bytes && is_display_text(text); }

// BCP 47's shape: letters, digits and dashes.
bool is_tag(std::string_view text) {
  return text.size() <= 35 && std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) || c == '-'; });
}

// A name of the tz database: Asia/Tokyo, Etc/GMT+9.
bool is_zone(std::string_view text) {
  return text.size() <= 64 && std::ranges::all_of(text, [](unsigned char c) {
           return std::isalnum(c) || c == '/' || c == '_' || c == '-' || c == '+';
         });
}

std::optional<icu::UnicodeString> composed(std::string_view text) {
  UErrorCode error = U_ZERO_ERROR;
  const auto* compose = icu::Normalizer2::getNFKCInstance(error);
  if (U_FAILURE(error)) return std::nullopt;
  auto out = compose->normalize(icu::UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(text.size())}), error);
  if (U_FAILURE(error)) return std::nullopt;
  return out.trim();
}

// How a name is read, in the one script that lists are sorted by: half-width katakana and hiragana become full-width katakana.
Result<std::string> kana(std::string_view typed, std::string_view name) {
  if (!is_name(typed)) return refused("kana_malformed", name);
  const auto text = composed(typed);
  if (!text) return refused("kana_malformed", name);
  icu::UnicodeString out;
  for (std::int32_t i = 0; i < text->length(); ++i) {
    char16_t c = text->charAt(i);
    if ((c >= u'ぁ' && c <= u'ゖ') || c == u'ゝ' || c == u'ゞ') c = static_cast<char16_t>(c + 0x60);
    const bool reads = (c >= u'ァ' && c <= u'ヾ') || c == u' ' || c == u'-' || c == u'\'' || c == u'.';
    if (!reads) return refused("kana_malformed", name);
    out.append(c);
  }
  std::string bytes;
  out.toUTF8String(bytes);
  return bytes;
}

// RFC 3966 §3's visual form of a number, with an extension where there is one; full-width digits are digits.
Result<std::string> phone(std::string_view typed, std::string_view name) {
  if (typed.size() > limits::phone_bytes) return refused("phone_malformed", name);
  std::string out;
  if (is_ascii(typed)) {
    out = trim(typed);
  } else {
    const auto text = composed(typed);
    if (!text) return refused("phone_malformed", name);
    text->toUTF8String(out);
  }
  if (ascii_lower(out).starts_with("tel:")) out.erase(0, 4);
  const auto stands = [](unsigned char c) { return std::isdigit(c) || std::string_view("+-.() ;=extEXT*#").find(static_cast<char>(c)) != std::string_view::npos; };
  const bool has_digit = std::ranges::any_of(out, [](unsigned char c) { return std::isdigit(c); });
  if (!has_digit || !std::ranges::all_of(out, stands)) return refused("phone_malformed", name);
  return out;
}

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const auto year = to_integer(text.substr(0, 4)), month = to_integer(text.substr(5, 2)), day = to_integer(text.substr(8, 2));
  if (!year || !month || !day || *month < 1 || *day < 1) return false;
  return std::chrono::year_month_day(std::chrono::year(static_cast<int>(*year)), std::chrono::month(static_cast<unsigned>(*month)),
                                     std::chrono::day(static_cast<unsigned>(*day))).ok();
}

Status check_contacts(Contacts& all, const Attribute& one) {
  if (all.size() > one.items) return refused("attribute_too_many", one.name);
  int primaries = 0;
  for (Contact& contact : all) {
    if (contact.value.empty() || !is_name(contact.value) || !is_name(contact.type) || !is_name(contact.display)) return refused("attribute_malformed", one.name);
    if (one.name == "other_emails") contact.value = TRY(mail_address(contact.value));
    if (one.name == "phones") contact.value = TRY(phone(contact.value, one.name));
    primaries += contact.primary ? 1 : 0;
  }
  if (primaries > 1) return refused("attribute_malformed", one.name);  // RFC 7643 §2.4
  return {};
}

bool is_custom_text(std::string_view text) { return text.size() <= limits::attribute_bytes && is_plain_text(text); }

Status check_custom(const Profile& profile, std::span<const CustomAttribute> declared) {
  for (const auto& [name, value] : profile.custom) {
    const auto one = std::ranges::find(declared, name, &CustomAttribute::name);
    if (one == declared.end()) continue;  // kept though it is no longer declared: declaring it again brings it back
    const auto* text = std::get_if<std::string>(&value);
    const auto* texts = std::get_if<std::vector<std::string>>(&value);
    const auto chosen = [&](const std::string& choice) { return one->choices.empty() || std::ranges::find(one->choices, choice) != one->choices.end(); };
    const bool fits = text != nullptr    ? is_custom_text(*text) && (one->type == AttributeType::date ? is_date(*text) : chosen(*text))
                      : texts != nullptr ? texts->size() <= limits::attribute_values &&
                                               std::ranges::all_of(*texts, [&](const std::string& t) { return !t.empty() && is_custom_text(t) && chosen(t); })
                                         : true;
    if (!fits) return refused("attribute_malformed", std::string(custom_prefix) + name);
  }
  return {};
}

}  // namespace

Result<Profile> checked(const Profile& typed, std::span<const CustomAttribute> custom) {
  Profile out = typed;
  out.login = TRY(canonical_login(typed.login));
  if (out.display_name.empty()) return refused("name_malformed", "display_name");
  for (const Attribute& one : attributes()) {
    if (const auto* place = std::get_if<Contacts Profile::*>(&one.place)) {
      TRY(check_contacts(out.**place, one));
    } else {
      const std::string& text = out.*std::get<std::string Profile::*>(one.place);
      const bool checked_below = one.name == "login" || one.name == "email" || one.name == "private_email" || one.name == "locale" || one.name == "zoneinfo";
      if (!checked_below && !is_name(text)) return refused("name_malformed", one.name);
    }
  }
  out.email = trim(typed.email).empty() ? out.login : TRY(mail_address(typed.email));
  if (!trim(out.private_email).empty()) out.private_email = TRY(mail_address(out.private_email));
  if (!out.private_phone.empty()) out.private_phone = TRY(phone(out.private_phone, "private_phone"));
  if (!out.family_name_kana.empty()) out.family_name_kana = TRY(kana(out.family_name_kana, "family_name_kana"));
  if (!out.given_name_kana.empty()) out.given_name_kana = TRY(kana(out.given_name_kana, "given_name_kana"));
  if (!out.manager.empty() && !Id::parse(out.manager)) return refused("manager_malformed", "manager");
  if (!is_tag(out.locale)) return fail(Kind::malformed, "locale_malformed", "a locale is a tag such as ja or en");
  if (!is_zone(out.zoneinfo)) return fail(Kind::malformed, "zoneinfo_malformed", "a time zone is a name such as Asia/Tokyo");
  TRY(check_custom(out, custom));
  return out;
}

}  // namespace kidoban::directory
