#include "console/console.h"

#include "console/asking.h"

namespace kidoban::console {

Result<Id> administrator(const Inside& in, store::Transaction& tx, const http::Request& request) {
  const auto person = TRY(in.login.person_asking(tx, request));
  if (!person) return fail(Kind::unauthenticated, "session_missing");
  if (!person->administrator) return fail(Kind::forbidden, "not_administrator");
  return person->id;
}

audit::Event by(const http::Request& request, const Id& administrator) {
  return audit::from(request, {.name = "console.request", .actor = {audit::ActorKind::person, administrator}});
}

void Console::add_routes(http::Routes& routes) {
  const Inside in{store_, directory_, login_};
  add_people_routes(routes, in);
  add_session_routes(routes, in);
  add_group_routes(routes, in);
}

}  // namespace kidoban::console
