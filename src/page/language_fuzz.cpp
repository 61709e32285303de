// Accept-Language, Accept-Encoding and ui_locales: whatever bytes come, an answer, and no range that isn't one.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "page/language.h"
#include "page/page.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::uint16_t last = 1000;
  for (const auto& range : kidoban::page::parse_accept_language(text)) {
    if (range.q == 0 || range.q > last || range.range.empty()) std::abort();
    last = range.q;
  }
  (void)kidoban::page::accepts_gzip(text);
  const std::size_t half = size / 2;
  (void)kidoban::page::choose_language(text.substr(0, half), text.substr(half));
  return 0;
}
