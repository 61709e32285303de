#pragma once
// A bounded number of connections; the last one given back is the next one taken, so that under small
// load few are used and each has its statements prepared. Any thread.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/postgres/connection.h"

namespace kidoban::store::postgres {

class Pool {
 public:
  Pool(std::string conninfo, std::size_t most) : conninfo_(std::move(conninfo)), most_(most) {}

  // unavailable/"store_busy" when none came free before the deadline, "store_unreachable" when none can be made.
  Result<std::unique_ptr<Connection>> take(runtime::Deadline deadline);
  // An unusable one is closed; so are the idle ones, which the same event has most likely ended too.
  void give_back(std::unique_ptr<Connection> connection);
  PoolLoad load() const;

 private:
  const std::string conninfo_;
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::condition_variable free_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::size_t busy_ = 0;
};

}  // namespace kidoban::store::postgres
