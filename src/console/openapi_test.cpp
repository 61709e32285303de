#include "console/openapi.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "console/answers.h"

namespace kidoban::console {
namespace {

namespace json = boost::json;
using http::Method;

constexpr std::string_view common = R"({
  "parameters": {"thing": {"name": "thing", "in": "path", "required": true, "schema": {"type": "string"}},
                 "after": {"name": "after", "in": "query", "schema": {"type": "string"}},
                 "limit": {"name": "limit", "in": "query", "schema": {"type": "integer"}}},
  "headers": {"Retry-After": {}, "RateLimit": {}, "RateLimit-Policy": {}},
  "schemas": {"Problem": {"type": "object"}}})";
constexpr std::string_view things = R"({
  "tag": "Things", "about": "All of them.",
  "schemas": {"Thing": {"type": "object", "properties_of": "Table", "properties": {"own": {"type": "string"}}}},
  "routes": {"things_list": {"summary": "The things", "permission": "people_read", "page": {"things": "Thing"}},
             "thing_create": {"summary": "Make one", "permission": "people_write", "body": "Thing", "answer": "Thing", "status": 201, "reasons": {"409": ["thing_taken"]}},
             "thing_get": {"summary": "One", "answer": "Thing"}}})";

http::Routes routes_of(std::initializer_list<std::tuple<Method, const char*, const char*>> rows) {
  http::Routes routes;
  for (const auto& [method, path, name] : rows) {
    routes.add(row(method, path, name, [](http::Request&) -> Result<http::Reply> { return http::Reply::empty(204); }));
  }
  return routes;
}
const std::initializer_list<std::tuple<Method, const char*, const char*>> all_rows{
    {Method::get, "/things", "things_list"}, {Method::post, "/things", "thing_create"}, {Method::get, "/things/{thing}", "thing_get"}};

Contract joined(const http::Routes& routes, std::string_view described = things) {
  const Resource files[] = {{"openapi/common.json", common}, {"openapi/things.json", described}, {"words.en.json", "not for here"}};
  return contract_of(routes, files, {{"Table", json::object{{"properties", json::object{{"of_table", json::object{{"type", "boolean"}}}}}}}});
}

// The document with one place of the description changed has one fault, and it says which.
std::string fault_with(std::string_view from, std::string_view to) {
  std::string changed(things);
  changed.replace(changed.find(from), from.size(), to);
  const auto contract = joined(routes_of(all_rows), changed);
  return contract.faults.empty() ? "none" : contract.faults.front();
}

TEST_CASE("the document says what the rows, the tables and the descriptions say") {
  const auto contract = joined(routes_of(all_rows));
  CHECK(contract.faults == std::vector<std::string>{});
  const json::value document(contract.document);
  CHECK(document.at("openapi") == "3.1.1");
  const auto& make = document.at_pointer("/paths/~1api~1v1~1things/post");
  CHECK(make.at("operationId") == "thing_create");
  CHECK(make.at("x-permission") == "people_write");
  CHECK(make.at_pointer("/requestBody/description") == "At most 262144 bytes.");
  CHECK(make.at_pointer("/responses/409/content/application~1problem+json/schema/properties/reason/enum") == json::array{"thing_taken"});
  CHECK(make.at_pointer("/responses/403/content/application~1problem+json/schema/properties/reason/enum") ==
        json::array{"cross_site_request", "not_administrator", "permission_missing", "tenant_suspended"});
  CHECK(make.at("responses").as_object().contains("415"));
  CHECK(document.at_pointer("/paths/~1api~1v1~1things/get/parameters").as_array().size() == 2);
  const auto& one = document.at_pointer("/paths/~1api~1v1~1things~1{thing}/get");
  CHECK(one.at("security") == json::array());
  CHECK_FALSE(one.at("responses").as_object().contains("401"));
  const auto& schema = document.at_pointer("/components/schemas/Thing/properties").as_object();
  CHECK(schema.contains("of_table"));
  CHECK(schema.contains("own"));
}

TEST_CASE("a row without a description, and a description without a row, are faults") {
  auto routes = routes_of({{Method::get, "/things", "things_list"}, {Method::post, "/things", "thing_create"}});
  CHECK(joined(routes).faults == std::vector<std::string>{"openapi/things.json describes thing_get, which isn't a route"});
  routes = routes_of(all_rows);
  routes.add(row(Method::del, "/things/{thing}", "thing_delete", [](http::Request&) -> Result<http::Reply> { return http::Reply::empty(204); }));
  CHECK(joined(routes).faults == std::vector<std::string>{"the route thing_delete (/api/v1/things/{thing}) isn't described in openapi/"});
}

TEST_CASE("what doesn't fit together is a fault that says where") {
  CHECK(fault_with("\"page\"", "\"pages\"") == "things_list: pages means nothing");
  CHECK(fault_with("people_read", "people_see") == "things_list: there is no permission people_see");
  CHECK(fault_with("\"body\": \"Thing\", ", "") == "thing_create: its body isn't described");
  CHECK(fault_with("\"answer\": \"Thing\", \"status\"", "\"answer\": \"Think\", \"status\"") == "nothing is at #/components/schemas/Think");
  CHECK(fault_with("\"409\"", "\"999\"") == "thing_create: 999 is no status");
  CHECK(fault_with("\"summary\": \"One\", ", "") == "thing_get: it has no summary");
  CHECK(fault_with("\"Table\"", "\"Chair\"") == "there is no schema Chair to take properties of");
  CHECK(fault_with("{", "[") == "openapi/things.json isn't a JSON object");
  http::Routes other;
  other.add(row(Method::get, "/things/{colour}", "thing_get", [](http::Request&) -> Result<http::Reply> { return http::Reply::empty(204); }));
  const auto faults = joined(other).faults;
  CHECK(std::ranges::find(faults, "thing_get: the parameter colour isn't described in common.json") != faults.end());
}

}  // namespace
}  // namespace kidoban::console
