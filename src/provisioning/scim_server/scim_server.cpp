#include "provisioning/scim_server/scim_server.h"

#include "base/text.h"
#include "provisioning/scim_server/inside.h"

namespace kidoban::scim {

directory::Writer Caller::writer() const {
  directory::Writer out;
  if (source) out = {directory::Writer::Kind::source, source};
  return out;
}

namespace {

// RFC 6750 §2.1.
Result<Caller> account_asking(const Inside& in, store::Transaction& tx, std::string_view header) {
  if (header.size() < 7 || !ascii_iequals(header.substr(0, 7), "Bearer ")) return fail(Kind::unauthenticated, "token_invalid");
  auto known = TRY(in.directory.service_accounts().authenticate(tx, trim(header.substr(7))));
  const Id account = known.account.id;
  return Caller{{audit::ActorKind::service_account, account}, known.account.permissions, directory::Source{directory::SourceKind::scim, account}, std::move(known.token)};
}

Result<Caller> person_asking(const Inside& in, store::Transaction& tx, const http::Request& request) {
  const auto person = TRY(in.login.person_asking(tx, request));
  if (!person) return fail(Kind::unauthenticated, "session_missing");
  return Caller{{audit::ActorKind::person, person->id}, TRY(in.directory.roles().grant_of(tx, person->id, person->administrator)).everywhere, std::nullopt, std::nullopt};
}

}  // namespace

Result<Caller> caller(const Inside& in, store::Transaction& tx, const http::Request& request, Permission needed) {
  const std::string_view header = request.header("authorization");
  auto who = TRY(header.empty() ? person_asking(in, tx, request) : account_asking(in, tx, header));
  if (!who.holds(needed)) return fail(Kind::forbidden, "permission_missing", std::string(directory::word_of(needed)));
  return who;
}

audit::Event by(const http::Request& request, const Caller& who) {
  auto event = audit::from(request, {.name = "scim.request", .actor = who.actor});
  if (who.token) event.detail.emplace_back("token", who.token->id.text());
  return event;
}

void ScimServer::add_routes(http::Routes& routes) {
  const Inside in{store_, directory_, login_, passwords_, keys_, clock_};
  add_resource_routes(routes, in);
  add_search_routes(routes, in);
  add_discovery_routes(routes, in);
  add_bulk_routes(routes, in);
}

}  // namespace kidoban::scim
