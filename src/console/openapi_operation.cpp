#include "console/openapi_operation.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/text.h"
#include "console/guarded.h"
#include "directory/permission.h"
#include "http/status.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;
using http::Body;

// What a description may say.
constexpr std::array<std::string_view, 16> known{"summary", "about", "permission", "query",  "if_match", "idempotency",   "body",   "body_optional",
                                                 "page",    "list",  "answer",     "status", "headers",  "content_types", "reasons", "security"};

std::string ref(std::string_view kind, std::string_view name) { return "#/components/" + std::string(kind) + "/" + std::string(name); }
json::object reference(std::string_view kind, std::string_view name) { return {{"$ref", ref(kind, name)}}; }

// "Person" is a schema of that name; an object is one itself.
json::value schema_of(const json::value& written) {
  if (written.is_string()) return reference("schemas", std::string_view(written.get_string()));
  return written;
}

json::object json_content(json::value schema) { return {{"application/json", json::object{{"schema", std::move(schema)}}}}; }

// {"people": "Person"}: the one member of a list's answer, and what is in it.
json::object list_schema(const json::object& written, bool in_pages) {
  json::object properties;
  json::array required;
  for (const auto& [plural, one] : written) {
    properties[plural] = json::object{{"type", "array"}, {"items", schema_of(one)}};
    required.emplace_back(plural);
  }
  if (in_pages) properties["next"] = json::object{{"type", "string"}, {"description", "What `after` of the next page says. Not there: that was all."}};
  return {{"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(required)}};
}

json::object problem_response(int status, const std::set<std::string, std::less<>>& reasons) {
  std::string all;
  json::array words;
  for (const auto& reason : reasons) {
    all += (all.empty() ? "`" : ", `") + reason + "`";
    words.emplace_back(reason);
  }
  json::object schema = reference("schemas", "Problem");
  schema["properties"] = json::object{{"reason", json::object{{"enum", std::move(words)}}}};
  return {{"description", std::string(http::phrase_of(status)) + ": " + all + "."},
          {"content", json::object{{"application/problem+json", json::object{{"schema", std::move(schema)}}}}}};
}

// Instead of being done: a second person is asked (guarded.cpp). A row that answers 202 itself says so in its own `answer`.
void add_waiting(json::object& responses) {
  auto& waiting = responses["202"];
  if (!waiting.is_null()) {
    json::object location{{"description", "Of an approval: where it stands."}, {"schema", json::object{{"type", "string"}, {"format", "uri"}}}};
    waiting.as_object()["headers"].as_object().emplace("Location", std::move(location));
    return;
  }
  json::object headers;
  for (const char* name : {"Location", "RateLimit", "RateLimit-Policy"}) headers[name] = reference("headers", name);
  waiting = json::object{{"description", "It waits for a second person, and isn't done yet."},
                         {"headers", std::move(headers)},
                         {"content", json_content(reference("schemas", "Approval"))}};
}

json::object limited_response(const std::set<std::string, std::less<>>& reasons) {
  auto limited = problem_response(429, reasons);
  limited["headers"] = json::object{{"Retry-After", reference("headers", "Retry-After")},
                                    {"RateLimit", reference("headers", "RateLimit")},
                                    {"RateLimit-Policy", reference("headers", "RateLimit-Policy")}};
  return limited;
}

std::vector<std::string_view> path_names(std::string_view path) {
  std::vector<std::string_view> names;
  for (const auto segment : split(path, '/')) {
    if (segment.size() > 2 && segment.front() == '{') names.push_back(segment.substr(1, segment.size() - 2));
  }
  return names;
}

}  // namespace

json::object common_responses() {
  auto limited = limited_response({"rate_limited"});
  json::object failed{{"description", "The service's own fault (500), or it can't at the moment (503, with Retry-After); 423 while the tenant's key can't be had."},
                      {"content", json::object{{"application/problem+json", json::object{{"schema", reference("schemas", "Problem")}}}}}};
  return {{"RateLimited", std::move(limited)}, {"Failed", std::move(failed)}};
}

Operation::Operation(const http::Route& route, const json::object& described, const json::object& common, std::vector<std::string>& faults)
    : route_(route), described_(described), common_(common), faults_(faults) {}

const json::value* Operation::member(std::string_view name) const { return described_.if_contains(name); }
std::string Operation::text(std::string_view name) const {
  const auto* value = member(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}
bool Operation::flag(std::string_view name) const {
  const auto* value = member(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}
bool Operation::takes_json() const { return route_.body.type == Body::Type::json; }
void Operation::fault(const std::string& what) { faults_.push_back(route_.name + ": " + what); }

json::object Operation::told() {
  check_members();
  gather_reasons();
  const auto permission = text("permission");
  json::object out{{"operationId", route_.name}, {"summary", text("summary")}};
  std::string about = text("about");
  if (!permission.empty()) {
    about += (about.empty() ? "" : "\n\n") + ("Asks for `" + permission + "`.");
    out["x-permission"] = permission;
  }
  if (!about.empty()) out["description"] = about;
  if (auto all = parameters(); !all.empty()) out["parameters"] = std::move(all);
  if (route_.body.type != Body::Type::none) out["requestBody"] = request_body();
  out["responses"] = responses();
  out["security"] = security();
  return out;
}

// By what they show who they are. For anybody: no security at all (§4.8.10, an empty array).
json::array Operation::security() const {
  json::array out;
  if (const auto* own = member("security")) {
    for (const auto& name : own->as_array()) out.push_back(json::object{{name.as_string(), json::array()}});
  } else if (!text("permission").empty()) {
    for (const char* name : {"session", "token"}) out.push_back(json::object{{name, json::array()}});
  }
  return out;
}

void Operation::check_members() {
  for (const auto& one : described_) {
    if (std::ranges::find(known, std::string_view(one.key())) == known.end()) fault(std::string(one.key()) + " means nothing");
  }
  if (text("summary").empty()) fault("it has no summary");
  const auto permission = text("permission");
  if (!permission.empty() && !directory::permission_named(permission)) fault("there is no permission " + permission);
  if (takes_json() != (member("body") != nullptr)) fault(takes_json() ? "its body isn't described" : "a body is described, and it takes none of JSON");
}

json::array Operation::parameters() {
  json::array all;
  const auto* described = common_.if_contains("parameters");
  const auto add_common = [&](std::string_view name) {
    if (described == nullptr || !described->as_object().contains(name)) fault("the parameter " + std::string(name) + " isn't described in common.json");
    all.push_back(reference("parameters", name));
  };
  for (const auto name : path_names(route_.path)) add_common(name);
  if (member("page") != nullptr) {
    add_common("after");
    add_common("limit");
  }
  if (const auto* query = member("query")) {
    for (const auto& one : query->as_array()) {
      if (one.is_string()) {
        add_common(std::string_view(one.get_string()));
        continue;
      }
      json::object parameter = one.as_object();
      parameter["in"] = "query";
      all.push_back(std::move(parameter));
    }
  }
  if (flag("if_match")) add_common("If-Match");
  if (flag("idempotency")) add_common("Idempotency-Key");
  return all;
}

json::object Operation::request_body() {
  const std::string limit = "At most " + std::to_string(route_.body.limit) + " bytes.";
  if (!takes_json()) {
    return {{"description", limit}, {"required", true}, {"content", json::object{{"text/csv", json::object{{"schema", json::object{{"type", "string"}}}}}}}};
  }
  const auto* body = member("body");
  return {{"description", limit}, {"required", !flag("body_optional")}, {"content", json_content(body == nullptr ? json::value(json::object()) : schema_of(*body))}};
}

json::object Operation::good_answer() {
  json::object answer;
  json::object headers;
  for (const char* name : {"RateLimit", "RateLimit-Policy"}) headers[name] = reference("headers", name);
  if (const auto* names = member("headers")) {
    for (const auto& name : names->as_array()) headers[name.as_string()] = reference("headers", std::string_view(name.as_string()));
  }
  answer["description"] = text("summary");
  answer["headers"] = std::move(headers);
  if (const auto* page = member("page")) {
    answer["content"] = json_content(list_schema(page->as_object(), true));
  } else if (const auto* list = member("list")) {
    answer["content"] = json_content(list_schema(list->as_object(), false));
  } else if (const auto* types = member("content_types")) {
    json::object content;
    for (const auto& type : types->as_array()) content[type.as_string()] = json::object{{"schema", json::object{{"type", "string"}}}};
    answer["content"] = std::move(content);
  } else if (const auto* schema = member("answer")) {
    answer["content"] = json_content(schema_of(*schema));
  }
  return answer;
}

void Operation::add_reasons(int status, std::initializer_list<std::string_view> reasons) {
  for (const auto reason : reasons) reasons_[status].emplace(reason);
}

// What every row of a kind refuses; a description names only what is its own.
void Operation::gather_reasons() {
  add_reasons(403, {"tenant_suspended"});
  add_reasons(404, {"tenant_unknown"});
  if (route_.guard == http::Guard::same_origin) add_reasons(403, {"cross_site_request"});
  if (!text("permission").empty()) {
    add_reasons(401, {"session_missing", "token_invalid"});
    add_reasons(403, {"not_administrator", "permission_missing"});
  }
  const auto names = path_names(route_.path);
  const auto has = [&](std::string_view name) { return std::ranges::find(names, name) != names.end(); };
  if (has("person")) add_reasons(404, {"person_unknown"});
  if (has("person") && route_.method != http::Method::get) add_reasons(403, {"person_more_powerful"});
  if (has("group")) add_reasons(404, {"group_unknown"});
  if (has("account")) add_reasons(404, {"service_account_unknown"});
  for (const auto name : names) {
    // Roles go by their key, domains by their name.
    if (name != "role" && name != "domain") add_reasons(400, {"id_malformed"});
  }
  if (takes_json()) add_reasons(400, {"json_malformed", "member_malformed", "member_missing", "member_unknown"});
  if (route_.body.type != Body::Type::none) {
    add_reasons(413, {"body_too_large"});
    add_reasons(415, {"content_type_unsupported"});
  }
  if (member("page") != nullptr) add_reasons(400, {"page_malformed"});
  if (member("page") != nullptr || member("query") != nullptr) add_reasons(400, {"form_malformed"});
  if (flag("if_match")) {
    add_reasons(400, {"if_match_malformed"});
    add_reasons(412, {"version_changed"});
  }
  if (flag("idempotency")) {
    add_reasons(400, {"idempotency_key_malformed"});
    add_reasons(409, {"idempotency_key_in_use"});
    add_reasons(422, {"idempotency_key_reused"});
  }
  if (may_wait(route_.name)) {
    add_reasons(429, {"approvals_too_many"});
    if (takes_json()) add_reasons(400, {"approval_too_large"});
  }
  if (const auto* own = member("reasons")) {
    for (const auto& [status, words] : own->as_object()) {
      const auto number = to_integer(status);
      if (!number || http::phrase_of(static_cast<int>(*number)) == "Status") {
        fault(std::string(status) + " is no status");
        continue;
      }
      for (const auto& word : words.as_array()) reasons_[static_cast<int>(*number)].emplace(word.as_string());
    }
  }
}

json::object Operation::responses() {
  const auto* status = member("status");
  const bool has_answer = member("answer") != nullptr || member("page") != nullptr || member("list") != nullptr || member("content_types") != nullptr;
  const std::int64_t good = status != nullptr && status->is_int64() ? status->get_int64() : has_answer ? 200 : 204;
  json::object all;
  all[std::to_string(good)] = good_answer();
  if (may_wait(route_.name)) add_waiting(all);
  for (const auto& [code, reasons] : reasons_) all[std::to_string(code)] = problem_response(code, reasons);
  if (const auto own = reasons_.find(429); own != reasons_.end()) {
    own->second.emplace("rate_limited");
    all["429"] = limited_response(own->second);
  } else {
    all["429"] = reference("responses", "RateLimited");
  }
  all["default"] = reference("responses", "Failed");
  return all;
}

}  // namespace kidoban::console
