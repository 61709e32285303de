#pragma once
// What has changed among a tenant's people since a moment. A mark is that moment, as the engine tells it: on PostgreSQL a snapshot
// ("xmin:xmax:xip"), on SQLite a number. Who was removed is told of for a day: a mark that is older misses some.

#include <limits>
#include <string>
#include <vector>

#include "base/id.h"
#include "store/store.h"

namespace kidoban::directory {

struct PersonChanged {
  std::int64_t place = std::numeric_limits<std::int64_t>::min();
  Id person;
  std::int64_t version = 0;  // of a person that is there
  bool removed = false;
};

// The moment that this transaction sees the store at.
Result<std::string> people_mark(store::Transaction& tx);
// What this transaction sees and who read at `mark` did not: nothing that was committed in between, in whatever order, is missing. By place and
// id, after `after`.
Result<std::vector<PersonChanged>> people_changed_since(store::Transaction& tx, const std::string& mark, const PersonChanged& after, std::size_t limit);

// Housekeeping: who was removed more than a day before `now` is forgotten. The newest of a tenant's stays, without its time: on SQLite
// places would begin anew below marks that are out there.
Status forget_removed(store::Store& store, Time now);

}  // namespace kidoban::directory
