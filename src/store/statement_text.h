#pragma once
// What can be told from a statement's text alone.

#include <cstddef>
#include <string>
#include <string_view>

namespace kidoban::store {

// Whether `$1` stands in the text as a placeholder: not inside a literal, a quoted name or a comment,
// and not as the beginning of $10.
bool mentions_tenant(std::string_view text);

// Calls `on_placeholder(k)` for each $k that is a placeholder.
template <class F>
void each_placeholder(std::string_view text, F&& on_placeholder) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\'' || c == '"') {
      i = text.find(c, i + 1);  // a doubled quote closes and opens again: the same end
      if (i == std::string_view::npos) return;
    } else if (c == '-' && text.substr(i, 2) == "--") {
      i = text.find('\n', i);
      if (i == std::string_view::npos) return;
    } else if (c == '/' && text.substr(i, 2) == "/*") {
      i = text.find("*/", i + 2);
      if (i == std::string_view::npos) return;
      ++i;
    } else if (c == '$') {
      std::size_t k = 0;
      std::size_t end = i + 1;
      while (end < text.size() && text[end] >= '0' && text[end] <= '9' && end - i < 5) {
        k = k * 10 + static_cast<std::size_t>(text[end++] - '0');
      }
      if (end > i + 1) on_placeholder(k);
      i = end - 1;
    }
  }
}

// Placeholders count from 1; this is the greatest, 0 when there is none.
std::size_t greatest_placeholder(std::string_view text);

}  // namespace kidoban::store
