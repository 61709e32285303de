#include "transfer/encoding.h"

#include <unicode/ucnv.h>
#include <unicode/ustring.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/require.h"
#include "base/text.h"

namespace kidoban::transfer {

namespace {

struct Close {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, Close>;

// ICU's table of what Windows does with code page 932: NEC's and IBM's additions, 0x5C is the backslash, 0x8160 is U+FF5E.
Converter open_cp932() {
  UErrorCode error = U_ZERO_ERROR;
  Converter converter(ucnv_open("ibm-943_P15A-2003", &error));
  require(U_SUCCESS(error) != 0, "ICU has CP932");
  ucnv_setFallback(converter.get(), 0);  // no look-alikes
  ucnv_setToUCallBack(converter.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &error);
  ucnv_setFromUCallBack(converter.get(), UCNV_FROM_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &error);
  require(U_SUCCESS(error) != 0, "ICU stops at what can't be converted");
  return converter;
}

std::int64_t line_at(std::string_view bytes, std::size_t offset) {
  return 1 + std::count(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(std::min(offset, bytes.size())), '\n');
}

void append_utf8(std::string& out, const UChar* from, std::size_t count) {
  if (count == 0) return;
  const std::size_t before = out.size();
  out.resize(before + count * 3);
  UErrorCode error = U_ZERO_ERROR;
  std::int32_t length = 0;
  u_strToUTF8(out.data() + before, static_cast<std::int32_t>(count * 3), &length, from, static_cast<std::int32_t>(count), &error);
  require(U_SUCCESS(error) != 0, "what ICU decoded is well-formed");
  out.resize(before + static_cast<std::size_t>(length));
}

Read<std::string> from_cp932(std::string_view bytes) {
  const Converter converter = open_cp932();
  std::string text;
  text.reserve(bytes.size() + bytes.size() / 2);
  std::array<UChar, 8192> buffer;
  const char* from = bytes.data();
  const char* const end = bytes.data() + bytes.size();
  for (;;) {
    UChar* to = buffer.data();
    UErrorCode error = U_ZERO_ERROR;
    ucnv_toUnicode(converter.get(), &to, buffer.data() + buffer.size(), &from, end, nullptr, 1, &error);
    append_utf8(text, buffer.data(), static_cast<std::size_t>(to - buffer.data()));
    if (error == U_BUFFER_OVERFLOW_ERROR) continue;
    if (U_SUCCESS(error) != 0) return text;
    return std::unexpected(Fault{"encoding_malformed", line_at(bytes, static_cast<std::size_t>(from - bytes.data())), 0});
  }
}

// The first byte that isn't well-formed UTF-8.
std::size_t first_malformed(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    std::int32_t next = 0, length = static_cast<std::int32_t>(std::min<std::size_t>(text.size() - at, 4));
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data() + at);
    UChar32 c = 0;
    U8_NEXT(bytes, next, length, c);
    if (c < 0) return at;
    at += static_cast<std::size_t>(next);
  }
  return at;
}

}  // namespace

std::string_view word_of(Encoding encoding) {
  switch (encoding) {
    case Encoding::utf8: return "utf-8";
    case Encoding::utf8_bom: return "utf-8-bom";
    case Encoding::cp932: return "cp932";
  }
  return "";
}

std::optional<Encoding> encoding_named(std::string_view word) {
  const std::string lower = ascii_lower(word);
  if (lower == "utf-8") return Encoding::utf8;
  if (lower == "utf-8-bom") return Encoding::utf8_bom;
  if (lower == "cp932" || lower == "shift_jis" || lower == "windows-31j") return Encoding::cp932;
  return std::nullopt;
}

Read<Decoded> decode(std::string_view bytes, std::optional<Encoding> said) {
  const bool marked = bytes.starts_with(byte_order_mark);
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) {
    // No UTF-8 begins so, and in CP932 neither byte is a character.
    return std::unexpected(Fault{"encoding_unsupported", 1, 0});
  }
  const bool as_utf8 = said ? *said != Encoding::cp932 : marked || is_utf8(bytes);
  if (!as_utf8) return Decoded{.text = TRY(from_cp932(bytes)), .encoding = Encoding::cp932};
  const std::string_view text = marked ? bytes.substr(byte_order_mark.size()) : bytes;
  if (!is_utf8(text)) return std::unexpected(Fault{"encoding_malformed", line_at(text, first_malformed(text)), 0});
  return Decoded{std::string(text), marked ? Encoding::utf8_bom : Encoding::utf8};
}

std::expected<std::string, Unwritable> encode(std::string_view utf8, Encoding encoding) {
  if (encoding != Encoding::cp932) return std::string(utf8);
  const Converter converter = open_cp932();
  std::string out;
  std::size_t at = 0;
  while (at < utf8.size()) {  // one by one, so that what can't be written is known; exports are cells, not books
    std::int32_t next = 0;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(utf8.data() + at);
    UChar32 c = 0;
    U8_NEXT(bytes, next, static_cast<std::int32_t>(std::min<std::size_t>(utf8.size() - at, 4)), c);
    require(c >= 0, "what is encoded is well-formed");
    at += static_cast<std::size_t>(next);
    if ((c >= 0x20 && c < 0x7F) || c == '\r' || c == '\n') {  // ICU's table has some other control characters in IBM's places
      out.push_back(static_cast<char>(c));
      continue;
    }
    std::array<UChar, 2> units{};
    std::int32_t count = 0;
    U16_APPEND_UNSAFE(units.data(), count, c);
    std::array<char, 8> written;
    UErrorCode error = U_ZERO_ERROR;
    ucnv_resetFromUnicode(converter.get());
    const std::int32_t length = ucnv_fromUChars(converter.get(), written.data(), static_cast<std::int32_t>(written.size()), units.data(), count, &error);
    if (U_FAILURE(error) != 0) return std::unexpected(Unwritable{static_cast<char32_t>(c)});
    out.append(written.data(), static_cast<std::size_t>(length));
  }
  return out;
}

}  // namespace kidoban::transfer
