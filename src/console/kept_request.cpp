#include "console/kept_request.h"

#include <array>
#include <boost/json.hpp>

#include "base/text.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;

// What handlers and the record of an act look at. Never Cookie or Authorization: an approval holds nobody's key.
constexpr std::array<std::string_view, 4> kept_headers{"content-type", "if-match", "accept-language", "user-agent"};

}  // namespace

std::string kept_json(std::string_view row, const http::Request& request) {
  json::object headers, path_values;
  for (const std::string_view name : kept_headers) {
    if (const auto value = request.header(name); !value.empty() && is_utf8(value)) headers[name] = value;
  }
  for (const auto& [name, value] : request.path_values) path_values[name] = value;
  return json::serialize(json::object{{"row", row},
                                      {"path_values", std::move(path_values)},
                                      {"headers", std::move(headers)},
                                      {"query", request.query},
                                      {"body", request.body},
                                      {"client_address", request.client_address}});
}

Result<KeptRequest> kept_from_json(std::string_view from) {
  KeptRequest out;
  try {
    const auto parsed = json::parse({from.data(), from.size()});
    const auto& object = parsed.as_object();
    const auto text = [&](std::string_view name) { return json::value_to<std::string>(object.at(name)); };
    out.row = text("row");
    out.request.query = text("query");
    out.request.body = text("body");
    out.request.client_address = text("client_address");
    for (const auto& one : object.at("headers").as_object()) out.request.headers.emplace_back(one.key(), json::value_to<std::string>(one.value()));
    for (const auto& one : object.at("path_values").as_object()) out.request.path_values.emplace(one.key(), json::value_to<std::string>(one.value()));
  } catch (const std::exception& error) {
    return fail(Kind::internal, "approval_damaged", error.what());
  }
  return out;
}

}  // namespace kidoban::console
