#include <string.h>  // explicit_bzero
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "base/limits.h"
#include "base/text.h"
#include "factors/password/password.h"

namespace kidoban::factors::password {

Result<Secret> one_spelling(const Secret& typed) {
  const std::string_view text = typed.reveal_text();
  if (text.size() > limits::password_bytes || !is_plain_text(text)) {
    return fail(Kind::malformed, "password_malformed");
  }
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(error);
  if (U_FAILURE(error)) return fail(Kind::internal, "unicode_failed", u_errorName(error));
  icu::UnicodeString spelled = icu::UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(text.size())});
  for (std::int32_t i = 0; i < spelled.length(); ++i) {
    // RFC 8265 §4.2.2: any non-ASCII space (category Zs, all in the BMP) becomes U+0020.
    if (u_charType(spelled.charAt(i)) == U_SPACE_SEPARATOR) spelled.setCharAt(i, u' ');
  }
  const icu::UnicodeString normal = nfc->normalize(spelled, error);
  if (U_FAILURE(error)) return fail(Kind::internal, "unicode_failed", u_errorName(error));
  std::string out;
  normal.toUTF8String(out);
  Secret answer = Secret::of(out);
  explicit_bzero(out.data(), out.size());
  return answer;
}

}  // namespace kidoban::factors::password
