#pragma once
// A row gone through in somebody's name, by a request that isn't theirs: to see what an act would change, or to do it once somebody
// agreed. It stands in `Inside`, which is made here, so that nothing of a request can put one there.

#include <functional>
#include <optional>

#include "approvals/approvals.h"

namespace kidoban::console {

struct Replay {
  std::optional<Id> approval{};            // what the act's record names: with it, it counts as agreed to
  std::optional<approvals::Asker> asker{}; // nothing: whoever sent the request
  std::optional<Id> approver{};            // whose rights must be there as well
  // In the handler's transaction, before and after what it does; what they refuse undoes it. May run again.
  std::function<Status(store::Transaction&)> before{}, after{};
};

}  // namespace kidoban::console
