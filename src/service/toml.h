#pragma once
// toml++, which asserts of some broken files what it should refuse (3.3 on "[(": a table's name is expected to begin like a key),
// and without assertions goes on as though it were so. Here a false assertion is an exception, in every build; who reads a file
// catches it beside toml::parse_error. All of this program includes it by this header: its functions are inline.

#include <stdexcept>

namespace kidoban::service {
[[noreturn]] inline void not_toml() { throw std::runtime_error("this isn't TOML"); }
}  // namespace kidoban::service

#define TOML_ASSERT(expression) (static_cast<bool>(expression) ? static_cast<void>(0) : ::kidoban::service::not_toml())
#ifdef NDEBUG
#undef NDEBUG
#define KIDOBAN_WITHOUT_ASSERTIONS
#endif
#include <toml++/toml.h>
#ifdef KIDOBAN_WITHOUT_ASSERTIONS
#define NDEBUG
#undef KIDOBAN_WITHOUT_ASSERTIONS
#endif
