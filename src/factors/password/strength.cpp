#include "factors/password/strength.h"

#include <string.h>  // explicit_bzero
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <zxcvbn.h>

#include <algorithm>
#include <array>

namespace kidoban::factors::password {

namespace {

constexpr std::size_t estimated_bytes = 64;
constexpr std::string_view service_name = "kidoban";

icu::UnicodeString read(std::string_view utf8) {
  return icu::UnicodeString::fromUTF8({utf8.data(), static_cast<std::int32_t>(utf8.size())});
}

icu::UnicodeString normal(std::string_view utf8, const icu::Normalizer2* form, UErrorCode& error) {
  const auto text = read(utf8);
  if (U_FAILURE(error)) return text;
  const auto made = form->normalize(text, error);
  return U_FAILURE(error) ? text : made;
}
// Compatibility forms (NFKC): full-width Latin is Latin, half-width kana are kana.
icu::UnicodeString plain(std::string_view utf8) {
  UErrorCode error = U_ZERO_ERROR;
  return normal(utf8, icu::Normalizer2::getNFKCInstance(error), error);
}
// The same without case.
icu::UnicodeString folded(std::string_view utf8) {
  UErrorCode error = U_ZERO_ERROR;
  return normal(utf8, icu::Normalizer2::getNFKCCasefoldInstance(error), error);
}

// A copy of a password that is wiped when it goes.
struct Copy {
  std::string text;
  explicit Copy(const icu::UnicodeString& from) { from.toUTF8String(text); }
  explicit Copy(std::string_view from) : text(from) {}
  ~Copy() { explicit_bzero(text.data(), text.size()); }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;
};

// Words somebody would look for: runs of letters and digits, long enough not to be met by chance. Two characters
// are a name where each is a word (山田), four letters where they aren't.
std::vector<icu::UnicodeString> parts_of(const std::vector<std::string>& own_words) {
  std::vector<icu::UnicodeString> parts;
  const auto keep = [&](const icu::UnicodeString& part) {
    bool ideographs = !part.isEmpty();
    for (std::int32_t i = 0; i < part.length(); i = part.moveIndex32(i, 1)) ideographs = ideographs && part.char32At(i) >= 0x3040;
    if (part.countChar32() >= (ideographs ? 2 : 4)) parts.push_back(part);
  };
  for (const std::string& words : own_words) {
    const auto text = folded(words);
    icu::UnicodeString part;
    for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
      const UChar32 c = text.char32At(i);
      if (u_isalnum(c) != 0) {
        part.append(c);
        continue;
      }
      keep(part);
      part.remove();
    }
    keep(part);
  }
  return parts;
}

double bits_of(std::string_view text, const std::vector<const char*>& words) {
  const Copy piece(text);
  auto* dictionary = const_cast<const char**>(words.data());  // zxcvbn reads it; its C signature has no const
  return ZxcvbnMatch(piece.text.c_str(), dictionary, nullptr);
}

// One unit over and over: in scripts zxcvbn doesn't know it takes each character for a fresh one.
bool repeats(const icu::UnicodeString& text) {
  for (std::int32_t unit = 1; unit <= text.length() / 2; ++unit) {
    bool same = true;
    for (std::int32_t i = unit; i < text.length() && same; ++i) same = text.charAt(i) == text.charAt(i - unit);
    if (same) return true;
  }
  return false;
}

std::int64_t kinds_in(const icu::UnicodeString& text) {
  std::array<bool, 4> seen{};
  for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const UChar32 c = text.char32At(i);
    seen[u_islower(c) != 0 ? 0U : u_isupper(c) != 0 ? 1U : u_isdigit(c) != 0 ? 2U : 3U] = true;
  }
  return std::count(seen.begin(), seen.end(), true);
}

}  // namespace

int strength_of(std::string_view spelled, const std::vector<std::string>& own_words) {
  const auto text = plain(spelled);
  if (repeats(folded(spelled))) return 0;
  std::vector<std::string> words{std::string(service_name)};
  for (const auto& part : parts_of(own_words)) part.toUTF8String(words.emplace_back());
  std::vector<const char*> dictionary;
  for (const std::string& word : words) dictionary.push_back(word.c_str());
  dictionary.push_back(nullptr);
  const Copy whole(text);
  const std::string_view all = whole.text;
  double bits = bits_of(all.substr(0, estimated_bytes), dictionary);
  if (all.size() > estimated_bytes) bits = std::max(bits, bits_of(all.substr(all.size() - estimated_bytes), dictionary));
  constexpr double bits_a_digit = 3.3219280948873623;  // log2(10)
  int score = 0;
  for (const double digits : {3.0, 6.0, 8.0, 10.0}) score += bits >= digits * bits_a_digit ? 1 : 0;
  return score;
}

std::vector<Fault> faults_of(std::string_view spelled, const Policy& policy, const std::vector<std::string>& own_words) {
  std::vector<Fault> faults;
  const auto text = read(spelled);
  const std::int64_t length = text.countChar32();
  if (length < policy.min_length) faults.push_back({"password_too_short", std::to_string(policy.min_length)});
  if (length > policy.max_length) faults.push_back({"password_too_long", std::to_string(policy.max_length)});
  if (kinds_in(text) < policy.character_kinds) faults.push_back({"password_few_kinds", std::to_string(policy.character_kinds)});
  if (policy.refuse_own_words) {
    const auto password = folded(spelled);
    const auto parts = parts_of(own_words);
    if (std::ranges::any_of(parts, [&](const icu::UnicodeString& part) { return password.indexOf(part) >= 0; })) {
      faults.push_back({"password_own_words", ""});
    }
  }
  if (policy.min_strength > 0 && strength_of(spelled, own_words) < policy.min_strength) faults.push_back({"password_too_common", ""});
  return faults;
}

}  // namespace kidoban::factors::password
