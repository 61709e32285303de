// /api/v1/settings/directory: the attributes that the tenant adds, who is the master of which, retention; /api/v1/usage.

#include <boost/json.hpp>

#include "console/answers.h"
#include "console/asking.h"

namespace kidoban::console {

namespace json = boost::json;
using http::Method, http::Reply, http::Request;

void add_directory_settings_routes(http::Routes& routes, const Inside& in) {
  routes.add(row(Method::get, "/settings/directory", "directory_settings_get", [in](Request& request) -> Result<Reply> {
    std::int64_t version = 0;
    const auto schema = TRY(read_as(in, request, Permission::settings_read, [&](store::Transaction& tx) -> Result<directory::Schema> {
      if (const auto stands = TRY(in.settings.read(tx, "directory"))) version = stands->version;
      return in.directory.schema(tx);
    }));
    auto reply = Reply::json(200, directory::schema_json(schema));
    reply.with("ETag", entity_tag(version));
    return reply;
  }));
  routes.add(row(Method::put, "/settings/directory", "directory_settings_put", [in](Request& request) -> Result<Reply> {
    const auto version = TRY(if_match(request));
    const auto wanted = TRY(directory::schema_from_json(request.body));
    const auto now = TRY(write_as(in, request, Permission::settings_write,
                                  [&](store::Transaction& tx, const audit::Event& by) { return in.directory.set_schema(tx, wanted, version, by); }));
    auto reply = Reply::json(200, directory::schema_json(wanted));
    reply.with("ETag", entity_tag(now));
    return reply;
  }, Takes::json));
  routes.add(row(Method::get, "/usage", "usage_get", [in](Request& request) -> Result<Reply> {
    const auto usage = TRY(read_as(in, request, Permission::people_read, [&](store::Transaction& tx) { return in.directory.usage(tx); }));
    json::object people{{"current", usage.people}};
    if (usage.quota) people["limit"] = *usage.quota;
    return json_reply(200, {{"people", std::move(people)}});
  }));
}

}  // namespace kidoban::console
