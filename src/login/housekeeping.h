#pragma once
// Deletes what has run out: journeys, sessions, counts of failures. Run now and then by service/.

#include "base/clock.h"
#include "store/system.h"

namespace kidoban::login {

// At most `limit` rows of each table; how many went.
Result<std::int64_t> purge(store::SystemTransaction& tx, Time now, std::int64_t limit);
// In small transactions until nothing is left, so that no sign-in waits behind it for long.
Status purge(store::Store& store, Time now);
// The person is gone for good: their sessions and what they had agreed to. (A journey or a lock runs out by itself.)
Status forget(store::Transaction& tx, const Id& person);

}  // namespace kidoban::login
