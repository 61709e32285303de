#include "jobs/engine.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/require.h"
#include "jobs/jobs_store.h"
#include "runtime/log.h"
#include "runtime/metrics.h"
#include "store/system.h"

namespace kidoban::jobs {

namespace {

using runtime::Deadline, runtime::Level;

runtime::Counter jobs_ended("kidoban_jobs_ended_total", "Jobs that ended.", "how", {"done", "failed", "cancelled"});

constexpr std::chrono::seconds again_after{5}, sealed_again_after{60};
Deadline soon() { return Deadline::after(std::chrono::seconds(15)); }

}  // namespace

struct Engine::Inside {
  store::Store& store;
  audit::Audit& audit;
  const Clock& clock;
  Random& random;
  std::vector<Work*> works;
  Ended ended;
  EngineOptions options;
  std::mutex mutex{};
  std::condition_variable wake{};
  bool stopping = false, woken = false;
  std::vector<std::thread> threads{};

  class Hand;
  bool is_stopping() {
    const std::lock_guard lock(mutex);
    return stopping;
  }
  Work* work_of(std::string_view kind) const {
    const auto found = std::ranges::find_if(works, [&](const Work* one) { return one->kind() == kind; });
    return found == works.end() ? nullptr : *found;
  }
  Result<bool> run_one();
  void run();
  Status end(store::Transaction& tx, Row& row, State state, std::string reason) const;
};

// Everything that is known and said when a job ends, however it does.
Status Engine::Inside::end(store::Transaction& tx, Row& row, State state, std::string reason) const {
  row.job.state = state;
  row.job.reason = std::move(reason);
  row.job.ended_at = clock.now();
  row.holder.reset();
  TRY(update_job(tx, row));
  audit::Event event{.name = "job.ended", .outcome = state == State::failed ? audit::Outcome::failed : audit::Outcome::success,
                     .actor = row.job.actor, .target_kind = "job", .target = row.job.id, .reason = row.job.reason};
  event.detail = {{"kind", row.job.kind}, {"state", std::string(word_of(state))}, {"counts", row.job.counts}};
  TRY(audit.append(tx, event));
  return ended ? ended(tx, row.job) : Status();
}

class Engine::Inside::Hand final : public Running {
 public:
  Hand(Inside& in, TenantId tenant, Row row) : in_(in), tenant_(tenant), row_(std::move(row)), kept_at_(Deadline::Steady::now()) {}

  TenantId tenant() const override { return tenant_; }
  const Job& job() const override { return row_.job; }
  bool has_ended() const { return row_.job.ended_at.has_value(); }

  Status commit(Deadline deadline, const std::function<Result<Progress>(store::Transaction&)>& act) override {
    return change(deadline, [&](store::Transaction& tx, Row& row) -> Status {
      auto progress = TRY(act(tx));
      row.job.cursor = std::move(progress.cursor);
      row.job.done = progress.done;
      row.job.total = progress.total;
      row.job.counts = std::move(progress.counts);
      if (!progress.over) return update_job(tx, row);
      const State state = progress.failed.empty() ? State::done : State::failed;
      return in_.end(tx, row, state, std::move(progress.failed));
    });
  }
  Status keep() override {
    if (in_.is_stopping()) return fail_for_now(Kind::unavailable, "stopping", 1);
    if (Deadline::Steady::now() - kept_at_ < in_.options.lease / 3) return {};
    return hold(in_.options.lease);
  }
  Status hold(std::chrono::seconds length) override {
    return change(soon(), [&](store::Transaction& tx, Row& row) -> Status {
      row.due_at = in_.clock.now() + length;
      return update_job(tx, row);
    });
  }
  Status fail_with(const Error& error) {
    return change(soon(), [&](store::Transaction& tx, Row& row) { return in_.end(tx, row, State::failed, std::string(error.reason.text())); });
  }
  // For whoever comes next, in a while.
  Status release(std::chrono::seconds in) {
    return change(soon(), [&](store::Transaction& tx, Row& row) -> Status {
      row.holder.reset();
      row.due_at = in_.clock.now() + in;
      return update_job(tx, row);
    });
  }

 private:
  template <class Body>
  Status change(Deadline deadline, const Body& body) {
    bool cancelled = false;
    auto stands = in_.store.write(tenant_, deadline, [&](store::Transaction& tx) -> Result<Row> {
      cancelled = false;
      auto row = TRY(select_job(tx, row_.job.id));
      const bool ours = row && row->job.state == State::running && row->holder == row_.holder && row->job.cursor == row_.job.cursor &&
                        row->job.done == row_.job.done;
      if (!ours) return fail(Kind::conflict, "job_lost");
      row->due_at = in_.clock.now() + in_.options.lease;
      if (row->job.cancel_asked) {
        cancelled = true;
        TRY(in_.end(tx, *row, State::cancelled, ""));
      } else {
        TRY(body(tx, *row));
      }
      return std::move(*row);
    });
    if (!stands) return std::unexpected(std::move(stands.error()));
    row_ = std::move(*stands);
    kept_at_ = Deadline::Steady::now();
    if (has_ended()) {
      jobs_ended.add(static_cast<std::size_t>(row_.job.state) - static_cast<std::size_t>(State::done));
      runtime::log(Level::info, "job_ended", {{"job", row_.job.id.text()}, {"kind", row_.job.kind}, {"tenant", tenant_.text()},
                                              {"state", std::string(word_of(row_.job.state))}, {"reason", row_.job.reason}, {"done", row_.job.done}});
    }
    if (cancelled) return fail(Kind::conflict, "job_cancelled");
    return {};
  }

  Inside& in_;
  TenantId tenant_;
  Row row_;
  Deadline::Steady::time_point kept_at_;
};

namespace {

struct Taken {
  TenantId tenant;
  Row row;
};

// What is due becomes this hand's. A name for each taking: what this node held before it was given up isn't the same.
Result<std::optional<Taken>> take(store::Store& store, const Clock& clock, Random& random, const EngineOptions& options) {
  const auto look = [&](store::SystemTransaction& tx) { return next_due(tx, clock.now(), options.at_once); };
  if (!TRY(store.system_read(soon(), look))) return std::nullopt;  // nearly always: nothing is written
  const Id holder = new_id(clock, random);
  return store.system_write(soon(), [&](store::SystemTransaction& system) -> Result<std::optional<Taken>> {
    const auto due = TRY(look(system));
    if (!due) return std::nullopt;
    auto tx = system.as(due->tenant);
    auto row = TRY(select_job(tx, due->id));
    if (!row) return std::nullopt;
    row->holder = holder;
    row->due_at = clock.now() + options.lease;
    row->job.state = State::running;
    if (!row->job.started_at) row->job.started_at = clock.now();
    TRY(update_job(tx, *row));
    return Taken{due->tenant, std::move(*row)};
  });
}

// One step, whatever happens in it.
Status step_of(Work& work, Running& running) {
  try {
    return work.step(running);
  } catch (const std::exception& thrown) {
    return fail(Kind::internal, "job_threw", thrown.what());
  }
}

bool is_over(const Error& error) { return error.reason == "job_lost" || error.reason == "job_cancelled"; }

}  // namespace

Result<bool> Engine::Inside::run_one() {
  auto taken = TRY(take(store, clock, random, options));
  if (!taken) return false;
  Hand hand(*this, taken->tenant, std::move(taken->row));
  Work* const work = work_of(hand.job().kind);
  const auto until = Deadline::Steady::now() + options.turn;
  Status did;
  while (did && !hand.has_ended() && Deadline::Steady::now() < until && !is_stopping()) {
    did = work != nullptr ? step_of(*work, hand) : Status(fail(Kind::unavailable, "job_kind_unknown", hand.job().kind));
  }
  if (hand.has_ended()) return true;
  const auto release = [&](std::chrono::seconds after) -> Result<bool> {
    TRY(hand.release(after));
    return true;
  };
  if (did) return release(std::chrono::seconds(0));
  const Error& error = did.error();
  if (is_over(error)) return true;
  if (error.reason == "stopping") return release(std::chrono::seconds(0));
  runtime::log(Level::warning, "job_step_failed", error, {{"job", hand.job().id.text()}, {"kind", hand.job().kind}, {"tenant", taken->tenant.text()}});
  // A release of the program that knows this kind may stand beside this one.
  if (error.kind == Kind::unavailable || error.kind == Kind::rate_limited) return release(again_after);
  if (error.kind == Kind::sealed) return release(sealed_again_after);
  TRY(hand.fail_with(error));
  return true;
}

void Engine::Inside::run() {
  for (;;) {
    auto did = run_one();
    if (!did && did.error().reason != "job_lost") runtime::log(Level::warning, "jobs_unreachable", did.error());
    std::unique_lock lock(mutex);
    if (stopping) return;
    if (did && *did) continue;
    wake.wait_for(lock, options.look_every, [&] { return stopping || woken; });
    woken = false;
    if (stopping) return;
  }
}

Engine::Engine(store::Store& store, audit::Audit& audit, const Clock& clock, Random& random, std::vector<Work*> works, Ended ended,
               const EngineOptions& options)
    : inside_(new Inside{store, audit, clock, random, std::move(works), std::move(ended), options}) {}

Engine::~Engine() { stop(); }

void Engine::start() {
  for (std::size_t i = 0; i < inside_->options.threads; ++i) inside_->threads.emplace_back([in = inside_.get()] { in->run(); });
}

void Engine::wake() {
  {
    const std::lock_guard lock(inside_->mutex);
    inside_->woken = true;
  }
  inside_->wake.notify_one();
}

void Engine::stop() {
  {
    const std::lock_guard lock(inside_->mutex);
    inside_->stopping = true;
  }
  inside_->wake.notify_all();
  for (std::thread& one : inside_->threads) one.join();
  inside_->threads.clear();
}

Result<bool> Engine::run_one() { return inside_->run_one(); }

Status purge(store::Store& store, Time now) {
  constexpr std::int64_t bite = 500;
  constexpr std::chrono::days kept{90};
  for (;;) {
    const auto gone = TRY(store.system_write(soon(), [&](store::SystemTransaction& tx) { return delete_ended(tx, now - kept, bite); }));
    if (gone < bite) return {};
  }
}

}  // namespace kidoban::jobs
