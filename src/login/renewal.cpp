// The step in which what was shown is replaced, before the person is let in: an expired or temporary password, or
// one that they wish to change.

#include "login/inside.h"

namespace kidoban::login {

Result<Outcome> Login::Inside::renew(const http::Request& request, const Standing& standing, const http::Form& form) {
  const auto renewed = TRY(standing.factor->renew(step_of(request, standing), standing.journey.progress.renewal, form));
  if (renewed.faults.empty()) return record_renewed(request, standing, renewed.record);
  const auto language = language_of(request, standing.journey.progress.asked);
  const std::string folder = folder_of(*standing.factor);
  const auto words = [&](const factors::Fault& fault) { return pages.word(language, folder, fault.reason.text(), {fault.value}); };
  const factors::Fault& first = renewed.faults.front();
  Problem problem{std::string(first.reason.text()), words(first), 400};
  if (renewed.faults.size() > 1) {
    problem.text = pages.word(language, folder, "faults");
    for (const factors::Fault& fault : renewed.faults) problem.faults.push_back(words(fault));
  }
  return Outcome{{}, {}, {}, std::move(problem), {}};
}

Result<Outcome> Login::Inside::record_renewed(const http::Request& request, const Standing& before, const factors::Record& record) {
  auto outcome = store.write_snapshot(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Result<Outcome> {
    auto s = TRY(stand(tx, request));
    if (s.due != Due::renewal || s.journey.version != before.journey.version || !s.person || s.person->id != before.person->id) {
      return Outcome{};
    }
    TRY(record(tx));
    // Whoever had the old one may be signed in by it (OWASP ASVS 5.0 §7.4.3).
    TRY(sessions.end_all(tx, s.person->id, event_of(request, "session.ended", s.person->id), "password_set"));
    s.journey.progress.renewing.clear();
    s.journey.progress.renewal = {};
    return let_in(tx, request, s);
  });
  if (outcome || outcome.error().reason != "renewal_stale") return outcome;
  // It was replaced meanwhile: what was shown proves nothing any more, and is asked for again.
  return store.write_snapshot(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Result<Outcome> {
    auto s = TRY(stand(tx, request));
    if (s.due != Due::renewal) return Outcome{};
    begin_again(s.journey.progress);
    TRY(update_journey(tx, *s.key, s.journey));
    return Outcome{};
  });
}

}  // namespace kidoban::login
