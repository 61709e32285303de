// /api/v1/groups[/{group}]. Who is in them: group_members_api.cpp.

#include <boost/json.hpp>

#include "base/text.h"
#include "console/answers.h"
#include "console/asking.h"
#include "console/json_body.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;
using directory::Group;
using http::Method, http::Reply, http::Request;

json::object told(const Group& group) {
  return {{"id", group.id.text()},
          {"name", group.name},
          {"description", group.description},
          {"mail", group.mail},
          {"type", group.type},
          {"external_id", group.external_id},
          {"created_at", rfc3339(to_us(group.created_at))},
          {"updated_at", rfc3339(to_us(group.updated_at))}};
}

Reply reply_with(int status, const Group& group) {
  auto reply = json_reply(status, told(group));
  reply.with("ETag", entity_tag(group.version));
  return reply;
}

Result<directory::GroupAttributes> parse_new(const Request& request) {
  auto body = TRY(JsonBody::parse(request.body));
  directory::GroupAttributes wanted{.name = TRY(body.required_text("name"))};
  wanted.description = TRY(body.text("description")).value_or("");
  wanted.mail = TRY(body.text("mail")).value_or("");
  wanted.type = TRY(body.text("type")).value_or("");
  wanted.external_id = TRY(body.text("external_id")).value_or("");
  TRY(body.done());
  return wanted;
}

Result<directory::GroupChange> parse_change(const Request& request) {
  auto body = TRY(JsonBody::parse(request.body));
  directory::GroupChange change;
  change.name = TRY(body.text("name"));
  change.description = TRY(body.text("description"));
  change.mail = TRY(body.text("mail"));
  change.type = TRY(body.text("type"));
  change.external_id = TRY(body.text("external_id"));
  TRY(body.done());
  return change;
}

}  // namespace

void add_group_routes(http::Routes& routes, const Inside& in) {
  routes.add(row(Method::get, "/groups", "groups_list", [in](Request& request) -> Result<Reply> {
    const auto page = TRY(page_of(request));
    const auto groups = TRY(read_as(in, request, Permission::groups_read, [&](store::Transaction& tx) { return in.directory.groups().list(tx, page.after, page.limit); }));
    json::array rows;
    for (const Group& one : groups) rows.push_back(told(one));
    return page_reply("groups", std::move(rows), page, groups.empty() ? std::nullopt : std::optional(groups.back().id));
  }));
  routes.add(row(Method::post, "/groups", "group_create", [in](Request& request) -> Result<Reply> {
    const auto wanted = TRY(parse_new(request));
    const auto made = TRY(write_as(in, request, Permission::groups_write, [&](store::Transaction& tx, const audit::Event& by) { return in.directory.groups().create(tx, wanted, by); }));
    auto reply = reply_with(201, made);
    reply.with("Location", request.site.base_url + "/api/v1/groups/" + made.id.text());
    return reply;
  }));
  routes.add(row(Method::get, "/groups/{group}", "group_get", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(Id::parse(request.path_value("group")));
    return reply_with(200, TRY(read_as(in, request, Permission::groups_read, [&](store::Transaction& tx) { return in.directory.groups().get(tx, id); })));
  }));
  routes.add(row(Method::patch, "/groups/{group}", "group_change", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(Id::parse(request.path_value("group")));
    const auto version = TRY(if_match(request));
    const auto wanted = TRY(parse_change(request));
    return reply_with(200, TRY(write_as(in, request, Permission::groups_write, [&](store::Transaction& tx, const audit::Event& by) { return in.directory.groups().change(tx, id, wanted, version, by); })));
  }));
  routes.add(row(Method::del, "/groups/{group}", "group_delete", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(Id::parse(request.path_value("group")));
    const auto version = TRY(if_match(request));
    TRY(write_as(in, request, Permission::groups_write, [&](store::Transaction& tx, const audit::Event& by) { return in.directory.groups().remove(tx, id, version, by); }));
    return Reply::empty(204);
  }));
}

}  // namespace kidoban::console
