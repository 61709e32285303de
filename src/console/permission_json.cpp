#include "console/permission_json.h"

#include <boost/json.hpp>

namespace kidoban::console {

boost::json::array words_json(const directory::PermissionSet& set) {
  boost::json::array out;
  for (const auto& [word, one] : directory::permission_words) {
    if (directory::holds(set, one)) out.emplace_back(word);
  }
  return out;
}

Result<std::optional<directory::PermissionSet>> permissions_of(JsonBody& body) {
  const auto* value = body.find("permissions");
  if (value == nullptr) return std::nullopt;
  if (!value->is_array()) return fail(Kind::malformed, "member_malformed", "permissions isn't a list");
  directory::PermissionSet out;
  for (const auto& one : value->get_array()) {
    const auto known = one.is_string() ? directory::permission_named(std::string_view(one.get_string())) : std::nullopt;
    if (!known) return fail(Kind::malformed, "permission_unknown");
    out.set(static_cast<std::size_t>(*known));
  }
  return std::optional(out);
}

}  // namespace kidoban::console
