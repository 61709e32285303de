#include "base/require.h"

#include <cstdio>
#include <cstdlib>

namespace kidoban {

namespace {
std::string at(std::string_view what, const std::source_location& where) {
  return std::string(where.file_name()) + ":" + std::to_string(where.line()) + ": " + std::string(what);
}
}  // namespace

RequirementFailed::RequirementFailed(std::string_view what, std::source_location where)
    : text_(at(what, where)) {}

void require(bool holds, std::string_view what, std::source_location where) {
  if (!holds) throw RequirementFailed(what, where);
}

void fatal(std::string_view why, std::source_location where) {
  std::fprintf(stderr, "kidoban: fatal: %s\n", at(why, where).c_str());
  std::abort();
}

}  // namespace kidoban
