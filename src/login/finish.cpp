#include "base/text.h"
#include "login/inside.h"

namespace kidoban::login {

// The one place where anyone is let in.
Result<http::Reply> Login::Inside::admit(store::Transaction& tx, const http::Request& request,
                                         const federation::SignInRequest& asked, const Session& session) {
  const auto protocol = protocols.find(asked.protocol);
  if (protocol == protocols.end()) return fail(Kind::internal, "protocol_unknown", asked.protocol);
  federation::SignIn sign_in;
  sign_in.person = session.person;
  sign_in.session = session.id;
  sign_in.signed_in_at = session.signed_in_at;
  sign_in.amr = session.amr;
  sign_in.acr = acr_of(session.amr);
  sign_in.scopes = asked.scopes;
  auto reply = TRY(protocol->second->admit(tx, request, asked, sign_in));
  if (!asked.application.is_nil()) {
    auto event = event_of(request, "application.opened", session.person);
    event.target_kind = "application";
    event.target = asked.application;
    event.session = session.id;
    TRY(audit.append(tx, event));
  }
  return reply;
}

// The journey ends: `standing` is due to finish, its session is there.
Result<Outcome> Login::Inside::finish(store::Transaction& tx, const http::Request& request, const Standing& standing) {
  Outcome outcome;
  const Progress& p = standing.journey.progress;
  outcome.reply = TRY(admit(tx, request, p.asked, *standing.session));
  TRY(erase_journey(tx, standing.journey.id));
  return outcome;
}

// Nothing more is asked of the person than, perhaps, their consent.
Result<Outcome> Login::Inside::let_in(store::Transaction& tx, const http::Request& request, Standing& standing) {
  Outcome done;
  auto begun = TRY(begin_session(tx, request, standing));
  if (TRY(consent_needed(tx, standing.journey.progress.asked, standing.person->id))) TRY(update_journey(tx, *standing.key, standing.journey));
  else done = TRY(finish(tx, request, standing));
  done.session_cookie = std::move(begun.session_cookie);
  done.browser_cookie = std::move(begun.browser_cookie);
  return done;
}

// The person has passed all that the policy asks. The browser's former session ends with this one's begin.
Result<Login::Inside::Begun> Login::Inside::begin_session(store::Transaction& tx, const http::Request& request,
                                                 Standing& standing) {
  const Id person = standing.person->id;
  if (standing.session) {
    TRY(sessions.end(tx, standing.session->id, standing.session->person, event_of(request, "session.ended", person),
                     "signed_in_again"));
  }
  auto started = TRY(sessions.start(tx, person, standing.journey.progress.amr, request));
  auto event = event_of(request, "session.started", person);
  event.session = started.session.id;
  const Progress& p = standing.journey.progress;
  event.detail.emplace_back("methods", join(p.amr, " "));
  if (!p.asked.application_name.empty()) event.detail.emplace_back("application", p.asked.application_name);
  auto met = TRY(browsers.meet(tx, person, request));
  using Familiar = Browsers::Familiar;
  if (met.familiar == Familiar::another || met.familiar == Familiar::many) event.detail.emplace_back("new_browser", "true");
  if (met.familiar == Familiar::another && options.when_new_browser) TRY(options.when_new_browser(tx, request, *standing.person));
  TRY(audit.append(tx, event));
  standing.journey.progress.session = started.session.id;
  standing.session = std::move(started.session);
  return Begun{std::move(started.cookie_value), std::move(met.cookie)};
}

Result<http::Reply> Login::Inside::refuse(const http::Request& request, const federation::SignInRequest& asked,
                                          federation::Refusal refusal) {
  const auto protocol = protocols.find(asked.protocol);
  if (protocol == protocols.end()) return fail(Kind::internal, "protocol_unknown", asked.protocol);
  return protocol->second->refuse(request, asked, refusal);
}

}  // namespace kidoban::login
