#pragma once
// A tenant's configuration as a file that people read, compare and keep: TOML (toml.io, 1.0), in the order in which one thinks of
// it. This is the file's form alone; what may stand in it says configuration.h. One value has one spelling, so that two files
// differ where two tenants do.

#include <boost/json/object.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace kidoban::service {

// Thousands of groups with their rules stay under a megabyte; what is larger isn't a configuration.
inline constexpr std::size_t configuration_bytes = 8 * 1024 * 1024;

struct Place {
  std::uint32_t line = 0, column = 0;
};

// What a file says, and where it says it.
struct Written {
  std::string name;                                   // of the file, for errors
  boost::json::object content;
  std::map<std::string, Place, std::less<>> places;   // "settings.password.lock", "group[2].rule"

  // "acme.toml:12:5: " of the path, or of the nearest one around it that is known.
  std::string at(std::string_view path) const;
};

// Strings, whole numbers, true and false, lists and tables. malformed/"configuration_file_malformed"; the note is a sentence with
// line and column.
Result<Written> read_configuration(std::string_view text, const std::string& name);

// Comments by path: "settings.mail", "group"; "" stands at the top.
using Comments = std::vector<std::pair<std::string, std::string>>;
std::string print_configuration(const boost::json::object& content, const Comments& comments);

}  // namespace kidoban::service
