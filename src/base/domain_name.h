#pragma once
// Domain names, in their one spelling.

#include <optional>
#include <string>
#include <string_view>

namespace kidoban {

// A domain as DNS has it (UTS #46 without transition, to A-labels; STD3: letters, digits, dashes): lower case, at least two
// labels, no dot at either end, at most 253 bytes. Nothing for what can't be one.
std::optional<std::string> ascii_domain(std::string_view typed);
// The same as people write it, "例え.jp" for "xn--r8jz45g.jp"; what doesn't turn back stays as it is.
std::string readable_domain(std::string_view ascii);

}  // namespace kidoban
