// The rows of one resource: /Users, /Users/{id}, /Groups, /Groups/{id}, /Me.

#include <boost/json.hpp>

#include "base/limits.h"
#include "base/text.h"
#include "provisioning/scim_server/inside.h"

namespace kidoban::scim {

namespace json = boost::json;
using http::Method, http::Reply, http::Request;

namespace {

std::vector<std::string> names_in(const http::Form& query, std::string_view field) {
  std::vector<std::string> out;
  if (const auto text = query.get(field)) {
    for (const auto one : split(*text, ',')) out.emplace_back(one);
  }
  return out;
}

Result<Selection> selection_of(const Request& request) {
  const auto query = TRY(request.query_form());
  return Selection::parse(names_in(query, "attributes"), names_in(query, "excludedAttributes"));
}

// One kind of resource: its functions, and what of it costs most to show.
struct Kind_ {
  std::string path, name;
  std::string_view heavy;
  std::size_t body;
  Result<Shown> (*read)(const Inside&, const Request&, const Call&);
  Result<Shown> (*create)(const Inside&, const Request&, const Call&);
  Result<Shown> (*replace)(const Inside&, const Request&, const Call&);
  Result<Shown> (*patch)(const Inside&, const Request&, const Call&);
  Status (*remove)(const Inside&, const Request&, const Call&);
};

// Custom attributes are chosen by the shape that has them: any tenant's will do for names that all have.
Result<ResourceShape> shape_of(const Inside& in, const Request& request, const Kind_& kind, const Selection& selection) {
  if (kind.path == "/Groups") return group_shape();
  if (selection.include.empty() && selection.exclude.empty()) return user_shape({});
  return user_shape(TRY(in.store.read(*request.site.tenant, request.deadline, [&](store::Transaction& tx) { return in.directory.schema(tx); })));
}

using Change = Result<Shown> (*)(const Inside&, const Request&, const Call&);

Result<Reply> changed(const Inside& in, const Request& request, const Kind_& kind, Change act) {
  // Who may nothing has nothing large read.
  if (request.body.size() > limits::json_body_bytes) {
    TRY(in.store.read(*request.site.tenant, request.deadline, [&](store::Transaction& tx) { return caller(in, tx, request, Permission::groups_write); }));
  }
  const auto body = TRY(body_of(request));
  const auto selection = TRY(selection_of(request));
  Call call{&body, std::nullopt, TRY(tags_in(request.header("if-match"))), selection.wants(kind.heavy)};
  call.briefly = request.method == Method::patch && selection.include.empty() && selection.exclude.empty();
  const bool makes = request.method == Method::post;
  if (!makes) call.id = TRY(Id::parse(request.path_value("id")));
  auto shown = TRY(act(in, request, call));
  if (shown.briefly) {
    auto reply = Reply::empty(204);
    reply.with("ETag", "W/\"" + shown.tag + "\"");
    return reply;
  }
  return resource_reply(makes ? 201 : 200, TRY(shape_of(in, request, kind, selection)), selection, std::move(shown));
}

Result<Reply> read_one(const Inside& in, const Request& request, const Kind_& kind, const Id& id) {
  const auto selection = TRY(selection_of(request));
  auto shown = TRY(kind.read(in, request, {nullptr, id, std::nullopt, selection.wants(kind.heavy)}));
  const auto known = TRY(tags_in(request.header("if-none-match")));
  if (known && !shown.tag.empty() && known->fit(shown.tag)) {
    auto reply = Reply::empty(304);
    reply.with("ETag", "W/\"" + shown.tag + "\"");
    return reply;
  }
  return resource_reply(200, TRY(shape_of(in, request, kind, selection)), selection, std::move(shown));
}

void add_kind(http::Routes& routes, const Inside& in, const Kind_& kind) {
  routes.add(row(Method::post, kind.path, kind.name + "_create", kind.body, [in, kind](Request& request) { return changed(in, request, kind, kind.create); }));
  routes.add(row(Method::get, kind.path + "/{id}", kind.name + "_get", 0, [in, kind](Request& request) -> Result<Reply> {
    return read_one(in, request, kind, TRY(Id::parse(request.path_value("id"))));
  }));
  routes.add(row(Method::put, kind.path + "/{id}", kind.name + "_replace", kind.body, [in, kind](Request& request) { return changed(in, request, kind, kind.replace); }));
  routes.add(row(Method::patch, kind.path + "/{id}", kind.name + "_patch", kind.body, [in, kind](Request& request) { return changed(in, request, kind, kind.patch); }));
  routes.add(row(Method::del, kind.path + "/{id}", kind.name + "_delete", 0, [in, kind](Request& request) -> Result<Reply> {
    TRY(kind.remove(in, request, {nullptr, TRY(Id::parse(request.path_value("id"))), TRY(tags_in(request.header("if-match"))), false}));
    return Reply::empty(204);
  }));
}

}  // namespace

void add_resource_routes(http::Routes& routes, const Inside& in) {
  const Kind_ users{"/Users", "user", "groups", limits::json_body_bytes, read_user, create_user, replace_user, patch_user, delete_user};
  const Kind_ groups{"/Groups", "group", "members", limits::scim_body_bytes, read_group, create_group, replace_group, patch_group, delete_group};
  add_kind(routes, in, users);
  add_kind(routes, in, groups);
  // RFC 7644 §3.11: whoever asks, where they are a person.
  routes.add(row(Method::get, "/Me", "me", 0, [in, users](Request& request) -> Result<Reply> {
    const auto who = TRY(in.store.read(*request.site.tenant, request.deadline, [&](store::Transaction& tx) { return caller(in, tx, request, Permission::people_read); }));
    if (who.actor.kind != audit::ActorKind::person) return fail(Kind::not_found, "me_is_nobody");
    return read_one(in, request, users, *who.actor.id);
  }));
}

}  // namespace kidoban::scim
