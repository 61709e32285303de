#include "jobs/jobs.h"

#include <algorithm>
#include <array>

#include "jobs/jobs_store.h"

namespace kidoban::jobs {

namespace {

constexpr std::array<std::string_view, 5> words = {"waiting", "running", "done", "failed", "cancelled"};

audit::Event about(audit::Event by, Reason name, const Job& job) {
  by.name = name;
  by.target_kind = "job";
  by.target = job.id;
  by.detail.emplace_back("kind", job.kind);
  return by;
}

}  // namespace

std::string_view word_of(State state) { return words[static_cast<std::size_t>(state)]; }

Result<Job> Jobs::create(store::Transaction& tx, const Wanted& wanted, const audit::Event& by) {
  if (TRY(count_open(tx)) >= most_open) return fail_for_now(Kind::rate_limited, "jobs_too_many", 60);
  Row row;
  row.job.id = new_id(clock_, random_);
  row.job.kind = wanted.kind;
  row.job.subject = wanted.subject;
  row.job.actor = wanted.actor;
  row.job.total = wanted.total;
  row.job.counts = "{}";
  row.job.created_at = row.due_at = clock_.now();
  TRY(insert_job(tx, row));
  TRY(audit_.append(tx, about(by, "job.created", row.job)));
  return row.job;
}

Result<Job> Jobs::get(store::Transaction& tx, const Id& id) {
  auto row = TRY(select_job(tx, id));
  if (!row) return fail(Kind::not_found, "job_unknown");
  return std::move(row->job);
}

Result<std::vector<Job>> Jobs::list(store::Transaction& tx, std::optional<Id> before, std::size_t limit) {
  Id last;
  last.bytes.fill(0xFF);
  auto rows = TRY(select_jobs(tx, before.value_or(last), std::clamp<std::size_t>(limit, 1, 500)));
  std::vector<Job> all;
  for (Row& row : rows) all.push_back(std::move(row.job));
  return all;
}

Result<Job> Jobs::cancel(store::Transaction& tx, const Id& id, const audit::Event& by) {
  auto row = TRY(select_job(tx, id));
  if (!row) return fail(Kind::not_found, "job_unknown");
  if (row->job.cancel_asked) return std::move(row->job);
  if (row->job.ended_at) return fail(Kind::conflict, "job_ended");
  row->job.cancel_asked = true;
  if (row->job.state == State::waiting) {
    row->job.state = State::cancelled;
    row->job.ended_at = clock_.now();
  }
  TRY(update_job(tx, *row));
  TRY(audit_.append(tx, about(by, "job.cancelled", row->job)));
  return std::move(row->job);
}

}  // namespace kidoban::jobs
