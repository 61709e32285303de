#pragma once
// Moves what stands in the write-ahead log into the file, beside the writer and not within its commits: in bulk that was a seventh of them,
// and whoever's commit it fell into waited for all of it (https://sqlite.org/wal.html, "Avoiding Excessively Large WAL Files").
//
// A log begins anew only when it was moved as a whole, which never happens beside a writer who goes on. So from a length on the writer
// moves the little that is left itself.

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "store/sqlite/connection.h"

namespace kidoban::store::sqlite {

class Checkpoints {
 public:
  explicit Checkpoints(std::filesystem::path file) : file_(std::move(file)) {}
  ~Checkpoints();
  Checkpoints(const Checkpoints&) = delete;
  Checkpoints& operator=(const Checkpoints&) = delete;

  // From now on it is asked after each commit on `writing`, which doesn't outlive this.
  void follow(Connection& writing);

 private:
  static int committed(void* self, sqlite3* db, const char* schema, int pages);
  void ask();
  void run();

  std::filesystem::path file_;
  int asked_at_ = 0;  // pages; the writer's
  std::mutex mutex_;
  std::condition_variable wake_;
  bool asked_ = false, stopping_ = false;
  std::thread thread_;  // begins when it is first needed
};

}  // namespace kidoban::store::sqlite
