#pragma once
// Who may administer everything of a tenant: for what must reach somebody. Found by an index of their own.

#include <vector>

#include "base/id.h"
#include "store/store.h"

namespace kidoban::directory {

// Enabled ones, the longest there first, at most `limit`.
Result<std::vector<Id>> administrators(store::Transaction& tx, std::size_t limit);

}  // namespace kidoban::directory
