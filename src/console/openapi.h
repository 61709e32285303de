#pragma once
// The OpenAPI 3.1 document of the administrators' API. What there is to say of a row twice isn't said twice: path, method, body
// type and limit come from the table of routes, permissions, a person's attributes and the bounds of a policy from their own
// tables. The rest stands in openapi/*.json, a file a resource, by the route's name (README.md says how one is written).

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "base/resource.h"
#include "http/routes.h"

namespace kidoban::console {

struct Inside;

struct Contract {
  boost::json::object document;     // without `servers`
  std::vector<std::string> faults;  // what isn't described, or is described and isn't there; in words for whoever mends it
};

// Pure: the rows of /api/v1 joined with the files of openapi/ among `files`; `schemas` are those made from tables.
Contract contract_of(const http::Routes& routes, Resources files, const boost::json::object& schemas);

// The schemas that are made from tables: Permission, PersonAttributes, PersonChanges, CustomAttributeType, MailName, PasswordRules.
boost::json::object schemas_of_tables(const Inside& in);

// GET /api/v1/openapi.json, for anybody. `routes` outlives the row, and is complete before the first request.
void add_openapi_route(http::Routes& routes, const Inside& in);

}  // namespace kidoban::console
