#pragma once
// An attribute's value in a cell, and back. What one writes the other reads: the same value.
//
//   text    as it is            flag    true, false (also 1, 0, yes, no)
//   number  12                  date    2026-04-01 (also 2026/4/1, which spreadsheets make of it)
//   texts   a;b;"c;d"           person  the person's login (also their id)
//   contacts  work:+81-3-1234-5678;*home:…|name  a list of [*][type:]value[|name]; * is the primary one. A backslash stands
//             before : | * \ that aren't meant so; `:value` has no type.

#include <optional>
#include <string>
#include <string_view>

#include "directory/attributes.h"

namespace kidoban::transfer {

// Monostate for an empty cell (without its guard: see bare()); nothing for what can't be one of the type. A person comes out as it stands.
std::optional<directory::Value> read_value(directory::AttributeType type, std::string_view cell);
std::string write_value(const directory::Value& value);
std::optional<bool> read_flag(std::string_view cell);

}  // namespace kidoban::transfer
