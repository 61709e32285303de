#include "store/sqlite/readers.h"

#include "store/running.h"

namespace kidoban::store::sqlite {

namespace {
constexpr std::size_t warm = 4;
}  // namespace

Result<std::unique_ptr<Connection>> Readers::take(runtime::Deadline deadline) {
  {
    std::unique_lock lock(mutex_);
    const auto can_go = [&] { return !idle_.empty() || busy_ < most_; };
    if (!can_go()) {
      if (deadline.at() == runtime::Deadline::Steady::time_point::max()) {
        free_.wait(lock, can_go);
      } else if (!free_.wait_until(lock, deadline.at(), can_go)) {
        return fail_for_now(Kind::unavailable, "store_busy", 1, "every reading connection is in use");
      }
    }
    ++busy_;
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  auto opened = Connection::open(file_, Use::read, cache_kib_);
  if (!opened) give_back(nullptr);
  return opened;
}

void Readers::give_back(std::unique_ptr<Connection> connection) {
  // After a burst the deeper ones aren't needed again soon: their page caches are given back.
  if (connection != nullptr && load().idle >= warm) sqlite3_db_release_memory(connection->handle());
  {
    std::lock_guard lock(mutex_);
    --busy_;
    if (connection != nullptr) idle_.push_back(std::move(connection));
  }
  free_.notify_one();
}

Status Readers::run(runtime::Deadline deadline, const std::function<Status(Engine&)>& body) {
  auto connection = TRY(take(deadline));
  struct Return {
    Readers& readers;
    std::unique_ptr<Connection>& connection;
    ~Return() {
      connection->set_deadline(runtime::Deadline::never());
      // Nothing was written: ending the snapshot can't fail in a way that matters, but a connection
      // that is still inside one must not be used again.
      if (connection->in_transaction() && !connection->plain("rollback")) connection.reset();
      readers.give_back(std::move(connection));
    }
  } give_back{*this, connection};
  connection->set_deadline(deadline);
  connection->forget_failure();
  TRY(connection->plain("begin"));
  Status answer;
  {
    Running running;
    answer = body(*connection);
  }
  if (answer && connection->failed()) return std::unexpected(*connection->failed());
  return answer;
}

PoolLoad Readers::load() const {
  std::lock_guard lock(mutex_);
  return {busy_, idle_.size()};
}

}  // namespace kidoban::store::sqlite
