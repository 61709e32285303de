#include "page/language.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "page/page.h"

namespace kidoban::page {

namespace {

constexpr std::size_t ranges_read = 32;

// RFC 4647 §2.1: 1*8ALPHA *("-" 1*8alphanum) / "*"
bool is_range(std::string_view text) {
  if (text == "*") return true;
  bool first = true;
  for (const std::string_view subtag : split(text, '-')) {
    if (subtag.empty() || subtag.size() > 8) return false;
    for (const char c : subtag) {
      const bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      const bool digit = c >= '0' && c <= '9';
      if (!alpha && (first || !digit)) return false;
    }
    first = false;
  }
  return true;
}

// RFC 9110 §12.4.2: "0" [ "." 0*3DIGIT ] / "1" [ "." 0*3"0" ]
std::optional<std::uint16_t> parse_qvalue(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  unsigned value = text[0] == '1' ? 1000 : 0;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  unsigned place = 100;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (c < '0' || c > '9') return std::nullopt;
    value += static_cast<unsigned>(c - '0') * place;
    place /= 10;
  }
  if (value > 1000) return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

struct Weighted {
  std::string_view name;
  std::uint16_t q;
};

// "name *( OWS ";" OWS parameter )"; nothing for a malformed weight.
std::optional<Weighted> parse_weighted(std::string_view element) {
  const auto parts = split(element, ';');
  Weighted out{trim(parts.front()), 1000};
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::string_view parameter = trim(parts[i]);
    if (parameter.size() < 2 || (parameter[0] != 'q' && parameter[0] != 'Q') || parameter[1] != '=') continue;
    const auto q = parse_qvalue(trim(parameter.substr(2)));
    if (!q) return std::nullopt;
    out.q = *q;
  }
  return out;
}

std::optional<Language> spoken(std::string_view range) {
  const std::string_view primary = split(range, '-').front();
  if (ascii_iequals(primary, "ja")) return Language::ja;
  if (ascii_iequals(primary, "en")) return Language::en;
  return std::nullopt;
}

}  // namespace

std::vector<LanguageRange> parse_accept_language(std::string_view header) {
  std::vector<LanguageRange> out;
  for (const std::string_view element : split(header, ',')) {
    if (out.size() == ranges_read) break;
    const auto one = parse_weighted(element);
    if (!one || one->q == 0 || !is_range(one->name)) continue;
    out.push_back({ascii_lower(one->name), one->q});
  }
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.q > b.q; });
  return out;
}

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<bool> named;
  std::optional<bool> any;
  for (const std::string_view element : split(accept_encoding, ',')) {
    const auto one = parse_weighted(element);
    if (!one) continue;
    if (ascii_iequals(one->name, "gzip") || ascii_iequals(one->name, "x-gzip")) named = one->q > 0;
    if (one->name == "*") any = one->q > 0;
  }
  return named.value_or(any.value_or(false));
}

std::string_view code_of(Language language) { return language == Language::ja ? "ja" : "en"; }

Language choose_language(std::string_view ui_locales, std::string_view accept_language) {
  for (const std::string& tag : words_of(ui_locales)) {
    if (const auto language = spoken(tag)) return *language;
  }
  for (const LanguageRange& range : parse_accept_language(accept_language)) {
    if (const auto language = spoken(range.range)) return *language;
  }
  return Language::en;
}

}  // namespace kidoban::page
