// What a browser asks of a journey, and what its answers do. Each step changes the stored state and
// returns; what comes next is the dispatcher's to say.

#include <boost/json.hpp>

#include "base/limits.h"
#include "base/secret.h"
#include "base/text.h"
#include "login/inside.h"

namespace kidoban::login {

namespace {

std::string_view name_of(const Standing& standing) {
  switch (standing.due) {
    case Due::choose: return "choose";
    case Due::identify: return "identify";
    case Due::element: return standing.factor->name();
    case Due::renewal: return "renewal";
    case Due::consent: return "consent";
    case Due::finish: break;
  }
  return "done";
}

// A form, or a flat JSON object of strings.
Result<http::Form> parse_answer(const http::Request& request) {
  if (request.content_type() != "application/json") return request.body_form();
  boost::system::error_code error;
  boost::json::parse_options strict;
  strict.max_depth = 2;
  const auto parsed = boost::json::parse(request.body, error, {}, strict);
  if (error || !parsed.is_object()) return fail(Kind::malformed, "body_malformed");
  http::Form form;
  if (parsed.get_object().size() > limits::form_fields) return fail(Kind::malformed, "body_malformed");
  for (const auto& [name, value] : parsed.get_object()) {
    if (!value.is_string()) return fail(Kind::malformed, "body_malformed");
    form.add(std::string(name), std::string(value.get_string()));
  }
  return form;
}

// The step isn't due any more: another window was quicker. The person sees what is due now.
Outcome moved_on() { return {}; }

}  // namespace

Result<http::Reply> Login::Inside::show_journey(http::Request& request) {
  const TenantId tenant = *request.site.tenant;
  auto standing = TRY(store.read(tenant, request.deadline,
                                 [&](store::Transaction& tx) { return stand(tx, request); }));
  if (standing.due != Due::finish) return show(request, standing, std::nullopt);
  auto outcome = TRY(store.write_snapshot(tenant, request.deadline, [&](store::Transaction& tx) -> Result<Outcome> {
    const auto now = TRY(stand(tx, request));
    return now.due == Due::finish ? finish(tx, request, now) : moved_on();
  }));
  return conclude(request, std::move(outcome));
}

Result<http::Reply> Login::Inside::answer_journey(http::Request& request) {
  const auto form = TRY(parse_answer(request));
  const auto standing = TRY(store.read(*request.site.tenant, request.deadline,
                                       [&](store::Transaction& tx) { return stand(tx, request); }));
  if (!constant_time_equal(form_token(standing), form.get_or("csrf"))) {
    const auto language = language_of(request, standing.journey.progress.asked);
    return show(request, standing, Problem{"form_stale", pages.word(language, "login", "problem.form_stale")});
  }
  Outcome outcome;
  if (form.get_or("step") == name_of(standing)) {
    switch (standing.due) {
      case Due::identify: outcome = TRY(identify(request, form)); break;
      case Due::choose: outcome = TRY(choose(request, form)); break;
      case Due::consent: outcome = TRY(consent(request, form)); break;
      case Due::element:
        outcome = form.has("back") ? TRY(go_back(request)) : TRY(show_factor(request, standing, form));
        break;
      case Due::renewal:
        outcome = form.has("back") ? TRY(go_back(request)) : TRY(renew(request, standing, form));
        break;
      case Due::finish: break;
    }
  }
  if (outcome.problem) return show(request, standing, outcome.problem);
  return conclude(request, std::move(outcome));
}

Result<Outcome> Login::Inside::identify(const http::Request& request, const http::Form& form) {
  // Says only whether it could be a login; never whether it is one.
  const auto login = directory::canonical_login(form.get_or("login"));
  return store.write_snapshot(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Result<Outcome> {
    auto s = TRY(stand(tx, request));
    if (s.due != Due::identify) return moved_on();
    if (!login) {
      const auto language = language_of(request, s.journey.progress.asked);
      return Outcome{{}, {}, {}, Problem{"login_malformed", pages.word(language, "login", "problem.login_malformed"), 400}, {}};
    }
    s.journey.progress.login = *login;
    TRY(update_journey(tx, *s.key, s.journey));
    return Outcome{};
  });
}

Result<Outcome> Login::Inside::go_back(const http::Request& request) {
  return store.write_snapshot(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Result<Outcome> {
    auto s = TRY(stand(tx, request));
    Progress& p = s.journey.progress;
    if (s.due != Due::element && s.due != Due::renewal) return moved_on();
    p.login.clear();
    begin_again(p);
    TRY(update_journey(tx, *s.key, s.journey));
    return Outcome{};
  });
}

Result<Outcome> Login::Inside::choose(const http::Request& request, const http::Form& form) {
  const auto account = form.get_or("account");
  return store.write_snapshot(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Result<Outcome> {
    auto s = TRY(stand(tx, request));
    if (s.due != Due::choose) return moved_on();
    Progress& p = s.journey.progress;
    p.chosen = true;
    if (account == s.session->person.text()) {
      if (satisfies(*s.session, p.asked, p.started_at, clock.now())) {
        p.session = s.session->id;
        if (!TRY(consent_needed(tx, p.asked, s.session->person))) return finish(tx, request, s);
      } else {
        p.login = s.session_person->profile.login;
      }
    }
    TRY(update_journey(tx, *s.key, s.journey));
    return Outcome{};
  });
}

Result<Outcome> Login::Inside::consent(const http::Request& request, const http::Form& form) {
  const bool allowed = form.get_or("decision") == "allow";
  if (!allowed && form.get_or("decision") != "deny") return moved_on();
  return store.write_snapshot(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Result<Outcome> {
    auto s = TRY(stand(tx, request));
    if (s.due != Due::consent) return moved_on();
    const auto& asked = s.journey.progress.asked;
    const auto by = event_of(request, "consent.given", s.session->person);
    if (allowed) {
      TRY(consents.give(tx, s.session->person, asked.application, asked.scopes, by));
      return finish(tx, request, s);
    }
    auto event = event_of(request, "consent.refused", s.session->person);
    event.outcome = audit::Outcome::refused;
    event.target_kind = "application";
    event.target = asked.application;
    TRY(audit.append(tx, event));
    TRY(erase_journey(tx, s.journey.id));
    Outcome outcome;
    outcome.refusal = federation::Refusal::access_denied;
    outcome.asked = asked;
    return outcome;
  });
}

}  // namespace kidoban::login
