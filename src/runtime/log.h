#pragma once
// The log: one JSON object a line on standard error, for machines first. Ids yes; names, addresses
// of people, secrets, never. Any thread.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.h"

namespace kidoban::runtime {

enum class Level : std::uint8_t { debug, info, warning, error, off };

struct Field {
  std::string_view name;  // a literal
  std::variant<std::string, std::int64_t, double, bool> value;
};

void set_log_level(Level level);
std::optional<Level> level_named(std::string_view name);
bool logs(Level level);

// {"time":"…","level":"info","event":"listening","address":"127.0.0.1:8080"}
void log(Level level, std::string_view event, std::initializer_list<Field> fields = {});
// With kind, reason, note and place of an error.
void log(Level level, std::string_view event, const Error& error,
         std::initializer_list<Field> fields = {});

}  // namespace kidoban::runtime
