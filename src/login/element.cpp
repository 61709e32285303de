// One element of the policy: a factor judges the answer, between the charge for the attempt and the
// record of what came of it.

#include "base/text.h"
#include "login/inside.h"
#include "runtime/log.h"
#include "runtime/metrics.h"

namespace kidoban::login {

namespace {
enum Counted : std::size_t { counted_passed, counted_refused, counted_locked };
runtime::Counter attempts("kidoban_sign_in_attempts_total", "Answers to a factor's step.", "outcome",
                          {"passed", "refused", "locked"});

}  // namespace

Result<Outcome> Login::Inside::show_factor(const http::Request& request, const Standing& standing,
                                           const http::Form& form) {
  const TenantId tenant = *request.site.tenant;
  const std::string& login = standing.journey.progress.login;
  const auto language = language_of(request, standing.journey.progress.asked);
  const auto wait = TRY(store.write_snapshot(tenant, request.deadline, [&](store::Transaction& tx) {
    return lockout.charge(tx, login, request.client_address);
  }));
  if (wait > 0) {
    attempts.add(counted_locked);
    const auto text = pages.word(language, "login", "problem.please_wait", {std::to_string(wait)});
    return Outcome{{}, {}, {}, Problem{"please_wait", text, 429, wait}, {}};
  }
  const auto refund = [&]() -> Status {
    return store.write_snapshot(tenant, request.deadline, [&](store::Transaction& tx) -> Status {
      return lockout.refund(tx, login, request.client_address);
    });
  };
  auto verdict = standing.factor->judge(step_of(request, standing), form);
  if (!verdict) {
    if (const Status given_back = refund(); !given_back) {
      runtime::log(runtime::Level::warning, "lockout_refund_failed", given_back.error());
    }
    return std::unexpected(std::move(verdict.error()));
  }
  if (const auto* prompt = std::get_if<factors::Prompt>(&*verdict)) {
    TRY(refund());
    const auto text = pages.word(language, folder_of(*standing.factor), prompt->problem);
    return Outcome{{}, {}, {}, Problem{prompt->problem, text, 400}, {}};
  }
  if (const auto* refused = std::get_if<factors::Refused>(&*verdict)) return record_refused(request, standing, *refused);
  return record_passed(request, standing, std::get<factors::Passed>(*verdict));
}

Result<Outcome> Login::Inside::record_refused(const http::Request& request, const Standing& standing,
                                              const factors::Refused& refused) {
  attempts.add(counted_refused);
  TRY(store.write_snapshot(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Status {
    if (refused.record) TRY(refused.record(tx));
    auto event = event_of(request, "sign_in.factor", std::nullopt);
    event.outcome = audit::Outcome::refused;
    event.reason = std::string(refused.reason.text());
    if (standing.person) {
      event.target_kind = "person";
      event.target = standing.person->id;
    }
    event.detail.emplace_back("factor", std::string(standing.factor->name()));
    const auto& application = standing.journey.progress.asked.application_name;
    if (!application.empty()) event.detail.emplace_back("application", application);
    if (standing.person && options.when_held_up) {
      if (const auto until = TRY(lockout.news_of(tx, standing.journey.progress.login))) TRY(options.when_held_up(tx, *standing.person, *until));
    }
    return audit.append(tx, event);
  }));
  const auto language = language_of(request, standing.journey.progress.asked);
  const auto text = pages.word(language, folder_of(*standing.factor), refused.reason.text());
  return Outcome{{}, {}, {}, Problem{std::string(refused.reason.text()), text, 403}, {}};
}

Result<Outcome> Login::Inside::record_passed(const http::Request& request, const Standing& before,
                                             const factors::Passed& passed) {
  auto outcome = TRY(store.write_snapshot(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Result<Outcome> {
    auto s = TRY(stand(tx, request));
    Progress& p = s.journey.progress;
    // Judged for one state, recorded in the same one or not at all: the journey's version says so.
    if (s.due != Due::element || s.journey.version != before.journey.version || !s.person ||
        s.person->id != before.person->id) {
      return Outcome{};
    }
    if (passed.record) TRY(passed.record(tx));
    TRY(lockout.passed(tx, p.login, request.client_address));
    auto event = event_of(request, "sign_in.factor", s.person->id);
    event.detail.emplace_back("factor", std::string(before.factor->name()));
    TRY(audit.append(tx, event));
    p.passed.emplace_back(before.factor->name());
    p.amr.insert(p.amr.end(), passed.amr.begin(), passed.amr.end());
    Outcome done;
    if (!passed.renewal.why.empty()) {
      p.renewing = before.factor->name();
      p.renewal = passed.renewal;
    } else if (p.renewing.empty() && p.asked.renew == before.factor->name()) {
      p.renewing = before.factor->name();
      p.renewal = {"wished", passed.renewal.proof};
    }
    if (p.passed.size() < s.policy.elements.size()) {
      TRY(update_journey(tx, *s.key, s.journey));
      return done;
    }
    if (p.asked.person && *p.asked.person != s.person->id) {
      // OIDC Core §3.1.2.2: not the person that id_token_hint names.
      TRY(erase_journey(tx, s.journey.id));
      done.refusal = federation::Refusal::login_required;
      done.asked = p.asked;
      return done;
    }
    // RFC 8176 §2: several kinds were shown.
    if (s.policy.elements.size() > 1) p.amr.emplace_back("mfa");
    if (p.renewing.empty()) return let_in(tx, request, s);
    TRY(update_journey(tx, *s.key, s.journey));
    return done;
  }));
  attempts.add(counted_passed);
  return outcome;
}

}  // namespace kidoban::login
