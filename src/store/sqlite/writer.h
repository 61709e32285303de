#pragma once
// The one writer. Callers queue; whoever stands first runs the bodies of all who wait as one group, on the
// single writing connection, in one commit, and then wakes them: while one group waits for the disk, the
// next one gathers, so the number of commits follows the disk and the number of bodies follows the load.
// Alone, a caller commits on its own thread at once, and no thread has to be woken.
//
// Each body of a group has a savepoint: one that fails is undone alone. Any thread.

#include <condition_variable>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "store/sqlite/connection.h"

namespace kidoban::store::sqlite {

class Writer {
 public:
  using Body = std::function<Status(Engine&)>;
  explicit Writer(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

  // Returns when the group that `body` was in is durable. unavailable/"deadline_passed" when its turn
  // didn't come in time. What `body` throws is thrown here.
  Status run(runtime::Deadline deadline, const Body& body);
  // Before anything runs.
  Connection& connection() { return *connection_; }

 private:
  struct Waiting {
    const Body* body;
    runtime::Deadline deadline;
    Status answer;
    std::exception_ptr thrown;
    enum class At : std::uint8_t { queued, taken, done } at = At::queued;
    std::condition_variable wake;
  };
  enum class Ran : std::uint8_t { kept, undone, lost };  // lost: SQLite ended the whole transaction

  void lead(std::unique_lock<std::mutex>& lock, Waiting& leader);
  void run_group(const std::vector<Waiting*>& group);
  void run_alone(Waiting& one);
  Ran run_body(Waiting& one);
  void undo();

  std::unique_ptr<Connection> connection_;  // the leader's
  std::mutex mutex_;
  std::list<Waiting*> queue_;
  bool led_ = false;
};

}  // namespace kidoban::store::sqlite
