#pragma once
// The table `jobs`.

#include "jobs/jobs.h"
#include "store/system.h"

namespace kidoban::jobs {

struct Row {
  Job job;
  std::optional<Id> holder;  // the node that has it
  Time due_at;               // when it may be taken: a running one's when its holder is given up
};

Status insert_job(store::Transaction& tx, const Row& row);
Result<std::optional<Row>> select_job(store::Transaction& tx, const Id& id);
Result<std::vector<Row>> select_jobs(store::Transaction& tx, const Id& before, std::size_t limit);
Result<std::int64_t> count_open(store::Transaction& tx);
// Everything that moves: state, cursor, done, total, counts, cancel_asked, reason, holder, due_at, started_at, ended_at.
Status update_job(store::Transaction& tx, const Row& row);
// False where `holder` has it no more.
Result<bool> extend_lease(store::Transaction& tx, const Id& id, const Id& holder, Time until);

struct Due {
  TenantId tenant;
  Id id;
};
// What may be taken, longest due first; of each tenant at most `at_once` have begun and not ended.
Result<std::optional<Due>> next_due(store::SystemTransaction& tx, Time now, std::int64_t at_once);
// At most `limit` that ended before `before`; how many went.
Result<std::int64_t> delete_ended(store::SystemTransaction& tx, Time before, std::int64_t limit);

}  // namespace kidoban::jobs
