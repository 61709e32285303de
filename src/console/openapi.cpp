#include "console/openapi.h"

#include <boost/json.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "base/limits.h"
#include "console/answers.h"
#include "console/console.h"
#include "console/openapi_operation.h"
#include "directory/permission.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;
using http::Route;

constexpr std::string_view folder = "openapi/", common_file = "openapi/common.json", api = "/api/v1/";

std::string lower_name(http::Method method) {
  std::string name(http::name_of(method));
  for (char& c : name) c = static_cast<char>(c | 0x20);
  return name;
}

// A file of openapi/, read. What can't be read is a fault, and an empty object.
json::object read(const Resource& file, std::vector<std::string>& faults) {
  boost::system::error_code error;
  auto value = json::parse(file.data, error);
  if (!error && value.is_object()) return std::move(value.get_object());
  faults.push_back(std::string(file.path) + " isn't a JSON object");
  return {};
}

struct Described {
  std::string_view file, tag;
  const json::object* what;
};

class Joining {
 public:
  Joining(Resources files, const json::object& schemas) {
    for (const Resource& file : files) {
      if (file.path.starts_with(folder)) read_.emplace(file.path, read(file, faults_));
    }
    for (const auto& [name, schema] : schemas) schemas_[name] = schema;
    for (const auto& [path, file] : read_) take(path, file);
  }

  Contract join(const http::Routes& routes) {
    for (const Route& route : routes.all()) {
      if (route.scope != http::Scope::tenant || !route.path.starts_with(api)) continue;
      const auto found = described_.find(route.name);
      if (found == described_.end()) {
        faults_.push_back("the route " + route.name + " (" + route.path + ") isn't described in openapi/");
        continue;
      }
      seen_.insert(route.name);
      Operation operation(route, *found->second.what, common(), faults_);
      auto told = operation.told();
      told["tags"] = json::array{found->second.tag};
      auto& path = paths_[route.path];
      if (path.is_null()) path = json::object();
      path.as_object()[lower_name(route.method)] = std::move(told);
    }
    for (const auto& [name, one] : described_) {
      if (!seen_.contains(name)) faults_.push_back(std::string(one.file) + " describes " + name + ", which isn't a route");
    }
    auto document = whole();
    const json::value root(document);
    check_references(root, root);
    return {std::move(document), std::move(faults_)};
  }

 private:
  const json::object& common() {
    static const json::object nothing;
    const auto found = read_.find(common_file);
    return found == read_.end() ? nothing : found->second;
  }

  void take(std::string_view path, const json::object& file) {
    for (const auto& [name, value] : file) {
      if (path == common_file && name != "schemas") continue;
      if (name == "schemas" && value.is_object()) {
        for (const auto& [schema, what] : value.get_object()) {
          if (schemas_.contains(schema)) faults_.push_back(std::string(path) + " has the schema " + std::string(schema) + ", which is there already");
          schemas_[schema] = with_tables(what);
        }
      } else if (name == "routes" && value.is_object()) {
        for (const auto& [route, what] : value.get_object()) {
          const bool is_new = what.is_object() && described_.emplace(route, Described{path, tag_of(file), &what.get_object()}).second;
          if (!is_new) faults_.push_back(std::string(path) + ": " + std::string(route) + " is there twice, or isn't an object");
        }
      } else if (name == "tag" && value.is_string()) {
        tags_.push_back(json::object{{"name", value}, {"description", file.contains("about") ? file.at("about") : json::value("")}});
      } else if (name != "about") {
        faults_.push_back(std::string(path) + " has " + std::string(name) + ", which means nothing");
      }
    }
  }
  static std::string_view tag_of(const json::object& file) {
    const auto* tag = file.if_contains("tag");
    return tag != nullptr && tag->is_string() ? std::string_view(tag->get_string()) : std::string_view();
  }

  // "properties_of": "PersonAttributes" puts that schema's properties before its own.
  json::value with_tables(const json::value& written) {
    if (!written.is_object() || !written.get_object().contains("properties_of")) return written;
    json::object out = written.get_object();
    const std::string from(out["properties_of"].as_string());
    out.erase("properties_of");
    const auto* table = schemas_.if_contains(from);
    if (table == nullptr) {
      faults_.push_back("there is no schema " + from + " to take properties of");
      return out;
    }
    json::object properties = table->as_object().at("properties").as_object();
    if (const auto* own = out.if_contains("properties")) {
      for (const auto& [name, schema] : own->as_object()) properties[name] = schema;
    }
    out["properties"] = std::move(properties);
    return out;
  }

  json::object whole() {
    json::object responses, headers;
    for (const auto& [name, what] : common_responses()) responses[name] = what;
    if (const auto* all = common().if_contains("headers")) headers = all->as_object();
    json::object components{{"schemas", schemas_}, {"responses", std::move(responses)}, {"headers", std::move(headers)}};
    for (const char* name : {"securitySchemes", "parameters"}) {
      if (const auto* value = common().if_contains(name)) components[name] = *value;
    }
    json::object document{{"openapi", "3.1.1"}, {"jsonSchemaDialect", "https://spec.openapis.org/oas/3.1/dialect/base"}};
    if (const auto* info = common().if_contains("info")) document["info"] = *info;
    document["tags"] = tags_;
    document["paths"] = paths_;
    document["components"] = std::move(components);
    return document;
  }

  // Each "$ref" leads to something.
  void check_references(const json::value& within, const json::value& root) {
    if (within.is_array()) {
      for (const auto& one : within.get_array()) check_references(one, root);
    } else if (within.is_object()) {
      for (const auto& [name, value] : within.get_object()) {
        if (name != "$ref" || !value.is_string()) {
          check_references(value, root);
          continue;
        }
        boost::system::error_code error;
        const std::string_view to = value.get_string();
        const json::value* found = to.starts_with('#') ? root.find_pointer(to.substr(1), error) : nullptr;
        if (found == nullptr) faults_.push_back("nothing is at " + std::string(to));
      }
    }
  }

  std::map<std::string, json::object, std::less<>> read_;
  std::map<std::string, Described, std::less<>> described_;
  std::set<std::string, std::less<>> seen_;
  json::object schemas_, paths_;
  json::array tags_;
  std::vector<std::string> faults_;
};

constexpr std::string_view description_of_server = "This tenant.";

json::array server_at(std::string_view url, std::string_view description) { return {json::object{{"url", url}, {"description", description}}}; }

}  // namespace

Contract contract_of(const http::Routes& routes, Resources files, const json::object& schemas) { return Joining(files, schemas).join(routes); }

void add_openapi_route(http::Routes& routes, const Inside& in) {
  // Made when it is first asked for: then the table is whole.
  struct Made {
    std::once_flag once;
    json::object document;
  };
  auto made = std::make_shared<Made>();
  auto told = row(http::Method::get, "/openapi.json", "openapi", [&routes, in, made](http::Request& request) -> Result<http::Reply> {
    std::call_once(made->once, [&] { made->document = contract_of(routes, resources(), schemas_of_tables(in)).document; });
    json::object document = made->document;
    document["servers"] = server_at(request.site.base_url, description_of_server);
    http::Reply reply;
    reply.body = json::serialize(document);
    reply.with("Content-Type", "application/json").with("Cache-Control", "public, max-age=300");
    return reply;
  });
  told.guard = http::Guard::cors;  // tools that read it run in browsers, too
  routes.add(std::move(told));
}

Result<std::string> openapi_text(const http::Routes& routes, const Inside& in, std::string_view url) {
  auto contract = contract_of(routes, resources(), schemas_of_tables(in));
  if (!contract.faults.empty()) {
    std::string all;
    for (const auto& fault : contract.faults) all += (all.empty() ? "" : "\n") + fault;
    return fail(Kind::internal, "api_undescribed", all);
  }
  auto servers = server_at(url, "One of the tenants.");
  if (url.find("{slug}") != std::string_view::npos) {
    servers[0].as_object()["variables"] = json::object{{"slug", json::object{{"default", "demo"}, {"description", "The tenant's short name."}}}};
  }
  contract.document["servers"] = std::move(servers);
  return json::serialize(contract.document);
}

}  // namespace kidoban::console
