#include "jobs/jobs_store.h"

namespace kidoban::jobs {

namespace {

using store::Sql;

#define KIDOBAN_JOB_COLUMNS                                                                                            \
  "id, kind, state, subject, actor_kind, actor, cursor, done, total, counts, cancel_asked, reason, holder, due_at, " \
  "created_at, started_at, ended_at"
constexpr Sql insert_one{"insert_job",
                         "insert into jobs (tenant, " KIDOBAN_JOB_COLUMNS ") values "
                         "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"};
constexpr Sql select_one{"get_job", "select " KIDOBAN_JOB_COLUMNS " from jobs where tenant = $1 and id = $2"};
constexpr Sql select_page{"list_jobs",
                          "select " KIDOBAN_JOB_COLUMNS " from jobs where tenant = $1 and id < $2 order by id desc limit $3"};
#undef KIDOBAN_JOB_COLUMNS
constexpr Sql count_open_ones{"count_open_jobs", "select count(*) from jobs where tenant = $1 and state < 2"};
constexpr Sql update_one{"update_job",
                         "update jobs set state = $3, cursor = $4, done = $5, total = $6, counts = $7, cancel_asked = $8, reason = $9, "
                         "holder = $10, due_at = $11, started_at = $12, ended_at = $13 where tenant = $1 and id = $2"};
constexpr Sql extend_one{"extend_job_lease",
                         "update jobs set due_at = $4 where tenant = $1 and id = $2 and holder = $3 and state = 1"};
// A running job that is due has no holder, or lost it. One that waits begins when fewer than $2 of its tenant have begun: in
// the order in which they were asked for, so that members come after their people.
constexpr Sql next_one{"next_due_job",
                       "select j.tenant, j.id from jobs j where j.state < 2 and j.due_at <= $1 and (j.state = 1 or "
                       "(select count(*) from jobs r where r.tenant = j.tenant and r.state = 1 and r.state < 2) < $2) "
                       "order by j.due_at, j.tenant, j.id limit 1"};
constexpr Sql delete_some{"delete_ended_jobs",
                          "delete from jobs where (tenant, id) in "
                          "(select tenant, id from jobs where state >= 2 and ended_at < $1 order by ended_at limit $2)"};

Row read(const store::Row& row) {
  Row out;
  Job& job = out.job;
  job.id = row.id(0);
  job.kind = row.text(1);
  job.state = static_cast<State>(row.integer(2));
  job.subject = row.id(3);
  job.actor = {static_cast<audit::ActorKind>(row.integer(4)), row.maybe_id(5)};
  job.cursor = row.text(6);
  job.done = row.integer(7);
  job.total = row.integer(8);
  job.counts = row.text(9);
  job.cancel_asked = row.flag(10);
  job.reason = row.text(11);
  out.holder = row.maybe_id(12);
  out.due_at = row.time(13);
  job.created_at = row.time(14);
  job.started_at = row.maybe_time(15);
  job.ended_at = row.maybe_time(16);
  return out;
}

}  // namespace

Status insert_job(store::Transaction& tx, const Row& row) {
  const Job& j = row.job;
  TRY(tx.execute(insert_one, j.id, j.kind, static_cast<int>(j.state), j.subject, static_cast<int>(j.actor.kind), j.actor.id, j.cursor,
                 j.done, j.total, j.counts, j.cancel_asked, j.reason, row.holder, row.due_at, j.created_at, j.started_at, j.ended_at));
  return {};
}

Result<std::optional<Row>> select_job(store::Transaction& tx, const Id& id) {
  const auto rows = TRY(tx.query(select_one, id));
  if (rows.empty()) return std::nullopt;
  return read(rows.front());
}

Result<std::vector<Row>> select_jobs(store::Transaction& tx, const Id& before, std::size_t limit) {
  const auto rows = TRY(tx.query(select_page, before, limit));
  std::vector<Row> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back(read(rows[i]));
  return all;
}

Result<std::int64_t> count_open(store::Transaction& tx) { return TRY(tx.query(count_open_ones)).front().integer(0); }

Status update_job(store::Transaction& tx, const Row& row) {
  const Job& j = row.job;
  TRY(tx.execute(update_one, j.id, static_cast<int>(j.state), j.cursor, j.done, j.total, j.counts, j.cancel_asked, j.reason, row.holder,
                 row.due_at, j.started_at, j.ended_at));
  return {};
}

Result<bool> extend_lease(store::Transaction& tx, const Id& id, const Id& holder, Time until) {
  return TRY(tx.execute(extend_one, id, holder, until)) == 1;
}

Result<std::optional<Due>> next_due(store::SystemTransaction& tx, Time now, std::int64_t at_once) {
  const auto rows = TRY(tx.query(next_one, now, at_once));
  if (rows.empty()) return std::nullopt;
  return Due{TenantId{rows.front().id(0)}, rows.front().id(1)};
}

Result<std::int64_t> delete_ended(store::SystemTransaction& tx, Time before, std::int64_t limit) {
  return tx.execute(delete_some, before, limit);
}

}  // namespace kidoban::jobs
