// Lists (RFC 7644 §3.4.2): GET /Users, /Groups and /; POST /.search to each. Pages by index, or by cursor (RFC 9865).

#include <boost/json.hpp>
#include <algorithm>
#include <iterator>

#include "base/limits.h"
#include "base/text.h"
#include "provisioning/scim_server/inside.h"
#include "provisioning/scim_server/json_subject.h"
#include "provisioning/scim_server/listing.h"

namespace kidoban::scim {

namespace json = boost::json;
using http::Method, http::Reply, http::Request;

namespace {

std::vector<std::string> names_in(const json::value* value) {
  std::vector<std::string> out;
  if (value == nullptr || !value->is_array()) return out;
  for (const auto& one : value->get_array()) {
    if (one.is_string()) out.emplace_back(one.get_string());
  }
  return out;
}

// A search message as a query: one reading for both.
Result<http::Form> form_of(const json::object& body) {
  http::Form form;
  for (const auto& member : body) {
    const auto& value = member.value();
    if (value.is_string()) form.add(std::string(member.key()), std::string(value.get_string()));
    else if (value.is_int64()) form.add(std::string(member.key()), std::to_string(value.get_int64()));
    else if (value.is_array()) form.add(std::string(member.key()), join(names_in(&value), ","));
  }
  return form;
}

Result<Reply> listed(const Inside& in, const Request& request, const http::Form& form, Among among) {
  const auto query = TRY(Query::parse(form));
  return scim_reply(200, TRY(list(in, request, query, among)));
}

}  // namespace

void add_search_routes(http::Routes& routes, const Inside& in) {
  const auto add = [&](const std::string& path, const std::string& name, Among among) {
    if (!path.empty()) {
      routes.add(row(Method::get, path, name + "_list", 0, [in, among](Request& request) -> Result<Reply> { return listed(in, request, TRY(request.query_form()), among); }));
    }
    routes.add(row(Method::post, path + "/.search", name + "_search", limits::json_body_bytes, [in, among](Request& request) -> Result<Reply> {
      return listed(in, request, TRY(form_of(TRY(body_of(request)))), among);
    }));
  };
  add("/Users", "users", Among::users);
  add("/Groups", "groups", Among::groups);
  add("", "all", Among::all);
}

}  // namespace kidoban::scim
