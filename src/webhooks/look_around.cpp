#include "webhooks/look_around.h"

#include "audit/stirred.h"
#include "audit/stream.h"
#include "runtime/log.h"

namespace kidoban::webhooks {

namespace {

using runtime::Deadline, runtime::Level;
using namespace std::chrono_literals;

constexpr auto stirred_for = 2s;      // longer than nearly all transactions take
constexpr auto without_for = 10s;     // a webhook made on another node is found by going around
constexpr std::size_t without_most = 100'000;
constexpr std::size_t around_at_once = 20;  // tenants a look: the cost stays the same with more of them, going around takes longer
constexpr auto sealing_time = 3s;     // of one tenant: a longer backlog is the next look's too

Deadline soon() { return Deadline::after(10s); }

}  // namespace

void LookAround::note_stirred() {
  const auto now = Deadline::Steady::now();
  if (without_.size() > without_most) without_.clear();
  for (const TenantId& tenant : audit::take_stirred()) {
    const auto none = without_.find(tenant);
    if (none != without_.end() && none->second > now) continue;
    stirred_.insert_or_assign(tenant, now + stirred_for);
  }
}

Status LookAround::look() {
  note_stirred();
  auto around = TRY(outfit_.store.system_read(soon(), [&](store::SystemTransaction& tx) { return tenants_waiting(tx, last_, around_at_once); }));
  last_ = around.size() < around_at_once ? TenantId{} : around.back();
  const auto visit = [&](const TenantId& tenant) {
    // One tenant's trouble is no other's.
    if (const Status done = look_at(tenant); !done) {
      runtime::log(Level::warning, "webhooks_look_failed", done.error(), {{"tenant", tenant.text()}});
    }
  };
  for (const TenantId& tenant : around) {
    if (!stirred_.contains(tenant)) visit(tenant);
  }
  const auto now = Deadline::Steady::now();
  for (auto one = stirred_.begin(); one != stirred_.end();) {
    const TenantId tenant = one->first;
    const bool last_time = one->second <= now;
    visit(tenant);
    const bool none = without_.contains(tenant) && without_[tenant] > now;
    one = last_time || none ? stirred_.erase(one) : std::next(one);
  }
  return {};
}

Status LookAround::look_at(const TenantId& tenant) {
  struct Seen {
    bool enabled = false, unplaced = false;
    std::optional<std::int64_t> waiting;
    std::int64_t placed = 0;
  };
  const auto see = [&](store::Transaction& tx) -> Result<Seen> {
    Seen out{.enabled = TRY(any_enabled(tx)), .waiting = {}};
    if (!out.enabled) return out;
    out.unplaced = TRY(audit::any_unplaced(tx));
    out.waiting = TRY(first_waiting(tx));
    out.placed = TRY(audit::placed_records(tx));
    return out;
  };
  const Seen seen = TRY(outfit_.store.read(tenant, soon(), see));
  if (!seen.enabled) {
    without_.insert_or_assign(tenant, Deadline::Steady::now() + without_for);
    return {};
  }
  bool grown = seen.waiting && *seen.waiting < seen.placed;
  if (seen.unplaced) grown |= TRY(outfit_.sealer.seal(tenant, Deadline::after(sealing_time))) > 0;
  if (!grown || !seen.waiting) return {};
  return outfit_.store.write_snapshot(tenant, soon(), [&](store::Transaction& tx) { return wake_waiting(tx, outfit_.clock.now()); });
}

Result<std::array<bool, 2>> LookAround::anything_due() {
  return outfit_.store.system_read(soon(), [&](store::SystemTransaction& tx) -> Result<std::array<bool, 2>> {
    const Time now = outfit_.clock.now();
    return std::array{!TRY(select_due(tx, false, now, 1)).empty(), !TRY(select_due(tx, true, now, 1)).empty()};
  });
}

}  // namespace kidoban::webhooks
