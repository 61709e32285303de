#include "directory/names.h"

#include "base/limits.h"
#include "base/text.h"

namespace kidoban::directory {

Result<std::string> checked_name(std::string_view typed) {
  const auto name = trim(typed);
  if (!name.empty() && name.size() <= limits::name_bytes && is_display_text(name)) return std::string(name);
  return fail(Kind::malformed, "name_malformed", "a name is empty, too long or not plain text");
}

}  // namespace kidoban::directory
