// /api/v1/groups/{group}/members[/{member}], /groups/{group}/effective-members, /people/{person}/groups.

#include <boost/json.hpp>

#include "console/answers.h"
#include "console/asking.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;
using directory::EffectiveMember, directory::Member, directory::MemberKind, directory::Membership;
using http::Method, http::Reply, http::Request;

json::object told(const Member& member) { return {{"id", member.id.text()}, {"type", member.kind == MemberKind::group ? "group" : "person"}}; }
json::object told(const EffectiveMember& member) { return {{"id", member.person.text()}, {"type", "person"}, {"direct", member.direct}}; }
json::object told(const Membership& group) { return {{"id", group.id.text()}, {"name", group.name}, {"direct", group.direct}}; }

const Id& id_of(const Member& member) { return member.id; }
const Id& id_of(const EffectiveMember& member) { return member.person; }
const Id& id_of(const Membership& group) { return group.id; }

template <class T>
Reply page_with(std::string_view plural, const std::vector<T>& all, const Page& page) {
  json::array rows;
  for (const T& one : all) rows.push_back(told(one));
  return page_reply(plural, std::move(rows), page, all.empty() ? std::nullopt : std::optional(id_of(all.back())));
}

// ?direct=true leaves out what comes by way of another group. malformed/"direct_malformed".
Result<bool> direct_alone(const Request& request) {
  const auto query = TRY(request.query_form());
  const auto word = query.get("direct").value_or("false");
  if (word != "true" && word != "false") return fail(Kind::malformed, "direct_malformed");
  return word == "true";
}

// A role may reach the people of one group. Whoever has it there doesn't reach more of them by putting them in.
Status check_reach(const Inside& in, store::Transaction& tx, const Request& request, const Id& member) {
  const auto who = TRY(asking(in, tx, request, Permission::groups_write));
  if (who.may(Permission::groups_write)) return {};
  const auto person = in.directory.get_person(tx, member);
  if (!person && person.error().kind == Kind::not_found) return {};  // a group, or nobody: what is reached is who stands in it directly
  if (!person) return std::unexpected(person.error());
  if (TRY(who.may(in, tx, Permission::people_read, *person))) return {};
  return fail(Kind::forbidden, "permission_missing", "people_read");
}

}  // namespace

void add_group_member_routes(http::Routes& routes, const Inside& in) {
  const std::string members = "/groups/{group}/members";
  routes.add(row(Method::get, members, "members_list", [in](Request& request) -> Result<Reply> {
    const Id group = TRY(Id::parse(request.path_value("group")));
    const auto page = TRY(page_of(request));
    return page_with("members", TRY(read_as(in, request, Permission::groups_read, [&](store::Transaction& tx) { return in.directory.groups().members(tx, group, page.after, page.limit); })), page);
  }));
  routes.add(row(Method::put, members + "/{member}", "member_add", [in](Request& request) -> Result<Reply> {
    const Id group = TRY(Id::parse(request.path_value("group"))), member = TRY(Id::parse(request.path_value("member")));
    TRY(write_as(in, request, Permission::groups_write, [&](store::Transaction& tx, const audit::Event& by) -> Status {
      TRY(check_reach(in, tx, request, member));
      return in.directory.groups().add(tx, group, member, by);
    }));
    return Reply::empty(204);
  }));
  routes.add(row(Method::del, members + "/{member}", "member_remove", [in](Request& request) -> Result<Reply> {
    const Id group = TRY(Id::parse(request.path_value("group"))), member = TRY(Id::parse(request.path_value("member")));
    TRY(write_as(in, request, Permission::groups_write, [&](store::Transaction& tx, const audit::Event& by) { return in.directory.groups().take_out(tx, group, member, by); }));
    return Reply::empty(204);
  }));
  routes.add(row(Method::get, "/groups/{group}/effective-members", "effective_members_list", [in](Request& request) -> Result<Reply> {
    const Id group = TRY(Id::parse(request.path_value("group")));
    const auto page = TRY(page_of(request));
    return page_with("members", TRY(read_as(in, request, Permission::groups_read, [&](store::Transaction& tx) { return in.directory.groups().effective_members(tx, group, page.after, page.limit); })), page);
  }));
  routes.add(row(Method::get, "/people/{person}/groups", "memberships_list", [in](Request& request) -> Result<Reply> {
    const Id person = TRY(Id::parse(request.path_value("person")));
    const auto page = TRY(page_of(request));
    const bool direct = TRY(direct_alone(request));
    return page_with("groups", TRY(read_as(in, request, Permission::groups_read, [&](store::Transaction& tx) -> Result<std::vector<Membership>> {
                       TRY(in.directory.get_person(tx, person));
                       auto& groups = in.directory.groups();
                       return direct ? groups.directly_of(tx, person, page.after, page.limit) : groups.of(tx, person, page.after, page.limit);
                     })), page);
  }));
}

}  // namespace kidoban::console
