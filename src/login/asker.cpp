#include "login/asker.h"

#include "base/text.h"

namespace kidoban::login {

Result<Asker> asker(Login& login, directory::Directory& directory, store::Transaction& tx, const http::Request& request) {
  const std::string_view header = request.header("authorization");
  if (header.empty()) {
    const auto browser = TRY(login.signed_in(tx, request));
    if (!browser) return fail(Kind::unauthenticated, "session_missing");
    const directory::Person& person = browser->person;
    return Asker{{audit::ActorKind::person, person.id}, TRY(directory.roles().grant_of(tx, person.id, person.administrator)), browser->session, {}};
  }
  if (header.size() < 7 || !ascii_iequals(header.substr(0, 7), "Bearer ")) return fail(Kind::unauthenticated, "token_invalid");
  auto known = TRY(directory.service_accounts().authenticate(tx, trim(header.substr(7))));
  return Asker{{audit::ActorKind::service_account, known.account.id}, {known.account.permissions, {}, {}}, {}, std::move(known.token)};
}

audit::Event by(const http::Request& request, Reason name, const Asker& who, directory::Permission needed) {
  auto event = audit::from(request, {.name = name, .actor = who.actor});
  event.session = who.session;
  event.detail.emplace_back("permission", directory::word_of(needed));
  if (const auto roles = who.grant.roles_with(needed); !roles.empty()) event.detail.emplace_back("role", roles);
  if (who.token) event.detail.emplace_back("token", who.token->id.text());
  return event;
}

}  // namespace kidoban::login
