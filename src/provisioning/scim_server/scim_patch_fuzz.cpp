#include <boost/json.hpp>
#include <cstdint>
#include <cstdlib>

#include "base/limits.h"
#include "base/strict_json.h"
#include "base/text.h"
#include "provisioning/scim_server/patch.h"

using namespace kidoban;

namespace {

// No attribute beside those of the schema, none of another type.
void check(const scim::ResourceShape& shape, const boost::json::object& resource) {
  const auto again = scim::coerced_resource(shape, resource);
  if (!again) std::abort();
}

}  // namespace

// Whatever a client's PATCH says: no crash, and what comes out is a resource as the schema has it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto body = strict_object(as_text({data, size}), limits::scim_json_depth);
  if (!body) return 0;
  static const scim::ResourceShape shape = scim::user_shape({});
  const auto given = scim::coerced_resource(shape, *body);
  if (given) check(shape, *given);
  const auto operations = scim::operations_in(*body);
  if (!operations) return 0;
  auto resource = boost::json::parse(R"({"id":"1","userName":"a@a.example","emails":[{"value":"a@a.example","type":"work","primary":true}],"name":{"familyName":"A"}})").as_object();
  for (const auto& one : *operations) {
    if (!scim::apply(shape, one, resource)) break;
  }
  check(shape, resource);
  return 0;
}
