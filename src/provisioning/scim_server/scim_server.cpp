#include "provisioning/scim_server/scim_server.h"

#include "provisioning/scim_server/inside.h"

namespace kidoban::scim {

directory::Writer Caller::writer() const {
  directory::Writer out;
  if (source) out = {directory::Writer::Kind::source, source};
  return out;
}

Result<Caller> caller(const Inside& in, store::Transaction& tx, const http::Request& request, Permission needed) {
  if (!request.header("authorization").empty()) return fail(Kind::unauthenticated, "token_unknown");
  const auto person = TRY(in.login.person_asking(tx, request));
  if (!person) return fail(Kind::unauthenticated, "session_missing");
  const auto may = person->administrator ? directory::every_permission() : directory::PermissionSet{};
  if (!may.test(static_cast<std::size_t>(needed))) return fail(Kind::forbidden, "permission_missing", std::string(directory::word_of(needed)));
  return Caller{{audit::ActorKind::person, person->id}, may, std::nullopt};
}

audit::Event by(const http::Request& request, const Caller& who) { return audit::from(request, {.name = "scim.request", .actor = who.actor}); }

void ScimServer::add_routes(http::Routes& routes) {
  const Inside in{store_, directory_, login_, keys_, clock_, prepare_};
  add_resource_routes(routes, in);
  add_search_routes(routes, in);
  add_discovery_routes(routes, in);
  add_bulk_routes(routes, in);
}

}  // namespace kidoban::scim
