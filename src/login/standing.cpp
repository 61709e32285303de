#include "base/secret.h"
#include "base/text.h"
#include "login/inside.h"

namespace kidoban::login {

void begin_again(Progress& progress) {
  progress.passed.clear();
  progress.amr.clear();
  progress.renewing.clear();
  progress.renewal = {};
}

std::string journey_path(const http::Site& site, const Id& journey) { return site.base_url + "/sign-in/" + journey.text(); }

std::string browser_cookie_name(const http::Site& site) {
  return (site.secure ? "__Host-kidoban-browser-" : "kidoban-browser-") + site.slug;
}

audit::Event event_of(const http::Request& request, Reason name, const std::optional<Id>& person) {
  audit::Event event{name, audit::Outcome::success, {}, {}, {}, {}};
  if (person) {
    event.actor = {audit::ActorKind::person, person};
    event.target_kind = "person";
    event.target = person;
  }
  return audit::from(request, std::move(event));
}

Result<Login::Inside::Browser> Login::Inside::browser_of(store::Transaction& tx, const http::Request& request) {
  const auto cookie = request.cookie(session_cookie_name(request.site));
  if (!cookie) return Browser{};
  auto session = TRY(sessions.recognise(tx, *cookie));
  if (!session) return Browser{};
  auto person = directory.get_person(tx, session->person);
  if (!person && person.error().kind != Kind::not_found) return std::unexpected(std::move(person.error()));
  // Whoever was disabled since is signed in nowhere any more.
  if (!person || !person->is_active(clock.now())) return Browser{};
  return Browser{std::move(session), std::move(*person)};
}

Result<bool> Login::Inside::consent_needed(store::Transaction& tx, const federation::SignInRequest& asked,
                                           const Id& person) {
  using Consent = federation::SignInRequest::Consent;
  if (asked.consent == Consent::not_needed) return false;
  if (asked.consent == Consent::ask) return true;
  return !TRY(consents.covers(tx, person, asked.application, asked.scopes));
}

// The first of the element's factors that this person has; the first of all for one who has none, or
// isn't there: the page must not tell.
Result<factors::Factor*> Login::Inside::factor_for(store::Transaction& tx, const Element& element,
                                                   const directory::Person* person) {
  factors::Factor* first = nullptr;
  for (const std::string& name : element.choices) {
    for (factors::Factor* factor : factors) {
      if (factor->name() != name) continue;
      if (first == nullptr) first = factor;
      if (person != nullptr && TRY(factor->is_set_up(tx, person->id))) return factor;
    }
  }
  if (first == nullptr) return fail(Kind::internal, "factor_unknown");
  return first;
}

std::string Login::Inside::form_token(const Standing& standing) const {
  std::string bound(as_text(standing.journey.id.span()));
  bound += as_text(standing.journey.binding_hash);
  return base64url(standing.key->mac("login.journey_form", bound));
}

Result<Standing> Login::Inside::stand(store::Transaction& tx, const http::Request& request) {
  const auto id = Id::parse(request.path_value("journey"));
  const auto binding = request.cookie(browser_cookie_name(request.site));
  if (!id || !binding) return fail(Kind::expired, "journey_gone");
  Standing s;
  s.key = TRY(keys.of(tx));
  auto journey = TRY(find_journey(tx, *s.key, *id));
  if (!journey || journey->expires_at <= clock.now()) return fail(Kind::expired, "journey_gone");
  const auto hash = crypto::sha256(*binding);
  if (!constant_time_equal(std::span<const std::uint8_t>(hash), journey->binding_hash)) {
    return fail(Kind::expired, "journey_gone");
  }
  s.journey = std::move(*journey);
  Progress& p = s.journey.progress;
  auto browser = TRY(browser_of(tx, request));
  s.session = std::move(browser.session);
  s.session_person = std::move(browser.person);
  if (p.session && (!s.session || s.session->id != *p.session)) {
    // The session it stood on is gone: the person shows who they are again.
    p.session.reset();
    begin_again(p);
  }
  if (!p.session && s.session && p.login.empty() && !p.asked.choose_account &&
      satisfies(*s.session, p.asked, p.started_at, clock.now())) {
    p.session = s.session->id;  // signed in meanwhile in another window
  }
  if (!p.login.empty() && !p.session) {
    s.person = TRY(directory.find_by_login(tx, p.login));
    if (s.person && !s.person->is_active(clock.now())) s.person.reset();
  }
  // Whoever may not sign in any more has nothing to replace.
  if (!s.person && !p.renewing.empty()) begin_again(p);
  s.policy = policy_for(tx, s.person ? &*s.person : nullptr, p.asked);
  Facts facts;
  facts.has_session = s.session && (!p.asked.person || *p.asked.person == s.session->person);
  facts.consent_needed = p.session && TRY(consent_needed(tx, p.asked, s.session->person));
  s.due = decide(p, s.policy, facts);
  if (s.due == Due::element) {
    s.factor = TRY(factor_for(tx, s.policy.elements[p.passed.size()], s.person ? &*s.person : nullptr));
  }
  if (s.due == Due::renewal) s.factor = TRY(factor_for(tx, Element{{p.renewing}}, nullptr));
  return s;
}

}  // namespace kidoban::login
