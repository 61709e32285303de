#include "login/dispatcher.h"

namespace kidoban::login {

Due decide(const Progress& progress, const Policy& policy, const Facts& facts) {
  if (!progress.session) {
    if (progress.asked.choose_account && !progress.chosen && facts.has_session) return Due::choose;
    if (progress.login.empty()) return Due::identify;
    if (progress.passed.size() < policy.elements.size()) return Due::element;
    if (!progress.renewing.empty()) return Due::renewal;
  }
  return facts.consent_needed ? Due::consent : Due::finish;
}

bool satisfies(const Session& session, const federation::SignInRequest& asked, Time asked_at, Time now) {
  if (asked.person && *asked.person != session.person) return false;
  if (!strong_enough(asked, acr_of(session.amr))) return false;
  if (session.signed_in_at >= asked_at) return true;
  if (asked.fresh) return false;
  if (!asked.max_age_s) return true;
  // Subtracted on the side that can't overflow: max_age is a stranger's number.
  const std::int64_t age_s = to_s(now) - to_s(session.signed_in_at);
  return age_s <= *asked.max_age_s && *asked.max_age_s > 0;
}

}  // namespace kidoban::login
