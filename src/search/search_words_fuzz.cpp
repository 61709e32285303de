// Words as they come from a URL, and looking for them among values: the one pass over all of them finds what looking at each finds.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "base/text.h"
#include "search/matching.h"

using namespace kidoban;

// The first line is what is looked for, each other one a value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all = as_text(std::span(data, size));
  if (!is_utf8(all)) return 0;
  const auto lines = split(all, '\n');
  const auto words = search::words_in(lines.front());
  if (!words) return 0;
  search::Texts texts;
  for (std::size_t i = 1; i < lines.size(); ++i) texts.add(directory::folded_text(lines[i]));
  for (const std::string& word : *words) {
    const auto codes = texts.containing(word);
    for (search::Code code = 1; code < texts.size(); ++code) {
      const std::string_view text = texts.at(code);
      const bool found = std::ranges::binary_search(codes, code);
      const bool holds = text.find(word) != std::string_view::npos;
      const bool also = search::katakana_of(text).find(word) != std::string::npos || search::digits_of(text).find(word) != std::string::npos;
      if ((holds && !found) || (found && !holds && !also)) std::abort();
    }
  }
  return 0;
}
