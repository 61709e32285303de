#pragma once
// Connections for reading, each used by one caller at a time on the caller's own thread. The last one
// given back is the next one taken: its pages are warm, and those deep in the pile keep none. Any thread.

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "store/sqlite/connection.h"

namespace kidoban::store::sqlite {

class Readers {
 public:
  Readers(std::filesystem::path file, std::size_t most, std::size_t cache_kib)
      : file_(std::move(file)), most_(most), cache_kib_(cache_kib) {}

  // Runs `body` in one read snapshot. unavailable/"store_busy" when no connection came free in time.
  Status run(runtime::Deadline deadline, const std::function<Status(Engine&)>& body);
  PoolLoad load() const;

 private:
  Result<std::unique_ptr<Connection>> take(runtime::Deadline deadline);
  void give_back(std::unique_ptr<Connection> connection);

  const std::filesystem::path file_;
  const std::size_t most_;
  const std::size_t cache_kib_;
  mutable std::mutex mutex_;
  std::condition_variable free_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::size_t busy_ = 0;
};

}  // namespace kidoban::store::sqlite
