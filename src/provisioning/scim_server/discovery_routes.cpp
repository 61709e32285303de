// What this server can do (RFC 7644 §4): /ServiceProviderConfig, /ResourceTypes, /Schemas. Anyone may ask, but for what a tenant
// declared: its own attributes are shown to whoever may read its people.

#include <boost/json.hpp>

#include "base/limits.h"
#include "base/text.h"
#include "search/cursor.h"
#include "provisioning/scim_server/inside.h"

namespace kidoban::scim {

namespace json = boost::json;
using http::Method, http::Reply, http::Request;

namespace {

json::object meta(const Request& request, std::string_view type, const std::string& path) {
  return {{"resourceType", type}, {"location", base_of(request) + path}};
}

json::object told(const Shape& shape) {
  json::object out{{"name", shape.name},
                   {"type", word_of(shape.type)},
                   {"multiValued", shape.multi},
                   {"description", shape.description},
                   {"required", shape.required},
                   {"mutability", word_of(shape.mutability)},
                   {"returned", shape.always ? "always" : shape.mutability == Mutability::write_only ? "never" : "default"}};
  if (shape.type == Type::complex) {
    json::array subs;
    for (const Shape& one : shape.subs) {
      if (one.kept) subs.push_back(told(one));
    }
    out["subAttributes"] = std::move(subs);
  } else {
    out["caseExact"] = shape.case_exact;
    out["uniqueness"] = shape.unique ? "server" : "none";
  }
  if (shape.type == Type::reference) {
    json::array types;
    for (const auto& one : shape.references) types.push_back(json::value(one));
    out["referenceTypes"] = std::move(types);
  }
  return out;
}

json::object told(const Request& request, const SchemaShape& schema) {
  json::array attributes;
  for (const Shape& one : schema.attributes) {
    if (one.kept) attributes.push_back(told(one));
  }
  return {{"schemas", {"urn:ietf:params:scim:schemas:core:2.0:Schema"}},
          {"id", schema.urn},
          {"name", schema.name},
          {"description", schema.description},
          {"attributes", std::move(attributes)},
          {"meta", meta(request, "Schema", "/Schemas/" + std::string(schema.urn))}};
}

json::object told(const Request& request, const ResourceShape& shape) {
  json::array extensions;
  for (std::size_t i = 1; i < shape.schemas.size(); ++i) extensions.push_back(json::object{{"schema", shape.schemas[i].urn}, {"required", false}});
  return {{"schemas", {"urn:ietf:params:scim:schemas:core:2.0:ResourceType"}},
          {"id", shape.name},
          {"name", shape.name},
          {"description", shape.description},
          {"endpoint", shape.endpoint},
          {"schema", shape.schemas.front().urn},
          {"schemaExtensions", std::move(extensions)},
          {"meta", meta(request, "ResourceType", "/ResourceTypes/" + std::string(shape.name))}};
}

json::object config(const Request& request) {
  const auto supported = [](bool yes) { return json::object{{"supported", yes}}; };
  return {{"schemas", {"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"}},
          {"patch", supported(true)},
          {"bulk", {{"supported", true}, {"maxOperations", limits::scim_operations}, {"maxPayloadSize", limits::scim_body_bytes}}},
          {"filter", {{"supported", true}, {"maxResults", limits::scim_page}}},
          {"changePassword", supported(true)},
          {"sort", supported(true)},
          {"etag", supported(true)},
          {"pagination",
           {{"cursor", true}, {"index", true}, {"defaultPaginationMethod", "index"}, {"defaultPageSize", 100}, {"maxPageSize", limits::scim_page}, {"cursorTimeout", search::cursor_life_s}}},
          {"authenticationSchemes",
           {{{"type", "oauthbearertoken"}, {"name", "Bearer token"}, {"description", "The token of a service account, in the Authorization header."}, {"primary", true}}}},
          {"meta", meta(request, "ServiceProviderConfig", "/ServiceProviderConfig")}};
}

json::object list_of(json::array all) {
  const std::size_t size = all.size();
  return {{"schemas", {"urn:ietf:params:scim:api:messages:2.0:ListResponse"}}, {"totalResults", size}, {"itemsPerPage", size}, {"startIndex", 1}, {"Resources", std::move(all)}};
}

// §4: a filter here is refused, since the answer never needs one.
Status without_filter(const Request& request) {
  if (TRY(request.query_form()).has("filter")) return fail(Kind::forbidden, "filter_not_here");
  return {};
}

Result<directory::Schema> settled(const Inside& in, const Request& request) {
  auto asked = read_as(in, request, Permission::people_read, [&](store::Transaction& tx) { return in.directory.schema(tx); });
  if (!asked && (asked.error().kind == Kind::unauthenticated || asked.error().kind == Kind::forbidden)) return directory::Schema{};
  return asked;
}

std::vector<SchemaShape> schemas_of(const directory::Schema& schema) {
  auto all = user_shape(schema).schemas;
  for (const auto& one : group_shape().schemas) all.push_back(one);
  return all;
}

}  // namespace

void add_discovery_routes(http::Routes& routes, const Inside& in) {
  routes.add(row(Method::get, "/ServiceProviderConfig", "config", 0, [](Request& request) -> Result<Reply> {
    TRY(without_filter(request));
    return scim_reply(200, config(request));
  }));
  routes.add(row(Method::get, "/ResourceTypes", "resource_types", 0, [](Request& request) -> Result<Reply> {
    TRY(without_filter(request));
    return scim_reply(200, list_of({told(request, user_shape({})), told(request, group_shape())}));
  }));
  routes.add(row(Method::get, "/ResourceTypes/{name}", "resource_type", 0, [](Request& request) -> Result<Reply> {
    for (const ResourceShape& one : {user_shape({}), group_shape()}) {
      if (one.name == request.path_value("name")) return scim_reply(200, told(request, one));
    }
    return fail(Kind::not_found, "resource_type_unknown");
  }));
  routes.add(row(Method::get, "/Schemas", "schemas", 0, [in](Request& request) -> Result<Reply> {
    TRY(without_filter(request));
    json::array all;
    for (const auto& one : schemas_of(TRY(settled(in, request)))) all.push_back(told(request, one));
    return scim_reply(200, list_of(std::move(all)));
  }));
  routes.add(row(Method::get, "/Schemas/{urn}", "schema", 0, [in](Request& request) -> Result<Reply> {
    for (const auto& one : schemas_of(TRY(settled(in, request)))) {
      if (ascii_iequals(one.urn, request.path_value("urn"))) return scim_reply(200, told(request, one));
    }
    return fail(Kind::not_found, "schema_unknown");
  }));
}

}  // namespace kidoban::scim
