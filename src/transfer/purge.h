#pragma once
// Deletes files that have run out, with all that was made of them. Run now and then by service/.

#include "store/store.h"

namespace kidoban::transfer {

// In small transactions until nothing is left, so that nobody waits behind it for long.
Status purge(store::Store& store, Time now);

}  // namespace kidoban::transfer
