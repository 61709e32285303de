#include "base/domain_name.h"

#include <unicode/uidna.h>

#include <array>
#include <memory>

namespace kidoban {

namespace {

// nullptr where ICU has no data: then no name is one.
const UIDNA* idna() {
  using Idna = std::unique_ptr<UIDNA, decltype(&uidna_close)>;
  static const Idna opened = [] {
    UErrorCode error = U_ZERO_ERROR;
    return Idna(uidna_openUTS46(UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII |
                                    UIDNA_NONTRANSITIONAL_TO_UNICODE,
                                &error),
                &uidna_close);
  }();
  return opened.get();
}

using Convert = decltype(&uidna_nameToASCII_UTF8);

std::optional<std::string> converted(Convert convert, std::string_view name) {
  if (idna() == nullptr || name.size() > 1024) return std::nullopt;
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  UErrorCode error = U_ZERO_ERROR;
  std::array<char, 1024> out;
  const std::int32_t length = convert(idna(), name.data(), static_cast<std::int32_t>(name.size()), out.data(),
                                      static_cast<std::int32_t>(out.size()), &info, &error);
  if (U_FAILURE(error) || info.errors != 0 || length <= 0) return std::nullopt;
  return std::string(out.data(), static_cast<std::size_t>(length));
}

// Letters, digits and hyphens, none of these at an end of a label or where IDNA gives it a meaning: mapped it is itself in lower
// case (UTS #46 §4), and ICU, which takes microseconds, needn't be asked. Nothing for any other.
std::optional<std::string> plain_domain(std::string_view typed) {
  if (typed.size() > 253 || typed.find('.') == std::string_view::npos) return std::nullopt;
  std::string out;
  out.reserve(typed.size());
  std::size_t in_label = 0;
  const auto ends = [&] { return in_label > 0 && in_label <= 63 && out.back() != '-'; };
  for (char c : typed) {
    if (c == '.') {
      if (!ends()) return std::nullopt;
      out += c;
      in_label = 0;
      continue;
    }
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool stands = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && in_label != 0 && in_label != 2 && in_label != 3);
    if (!stands) return std::nullopt;
    out += c;
    ++in_label;
  }
  if (!ends()) return std::nullopt;
  return out;
}

}  // namespace

std::optional<std::string> ascii_domain(std::string_view typed) {
  if (auto plain = plain_domain(typed)) return plain;
  auto ascii = converted(&uidna_nameToASCII_UTF8, typed);
  if (!ascii || ascii->size() > 253) return std::nullopt;
  const bool has_labels = ascii->find('.') != std::string::npos && ascii->back() != '.' && ascii->front() != '.';
  return has_labels ? ascii : std::nullopt;
}

std::string readable_domain(std::string_view ascii) {
  return converted(&uidna_nameToUnicodeUTF8, ascii).value_or(std::string(ascii));
}

}  // namespace kidoban
