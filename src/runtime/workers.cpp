#include "runtime/workers.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/require.h"

namespace kidoban::runtime {

namespace {

using Task = std::move_only_function<void()>;

// One idle thread, asleep on a futex of its own: whoever has work for it wakes this thread and no other.
struct Sleeper {
  std::atomic<std::uint32_t> awake{0};
  Task task;  // empty when woken to go home
  Sleeper* below = nullptr;

  void sleep() {
    while (awake.load(std::memory_order_acquire) == 0) {
      ::syscall(SYS_futex, &awake, FUTEX_WAIT_PRIVATE, 0, nullptr, nullptr, 0);
    }
  }
  // Without the pool's lock: the pool keeps sleepers until its end, so none is gone when this touches it.
  void wake() {
    awake.store(1, std::memory_order_release);
    ::syscall(SYS_futex, &awake, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }
};

}  // namespace

struct Workers::Inside {
  Inside(std::size_t threads, std::size_t queue) : most(threads), queue_limit(queue) { pool.reserve(threads); }

  const std::size_t most, queue_limit;
  mutable std::mutex mutex;
  std::deque<Task> waiting;
  Sleeper* idle = nullptr;  // a stack: the last to fall asleep is the first to be woken
  std::size_t idle_count = 0;
  bool draining = false;
  std::vector<std::thread> pool;
  std::vector<std::unique_ptr<Sleeper>> sleepers;

  // With the lock held. Threads are made when there is first something for them: an idle service
  // has none. False where the system gives no more.
  bool start(Task& task) {
    auto sleeper = std::make_unique<Sleeper>();
    sleeper->task = std::move(task);
    Sleeper* mine = sleeper.get();
    sleepers.push_back(std::move(sleeper));
    try {
      pool.emplace_back([this, mine] { work(*mine); });
    } catch (const std::system_error&) {
      task = std::move(mine->task);
      sleepers.pop_back();
      return false;
    }
    ::pthread_setname_np(pool.back().native_handle(), "worker");
    return true;
  }

  void work(Sleeper& me) noexcept {  // a task that throws ends the process
    Task task = std::move(me.task);
    for (;;) {
      task();
      task = nullptr;  // what it held goes before we sleep
      std::unique_lock lock(mutex);
      if (!waiting.empty()) {
        task = std::move(waiting.front());
        waiting.pop_front();
        continue;
      }
      if (draining) return;
      me.awake.store(0, std::memory_order_relaxed);
      me.below = idle;
      idle = &me;
      ++idle_count;
      lock.unlock();
      me.sleep();
      task = std::move(me.task);
      if (!task) return;
    }
  }
};

Workers::Workers(std::size_t threads, std::size_t queue) : inside_(std::make_unique<Inside>(threads, queue)) {
  require(threads > 0, "a pool has at least one worker");
}

Workers::~Workers() { drain(); }

bool Workers::submit(std::move_only_function<void()> task) {
  Inside& in = *inside_;
  std::unique_lock lock(in.mutex);
  if (in.draining) return false;
  if (Sleeper* sleeper = in.idle) {
    in.idle = sleeper->below;
    --in.idle_count;
    sleeper->task = std::move(task);
    lock.unlock();
    sleeper->wake();
    return true;
  }
  if (in.pool.size() < in.most && in.start(task)) return true;
  if (in.waiting.size() >= in.queue_limit || in.pool.empty()) return false;
  in.waiting.push_back(std::move(task));
  return true;
}

void Workers::drain() {
  Inside& in = *inside_;
  Sleeper* idle = nullptr;
  std::vector<std::thread> pool;
  {
    const std::lock_guard lock(in.mutex);
    in.draining = true;
    idle = std::exchange(in.idle, nullptr);
    in.idle_count = 0;
    pool = std::move(in.pool);
    in.pool.clear();
  }
  while (idle != nullptr) {
    Sleeper* below = idle->below;
    idle->wake();
    idle = below;
  }
  for (std::thread& thread : pool) thread.join();
}

Workers::Load Workers::load() const {
  const std::lock_guard lock(inside_->mutex);
  return {inside_->pool.size() - inside_->idle_count, inside_->waiting.size()};
}

}  // namespace kidoban::runtime
