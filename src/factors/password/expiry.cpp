// Warnings before a password runs out. Each password is looked at once for each warning, when its time has come: in the order
// in which they were set, up to a mark that moves on in the transaction that tells.

#include <algorithm>
#include <array>

#include "factors/password/expiry_store.h"
#include "factors/password/password.h"

namespace kidoban::factors::password {

namespace {

// Two weeks, and again when it becomes urgent; of a life shorter than twice that, not that early.
constexpr std::array<std::int64_t, 2> leads{14, 3};
constexpr std::size_t bite = 100;
constexpr int bites_a_run = 50;  // so that a company whose people were imported on one day holds up nobody else's
constexpr std::chrono::hours look_again{1};

std::vector<std::int64_t> lives(const Rules& rules) {
  std::vector<std::int64_t> all{rules.everyone.expires_after_days};
  for (const Override& one : rules.overrides) all.push_back(one.policy.expires_after_days);
  std::erase(all, 0);
  std::ranges::sort(all);
  const auto same = std::ranges::unique(all);
  all.erase(same.begin(), same.end());
  return all;
}

}  // namespace

// Passwords that have run out already are warned of no more; a life that was there before goes on where it was.
Status PasswordFactor::watch_expiry(store::Transaction& tx, const Rules& rules) {
  const auto stand = TRY(watches(tx));
  const auto wanted = lives(rules);
  for (const Watch& one : stand) {
    if (std::ranges::find(wanted, one.days) == wanted.end()) TRY(drop_watch(tx, one));
  }
  const Time now = clock_.now();
  for (const std::int64_t days : wanted) {
    for (const std::int64_t lead : leads) {
      const bool stands = std::ranges::any_of(stand, [&](const Watch& one) { return one.days == days && one.lead_days == lead; });
      if (!stands && lead * 2 <= days) TRY(put_watch(tx, {days, lead, now - std::chrono::days(days), {}, now}));
    }
  }
  return {};
}

Status PasswordFactor::warn_of_ends(const Warn& warn) {
  const auto soon = [] { return runtime::Deadline::after(std::chrono::seconds(30)); };
  const auto due = TRY(store_.system_read(soon(), [&](store::SystemTransaction& tx) { return due_watches(tx, clock_.now(), bite); }));
  for (const WatchOfTenant& one : due) {
    for (int bites = 0; bites < bites_a_run; ++bites) {
      const auto more = TRY(store_.write_snapshot(one.tenant, soon(), [&](store::Transaction& tx) -> Result<bool> {
        const Time now = clock_.now();
        const auto all = TRY(watches(tx));
        const auto found = std::ranges::find_if(all, [&](const Watch& w) { return w.days == one.watch.days && w.lead_days == one.watch.lead_days; });
        // Another node was quicker, or the tenant has settled something else.
        if (found == all.end() || found->next_at > now) return false;
        Watch watch = *found;
        const Time until = now - std::chrono::days(watch.days - watch.lead_days);
        const auto ending = TRY(endings(tx, watch, until, bite));
        for (const Ending& of : ending) {
          const auto expiry = expiry_of(TRY(policy_of(tx, of.person)), of.changed_at);
          // Another life holds for them.
          if (expiry != of.changed_at + std::chrono::days(watch.days) || *expiry <= now) continue;
          TRY(warn(tx, of.person, *expiry));
        }
        const bool full = ending.size() == bite;
        if (!ending.empty()) {
          watch.told_until = ending.back().changed_at;
          watch.told_person = ending.back().person;
        }
        if (!full) watch.next_at = now + look_again;
        TRY(put_watch(tx, watch));
        return full;
      }));
      if (!more) break;
    }
  }
  return {};
}

}  // namespace kidoban::factors::password
