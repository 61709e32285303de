#include "store/statement_text.h"

#include <algorithm>

namespace kidoban::store {

bool mentions_tenant(std::string_view text) {
  bool found = false;
  each_placeholder(text, [&](std::size_t k) { found = found || k == 1; });
  return found;
}

std::size_t greatest_placeholder(std::string_view text) {
  std::size_t greatest = 0;
  each_placeholder(text, [&](std::size_t k) { greatest = std::max(greatest, k); });
  return greatest;
}

}  // namespace kidoban::store
