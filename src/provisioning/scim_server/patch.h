#pragma once
// PATCH (RFC 7644 §3.5.2) on a resource's JSON.

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <vector>

#include "provisioning/scim_server/shape.h"

namespace kidoban::scim {

struct Operation {
  enum class Op : std::uint8_t { add, remove, replace } op = Op::add;
  std::optional<std::string> path;
  boost::json::value value;  // null where there is none
};

// A PatchOp message's operations. `op` in any case (Entra ID writes "Replace"). malformed/"patch_malformed".
Result<std::vector<Operation>> operations_in(const boost::json::object& body);

// Changes `resource`, which is as coerced_resource makes them with its read-only attributes beside. What the schema has and we
// don't keep is passed over. malformed/"path_malformed", "attribute_unknown" (both invalidPath), "attribute_read_only"
// (mutability), "patch_no_target" (noTarget), "value_malformed" (invalidValue), "filter_too_complex".
Status apply(const ResourceShape& shape, const Operation& operation, boost::json::object& resource);

}  // namespace kidoban::scim
