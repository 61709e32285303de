// /api/v1/groups[/{group}], /groups/preview-rule. Who is in them: group_members_api.cpp.

#include <boost/json.hpp>

#include "base/text.h"
#include "console/answers.h"
#include "console/asking.h"
#include "console/json_body.h"
#include "directory/group_rules.h"

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
          {"rule", group.rule},
          {"created_at", rfc3339(to_us(group.created_at))},
          {"updated_at", rfc3339(to_us(group.updated_at))}};
}

// `rule_pass` is there while a new rule is being asked of everybody.
struct Shown {
  Group group;
  std::optional<directory::RulePass> pass;
};

Result<Shown> shown(const Inside& in, store::Transaction& tx, Group group) {
  auto pass = TRY(in.directory.groups().rule_pass(tx, group.id));
  return Shown{std::move(group), pass};
}

Reply reply_with(int status, const Shown& shown) {
  const auto& [group, pass] = shown;
  auto body = told(group);
  if (pass) body["rule_pass"] = json::object{{"people", pass->seen}, {"added", pass->added}, {"removed", pass->removed}};
  auto reply = json_reply(status, body);
  reply.with("ETag", entity_tag(group.version));
  return reply;
}

Reply made_reply(const Request& request, const Shown& made) {
  auto reply = reply_with(201, made);
  reply.with("Location", request.site.base_url + "/api/v1/groups/" + made.group.id.text());
  return reply;
}

Result<directory::GroupAttributes> parse_new(const Request& request) {
  auto body = TRY(JsonBody::parse(request.body));
  directory::GroupAttributes wanted{.name = TRY(body.required_text("name"))};
  wanted.description = TRY(body.text("description")).value_or("");
  wanted.mail = TRY(body.text("mail")).value_or("");
  wanted.type = TRY(body.text("type")).value_or("");
  wanted.external_id = TRY(body.text("external_id")).value_or("");
  wanted.rule = TRY(body.text("rule")).value_or("");
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
  change.rule = TRY(body.text("rule"));
  TRY(body.done());
  return change;
}

// A rule tells its writer who people are: whoever writes one must be allowed to see them all.
Status may_rule(const Inside& in, store::Transaction& tx, const Request& request, bool has_rule) {
  if (!has_rule) return {};
  return check(TRY(asking(in, tx, request, Permission::people_read)), Permission::people_read);
}

// The first people at once; the rest goes on behind (service/).
Result<Shown> after_rule(const Inside& in, const Request& request, Shown group) {
  if (!group.pass) return group;
  const TenantId tenant = *request.site.tenant;
  TRY(directory::ask_everybody(in.store, in.directory, tenant, group.group.id, in.asks_rules_for));
  group.pass = TRY(in.store.read(tenant, request.deadline, [&](store::Transaction& tx) { return in.directory.groups().rule_pass(tx, group.group.id); }));
  return group;
}

void add_preview_route(http::Routes& routes, const Inside& in) {
  routes.add(row(Method::post, "/groups/preview-rule", "group_rule_preview", [in](Request& request) -> Result<Reply> {
    auto body = TRY(JsonBody::parse(request.body));
    const auto text = TRY(body.required_text("rule"));
    TRY(body.done());
    const auto rule = TRY(read_as(in, request, Permission::people_read, [&](store::Transaction& tx) -> Result<directory::Filter> {
      return directory::rule_of(text, TRY(in.directory.schema(tx)).custom);
    }));
    const auto preview = TRY(directory::preview_of(in.store, in.directory, *request.site.tenant, rule, std::chrono::seconds(5)));
    json::array first;
    for (const auto& one : preview.first) {
      first.push_back(json::object{{"id", one.id.text()}, {"login", one.profile.login}, {"display_name", one.profile.display_name}});
    }
    return json_reply(200, {{"people", preview.seen}, {"matching", preview.matching}, {"complete", preview.complete}, {"first", std::move(first)}});
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
    const auto wanted = TRY(parse_new(request));
    std::optional<Shown> made;
    auto reply = TRY(create_as(in, request, Permission::groups_write, [&](store::Transaction& tx, const Asking&, const audit::Event& by) -> Result<Reply> {
      TRY(may_rule(in, tx, request, !wanted.rule.empty()));
      made = TRY(shown(in, tx, TRY(in.directory.groups().create(tx, wanted, by))));
      return made_reply(request, *made);
    }));
    // Told again, it is as it was when it was made: how far its rule is by now, GET says.
    if (!made || !made->pass) return reply;
    return made_reply(request, TRY(after_rule(in, request, *made)));
  }));
  routes.add(row(Method::get, "/groups/{group}", "group_get", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(Id::parse(request.path_value("group")));
    return reply_with(200, TRY(read_as(in, request, Permission::groups_read, [&](store::Transaction& tx) -> Result<Shown> { return shown(in, tx, TRY(in.directory.groups().get(tx, id))); })));
  }));
  routes.add(row(Method::patch, "/groups/{group}", "group_change", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(Id::parse(request.path_value("group")));
    const auto version = TRY(if_match(request));
    const auto wanted = TRY(parse_change(request));
    const auto changed = TRY(write_as(in, request, Permission::groups_write, [&](store::Transaction& tx, const audit::Event& by) -> Result<Shown> {
      TRY(may_rule(in, tx, request, wanted.rule.has_value()));
      return shown(in, tx, TRY(in.directory.groups().change(tx, id, wanted, version, by)));
    }));
    return reply_with(200, TRY(after_rule(in, request, changed)));
  }));
  routes.add(row(Method::del, "/groups/{group}", "group_delete", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(Id::parse(request.path_value("group")));
    const auto version = TRY(if_match(request));
    TRY(write_as(in, request, Permission::groups_write, [&](store::Transaction& tx, const audit::Event& by) { return in.directory.groups().remove(tx, id, version, by); }));
    return Reply::empty(204);
  }));
  add_preview_route(routes, in);
}

}  // namespace kidoban::console
