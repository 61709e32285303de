#include "provisioning/scim_server/scim_server.h"

#include "provisioning/scim_server/inside.h"

namespace kidoban::scim {

std::optional<directory::Source> Caller::source() const {
  if (actor.kind != audit::ActorKind::service_account) return std::nullopt;
  return directory::Source{directory::SourceKind::scim, *actor.id};
}

directory::Writer Caller::writer() const {
  if (const auto own = source()) return {directory::Writer::Kind::source, own};
  return {};
}

Result<Caller> caller(const Inside& in, store::Transaction& tx, const http::Request& request, Permission needed) {
  Caller who{TRY(login::asker(in.login, in.directory, tx, request)), needed};
  if (!directory::holds(who.grant.everywhere, needed)) return fail(Kind::forbidden, "permission_missing", std::string(directory::word_of(needed)));
  return who;
}

Result<Caller> caller(const Inside& in, Shared& shared, const http::Request& request, Permission needed) {
  if (shared.asker) {
    Caller who{*shared.asker, needed};
    if (!directory::holds(who.grant.everywhere, needed)) return fail(Kind::forbidden, "permission_missing", std::string(directory::word_of(needed)));
    return who;
  }
  auto who = TRY(caller(in, shared.tx, request, needed));
  if (who.credential) TRY(in.directory.service_accounts().note_use(shared.tx, *who.credential, by(request, who)));
  shared.asker = who;
  return who;
}

audit::Event by(const http::Request& request, const Caller& who) { return login::by(request, "scim.request", who, who.needed); }

void ScimServer::add_routes(http::Routes& routes) {
  const Inside in{store_, directory_, login_, passwords_, keys_, clock_, search_};
  add_resource_routes(routes, in);
  add_search_routes(routes, in);
  add_discovery_routes(routes, in);
  add_bulk_routes(routes, in);
}

}  // namespace kidoban::scim
