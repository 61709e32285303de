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
  return Asker{{audit::ActorKind::service_account, known.account.id}, {known.permissions, {}, {}}, {}, std::move(known.credential)};
}

audit::Event by(const http::Request& request, Reason name, const Asker& who, directory::Permission needed) {
  auto event = audit::from(request, {.name = name, .actor = who.actor});
  event.session = who.session;
  event.detail.emplace_back("permission", directory::word_of(needed));
  if (const auto roles = who.grant.roles_with(needed); !roles.empty()) event.detail.emplace_back("role", roles);
  if (who.credential) event.detail.emplace_back(directory::word_of(who.credential->kind), who.credential->id.text());
  return event;
}

void note_use(store::Store& store, directory::Directory& directory, const http::Request& request, const directory::ServiceCredential& credential) {
  if (!directory.service_accounts().is_use_due(credential)) return;
  const auto event = audit::from(request, {.name = "api.request", .actor = {audit::ActorKind::service_account, credential.account}});
  (void)store.write(*request.site.tenant, request.deadline,
                    [&](store::Transaction& tx) { return directory.service_accounts().note_use(tx, credential, event); });
}

std::string challenge(const http::Request& request, const Error& error) {
  const std::string realm = "Bearer realm=\"" + request.site.base_url + "\"";
  // §3.1: who brought no token is told where to bring one, and no error.
  if (error.kind == Kind::unauthenticated) return request.header("authorization").empty() ? realm : realm + ", error=\"invalid_token\"";
  if (error.reason == "permission_missing" && !request.header("authorization").empty()) return realm + ", error=\"insufficient_scope\"";
  return {};
}

}  // namespace kidoban::login
