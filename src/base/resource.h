#pragma once
// Files that are built into the program: pages, words, migrations, style sheets. CMake turns each
// folder's into a function `kidoban::<folder>::resources()`, declared by the folder's own header.

#include <span>
#include <string_view>

namespace kidoban {

struct Resource {
  std::string_view path;  // inside its folder: "migrations/0001_people.sql", "password.mustache"
  std::string_view data;
};
using Resources = std::span<const Resource>;

}  // namespace kidoban
