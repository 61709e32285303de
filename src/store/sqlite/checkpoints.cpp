#include "store/sqlite/checkpoints.h"

#include <system_error>

#include "runtime/log.h"

namespace kidoban::store::sqlite {

namespace {
// Pages of 4 KiB: 16 MiB, so that a page which is written again and again is moved once; and what the log keeps as its length (64 MiB).
constexpr int worth_moving = 4000, longest = 16'000;
constexpr std::size_t cache_kib = 256;
}  // namespace

Checkpoints::~Checkpoints() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Checkpoints::follow(Connection& writing) { sqlite3_wal_hook(writing.handle(), committed, this); }

int Checkpoints::committed(void* self, sqlite3* db, const char* schema, int pages) {
  Checkpoints& all = *static_cast<Checkpoints*>(self);
  if (pages < all.asked_at_) all.asked_at_ = 0;  // the log has begun anew
  if (pages - all.asked_at_ >= worth_moving) {
    all.asked_at_ = pages;
    all.ask();
  }
  // Busy where the other is at it: the next commit tries again. The commit itself stands, whatever comes of this.
  if (pages >= longest) sqlite3_wal_checkpoint_v2(db, schema, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  return SQLITE_OK;
}

void Checkpoints::ask() {
  {
    const std::lock_guard lock(mutex_);
    try {
      if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    } catch (const std::system_error&) {
      return;  // no thread is to be had now: nothing may be thrown through SQLite
    }
    asked_ = true;
  }
  wake_.notify_one();
}

void Checkpoints::run() {
  auto connection = Connection::open(file_, Use::write, cache_kib);
  if (!connection) {
    runtime::log(runtime::Level::warning, "checkpoints_unopened", connection.error());
    return;
  }
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return asked_ || stopping_; });
      if (stopping_) return;
      asked_ = false;
    }
    const int code = sqlite3_wal_checkpoint_v2((*connection)->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    if (code != SQLITE_OK && code != SQLITE_BUSY) runtime::log(runtime::Level::warning, "checkpoint_failed", {{"code", std::int64_t{code}}});
  }
}

}  // namespace kidoban::store::sqlite
