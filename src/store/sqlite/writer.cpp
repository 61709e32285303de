#include "store/sqlite/writer.h"

#include "base/require.h"
#include "store/running.h"

namespace kidoban::store::sqlite {

namespace {
// Bounds how long the first of a group waits for the last.
constexpr std::size_t most_in_group = 128;
}  // namespace

Status Writer::run(runtime::Deadline deadline, const Body& body) {
  Waiting mine{.body = &body, .deadline = deadline, .answer = {}, .thrown = {}, .wake = {}};
  {
    std::unique_lock lock(mutex_);
    queue_.push_back(&mine);
    const auto my_turn = [&] {
      return mine.at == Waiting::At::done || (!led_ && mine.at == Waiting::At::queued && queue_.front() == &mine);
    };
    while (!my_turn()) {
      // Once its body has begun, a caller waits for the outcome, whatever the time.
      if (mine.at == Waiting::At::taken || deadline.at() == runtime::Deadline::Steady::time_point::max()) {
        mine.wake.wait(lock);
      } else if (mine.wake.wait_until(lock, deadline.at()) == std::cv_status::timeout && !my_turn() &&
                 mine.at == Waiting::At::queued) {
        queue_.remove(&mine);
        return fail_for_now(Kind::unavailable, "deadline_passed", 1, "waited for the writer");
      }
    }
    if (mine.at != Waiting::At::done) lead(lock, mine);
  }
  if (mine.thrown) std::rethrow_exception(mine.thrown);
  return std::move(mine.answer);
}

void Writer::lead(std::unique_lock<std::mutex>& lock, Waiting& leader) {
  led_ = true;
  std::vector<Waiting*> group;
  while (!queue_.empty() && group.size() < most_in_group) {
    group.push_back(queue_.front());
    group.back()->at = Waiting::At::taken;
    queue_.pop_front();
  }
  lock.unlock();
  run_group(group);
  lock.lock();
  led_ = false;
  // The next leader first: the disk is idle until it comes.
  if (!queue_.empty()) queue_.front()->wake.notify_one();
  for (Waiting* one : group) {
    one->at = Waiting::At::done;
    // Under the lock: once it is `done` and the lock is free, the waiter and its condition are gone.
    if (one != &leader) one->wake.notify_one();
  }
}

void Writer::undo() {
  connection_->set_deadline(runtime::Deadline::never());
  if (connection_->in_transaction() && !connection_->plain("rollback")) {
    // Going on would put the next caller's changes into this one's transaction.
    fatal("SQLite can't roll back");
  }
}

Writer::Ran Writer::run_body(Waiting& one) {
  connection_->set_deadline(one.deadline);
  connection_->forget_failure();
  try {
    Running running;
    one.answer = (*one.body)(*connection_);
  } catch (...) {
    one.thrown = std::current_exception();
  }
  connection_->set_deadline(runtime::Deadline::never());
  if (one.answer && !one.thrown && connection_->failed()) one.answer = std::unexpected(*connection_->failed());
  if (!connection_->in_transaction()) return Ran::lost;
  return one.answer && !one.thrown ? Ran::kept : Ran::undone;
}

void Writer::run_alone(Waiting& one) {
  one.answer = {};
  one.thrown = nullptr;
  connection_->set_deadline(one.deadline);
  if (Status begun = connection_->plain("begin immediate"); !begun) {
    one.answer = std::move(begun);
    return;
  }
  const Ran ran = run_body(one);
  if (ran == Ran::kept) {
    if (Status kept = connection_->plain("commit"); !kept) one.answer = std::move(kept);
  } else if (ran == Ran::lost && one.answer && !one.thrown) {
    one.answer = fail(Kind::internal, "store_failed", "SQLite ended the transaction");
  }
  undo();
}

void Writer::run_group(const std::vector<Waiting*>& group) {
  if (group.size() == 1) return run_alone(*group.front());
  // The lock is waited for as long as the most patient of the group would.
  runtime::Deadline latest = group.front()->deadline;
  for (const Waiting* one : group) {
    if (one->deadline.at() > latest.at()) latest = one->deadline;
  }
  connection_->set_deadline(latest);
  if (Status begun = connection_->plain("begin immediate"); !begun) {
    for (Waiting* one : group) one->answer = begun;
    return;
  }
  bool whole = true;
  bool any_kept = false;
  for (Waiting* one : group) {
    if (!connection_->plain("savepoint body")) {
      whole = false;
      break;
    }
    const Ran ran = run_body(*one);
    if (ran == Ran::lost ||
        (ran == Ran::undone && !connection_->plain("rollback to body")) ||
        !connection_->plain("release body")) {
      whole = false;
      break;
    }
    any_kept = any_kept || ran == Ran::kept;
  }
  if (whole && any_kept) whole = connection_->plain("commit").has_value();
  undo();
  if (whole) return;
  // One body's disk error or interrupted change took all of them with it: nothing is kept yet, so each
  // gets a transaction, and an outcome, of its own.
  for (Waiting* one : group) run_alone(*one);
}

}  // namespace kidoban::store::sqlite
