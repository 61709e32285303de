#include "console/console.h"

#include "console/asking.h"

namespace kidoban::console {

Result<Asking> asking(const Inside& in, store::Transaction& tx, const http::Request& request, Permission needed) {
  const auto person = TRY(in.login.person_asking(tx, request));
  if (!person) return fail(Kind::unauthenticated, "session_missing");
  const auto may = person->administrator ? directory::every_permission() : directory::PermissionSet{};
  if (may.none()) return fail(Kind::forbidden, "not_administrator");
  if (!may.test(static_cast<std::size_t>(needed))) return fail(Kind::forbidden, "permission_missing", std::string(word_of(needed)));
  return Asking{{audit::ActorKind::person, person->id}, may};
}

audit::Event by(const http::Request& request, const Asking& who) {
  return audit::from(request, {.name = "console.request", .actor = who.actor});
}

void Console::add_routes(http::Routes& routes) {
  const Inside in{store_, directory_, login_, settings_, domains_};
  add_people_routes(routes, in);
  add_session_routes(routes, in);
  add_group_routes(routes, in);
  add_domain_routes(routes, in);
  add_directory_settings_routes(routes, in);
}

}  // namespace kidoban::console
