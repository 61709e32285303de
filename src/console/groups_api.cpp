// /api/v1/groups[/{group}[/members[/{person}]]].

#include <boost/json.hpp>

#include "console/answers.h"
#include "console/asking.h"
#include "console/json_body.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;
using directory::Group;
using http::Method, http::Reply, http::Request;

json::object told(const Group& group) { return {{"id", group.id.text()}, {"name", group.name}}; }

Result<std::string> parse_name(const Request& request) {
  auto body = TRY(JsonBody::parse(request.body));
  auto name = TRY(body.required_text("name"));
  TRY(body.done());
  return name;
}

void add_member_routes(http::Routes& routes, const Inside& in) {
  const std::string members = "/groups/{group}/members";
  routes.add(row(Method::get, members, "members_list", [in](Request& request) -> Result<Reply> {
    const Id group = TRY(Id::parse(request.path_value("group")));
    const auto page = TRY(page_of(request));
    const auto people = TRY(read_as(in, request, Permission::groups_read, [&](store::Transaction& tx) { return in.directory.groups().members(tx, group, page.after, page.limit); }));
    json::array rows;
    for (const Id& person : people) rows.push_back(json::object{{"person", person.text()}});
    return page_reply("members", std::move(rows), page, people.empty() ? std::nullopt : std::optional(people.back()));
  }));
  routes.add(row(Method::put, members + "/{person}", "member_add", [in](Request& request) -> Result<Reply> {
    const Id group = TRY(Id::parse(request.path_value("group"))), person = TRY(Id::parse(request.path_value("person")));
    TRY(write_as(in, request, Permission::groups_write, [&](store::Transaction& tx, const audit::Event& by) { return in.directory.groups().add_member(tx, group, person, by); }));
    return Reply::empty(204);
  }));
  routes.add(row(Method::del, members + "/{person}", "member_remove", [in](Request& request) -> Result<Reply> {
    const Id group = TRY(Id::parse(request.path_value("group"))), person = TRY(Id::parse(request.path_value("person")));
    TRY(write_as(in, request, Permission::groups_write, [&](store::Transaction& tx, const audit::Event& by) { return in.directory.groups().remove_member(tx, group, person, by); }));
    return Reply::empty(204);
  }));
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
    const auto name = TRY(parse_name(request));
    const auto made = TRY(write_as(in, request, Permission::groups_write, [&](store::Transaction& tx, const audit::Event& by) { return in.directory.groups().create(tx, name, by); }));
    auto reply = json_reply(201, told(made));
    reply.with("Location", request.site.base_url + "/api/v1/groups/" + made.id.text());
    return reply;
  }));
  routes.add(row(Method::get, "/groups/{group}", "group_get", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(Id::parse(request.path_value("group")));
    return json_reply(200, told(TRY(read_as(in, request, Permission::groups_read, [&](store::Transaction& tx) { return in.directory.groups().get(tx, id); }))));
  }));
  routes.add(row(Method::patch, "/groups/{group}", "group_rename", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(Id::parse(request.path_value("group")));
    const auto name = TRY(parse_name(request));
    return json_reply(200, told(TRY(write_as(in, request, Permission::groups_write, [&](store::Transaction& tx, const audit::Event& by) { return in.directory.groups().rename(tx, id, name, by); }))));
  }));
  routes.add(row(Method::del, "/groups/{group}", "group_delete", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(Id::parse(request.path_value("group")));
    TRY(write_as(in, request, Permission::groups_write, [&](store::Transaction& tx, const audit::Event& by) { return in.directory.groups().remove(tx, id, by); }));
    return Reply::empty(204);
  }));
  add_member_routes(routes, in);
}

}  // namespace kidoban::console
