#pragma once
// The encodings of files: UTF-8 with or without a byte order mark, and Shift-JIS as Windows writes it (CP932, IANA
// "Windows-31J"). Both ways are strict: what one of them can't say is reported and never becomes another character.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "transfer/fault.h"

namespace kidoban::transfer {

enum class Encoding : std::uint8_t { utf8, utf8_bom, cp932 };
std::string_view word_of(Encoding encoding);  // "utf-8", "utf-8-bom", "cp932"
// Also "shift_jis", "windows-31j", in any case; nothing for anything else.
std::optional<Encoding> encoding_named(std::string_view word);

struct Decoded {
  std::string text;  // UTF-8 without a byte order mark
  Encoding encoding = Encoding::utf8;
};
// Without `said`, what the bytes are: with a byte order mark or well-formed as UTF-8, they are that (a text of CP932 that
// isn't plain ASCII practically never is); else CP932. "encoding_unsupported" (UTF-16), "encoding_malformed" with the line.
Read<Decoded> decode(std::string_view bytes, std::optional<Encoding> said);

// A character that the encoding doesn't have.
struct Unwritable {
  char32_t character = 0;
};
// Without a byte order mark. `utf8` must be well-formed.
std::expected<std::string, Unwritable> encode(std::string_view utf8, Encoding encoding);
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

}  // namespace kidoban::transfer
