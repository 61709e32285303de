// /api/v1/roles[/{role}]; /api/v1/people/{person}/roles.

#include <boost/json.hpp>

#include "base/text.h"
#include "console/answers.h"
#include "console/asking.h"
#include "console/json_body.h"
#include "console/permission_json.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;
using directory::Assignment, directory::PermissionSet, directory::Role;
using http::Method, http::Reply, http::Request;

constexpr std::array<std::string_view, 3> scope_words{"everywhere", "group", "domain"};

json::object told(const Role& role) {
  json::object out{{"key", role.key}, {"permissions", words_json(role.permissions)}, {"fixed", role.version == 0}};
  if (!role.name.empty()) out["name"] = role.name;
  return out;
}

json::object told(const Assignment& one) {
  json::object scope{{"kind", scope_words[static_cast<std::size_t>(one.scope.kind)]}};
  if (!one.scope.what.empty()) scope[one.scope.kind == directory::Scope::Kind::group ? "group" : "domain"] = one.scope.what;
  return {{"role", one.role}, {"scope", std::move(scope)}};
}

Reply reply_with(int status, const Role& role) {
  auto reply = json_reply(status, told(role));
  reply.with("ETag", entity_tag(role.version));
  return reply;
}

// {"role":"help_desk","group":"…"} or "domain", or neither.
Result<Assignment> parse_assignment(const Request& request) {
  auto body = TRY(JsonBody::parse(request.body));
  Assignment out{TRY(body.required_text("role"))};
  const auto group = TRY(body.text("group")), domain = TRY(body.text("domain"));
  TRY(body.done());
  if (group && domain) return fail(Kind::malformed, "scope_malformed");
  if (group) out.scope = {directory::Scope::Kind::group, *group};
  if (domain) out.scope = {directory::Scope::Kind::domain, ascii_lower(*domain)};
  return out;
}

}  // namespace

void add_role_routes(http::Routes& routes, const Inside& in) {
  routes.add(row(Method::get, "/roles", "roles_list", [in](Request& request) -> Result<Reply> {
    json::array rows;
    for (const Role& one : TRY(read_as(in, request, Permission::roles_read, [&](store::Transaction& tx) { return in.directory.roles().list(tx); }))) rows.push_back(told(one));
    return json_reply(200, {{"roles", std::move(rows)}});
  }));
  routes.add(row(Method::post, "/roles", "role_create", [in](Request& request) -> Result<Reply> {
    auto body = TRY(JsonBody::parse(request.body));
    const auto name = TRY(body.required_text("name"));
    const auto set = TRY(permissions_of(body)).value_or(PermissionSet{});
    TRY(body.done());
    return create_as(in, request, Permission::roles_write, [&](store::Transaction& tx, const Asking& who, const audit::Event& by) -> Result<Reply> {
      TRY(may_hand_out(who, set));
      const auto made = TRY(in.directory.roles().create(tx, name, set, by));
      auto reply = reply_with(201, made);
      reply.with("Location", request.site.base_url + "/api/v1/roles/" + made.key);
      return reply;
    });
  }));
  routes.add(row(Method::get, "/roles/{role}", "role_get", [in](Request& request) -> Result<Reply> {
    return reply_with(200, TRY(read_as(in, request, Permission::roles_read, [&](store::Transaction& tx) { return in.directory.roles().get(tx, request.path_value("role")); })));
  }));
  routes.add(row(Method::patch, "/roles/{role}", "role_change", [in](Request& request) -> Result<Reply> {
    const auto version = TRY(if_match(request));
    auto body = TRY(JsonBody::parse(request.body));
    const auto name = TRY(body.text("name"));
    const auto set = TRY(permissions_of(body));
    TRY(body.done());
    return reply_with(200, TRY(write_as(in, request, Permission::roles_write, [&](store::Transaction& tx, const audit::Event& by) -> Result<Role> {
      if (set) TRY(may_hand_out(TRY(asking(in, tx, request, Permission::roles_write)), *set));
      auto role = TRY(in.directory.roles().change(tx, request.path_value("role"), name ? std::optional<std::string_view>(*name) : std::nullopt, set, version, by));
      TRY(in.approvals.enough_left(tx));
      return role;
    })));
  }));
  routes.add(row(Method::del, "/roles/{role}", "role_delete", [in](Request& request) -> Result<Reply> {
    TRY(write_as(in, request, Permission::roles_write, [&](store::Transaction& tx, const audit::Event& by) { return in.directory.roles().remove(tx, request.path_value("role"), by); }));
    return Reply::empty(204);
  }));
  routes.add(row(Method::get, "/people/{person}/roles", "person_roles_list", [in](Request& request) -> Result<Reply> {
    const Id person = TRY(Id::parse(request.path_value("person")));
    json::array rows;
    for (const Assignment& one : TRY(read_as(in, request, Permission::roles_read, [&](store::Transaction& tx) { return in.directory.roles().of(tx, person); }))) rows.push_back(told(one));
    return json_reply(200, {{"roles", std::move(rows)}});
  }));
  const auto changes = [in](Status (directory::Roles::*act)(store::Transaction&, const Id&, const Assignment&, const audit::Event&)) {
    return [in, act](Request& request) -> Result<Reply> {
      const Id person = TRY(Id::parse(request.path_value("person")));
      const auto wanted = TRY(parse_assignment(request));
      TRY(write_as(in, request, Permission::roles_write, [&](store::Transaction& tx, const audit::Event& by) -> Status {
        TRY(may_hand_out(TRY(asking(in, tx, request, Permission::roles_write)), TRY(in.directory.roles().get(tx, wanted.role)).permissions));
        TRY((in.directory.roles().*act)(tx, person, wanted, by));
        return in.approvals.enough_left(tx);
      }));
      return Reply::empty(204);
    };
  };
  routes.add(row(Method::put, "/people/{person}/roles", "person_role_assign", changes(&directory::Roles::assign), Takes::json));
  routes.add(row(Method::post, "/people/{person}/roles/withdrawal", "person_role_withdraw", changes(&directory::Roles::withdraw)));
}

}  // namespace kidoban::console
