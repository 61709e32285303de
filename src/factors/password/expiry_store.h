#pragma once
// The table `password_warnings`, and whose password is next to run out.

#include <vector>

#include "base/clock.h"
#include "store/system.h"

namespace kidoban::factors::password {

struct Watch {
  std::int64_t days = 0, lead_days = 0;
  // The last whom it told, by when their password was set.
  Time told_until{};
  Id told_person{};
  Time next_at{};
};
Result<std::vector<Watch>> watches(store::Transaction& tx);
Status put_watch(store::Transaction& tx, const Watch& watch);
Status drop_watch(store::Transaction& tx, const Watch& watch);

struct WatchOfTenant {
  TenantId tenant;
  Watch watch;
};
Result<std::vector<WatchOfTenant>> due_watches(store::SystemTransaction& tx, Time now, std::size_t limit);

struct Ending {
  Id person;
  Time changed_at;
};
// Lasting passwords set after that watch's last one and not after `until`, in that order.
Result<std::vector<Ending>> endings(store::Transaction& tx, const Watch& watch, Time until, std::size_t limit);

}  // namespace kidoban::factors::password
