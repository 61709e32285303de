#pragma once
// Files of people, groups and members, in and out: what both ways have in common. imports.h and exports.h have what is done
// with them.

#include <optional>
#include <string_view>

#include "base/resource.h"

namespace kidoban::transfer {

Resources resources();

enum class FileKind : std::uint8_t { people, groups, members };
std::string_view word_of(FileKind kind);  // "people", …
std::optional<FileKind> file_kind_named(std::string_view word);

}  // namespace kidoban::transfer
