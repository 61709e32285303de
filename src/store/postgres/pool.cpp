#include "store/postgres/pool.h"

namespace kidoban::store::postgres {

Result<std::unique_ptr<Connection>> Pool::take(runtime::Deadline deadline) {
  if (deadline.passed()) return fail_for_now(Kind::unavailable, "deadline_passed", 1, "before a connection was taken");
  {
    std::unique_lock lock(mutex_);
    const auto can_go = [&] { return busy_ < most_; };
    if (deadline.at() == runtime::Deadline::Steady::time_point::max()) {
      free_.wait(lock, can_go);
    } else if (!free_.wait_until(lock, deadline.at(), can_go)) {
      return fail_for_now(Kind::unavailable, "store_busy", 1, "every connection is in use");
    }
    ++busy_;
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  auto opened = Connection::open(conninfo_, deadline);
  if (!opened) give_back(nullptr);
  return opened;
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  std::vector<std::unique_ptr<Connection>> closing;  // outside the lock
  {
    std::lock_guard lock(mutex_);
    --busy_;
    if (connection != nullptr && connection->usable()) {
      idle_.push_back(std::move(connection));
    } else if (connection != nullptr) {
      closing.swap(idle_);
    }
  }
  free_.notify_one();
}

PoolLoad Pool::load() const {
  std::lock_guard lock(mutex_);
  return {busy_, idle_.size()};
}

}  // namespace kidoban::store::postgres
