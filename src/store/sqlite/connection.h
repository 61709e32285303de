#pragma once
// One SQLite connection with its prepared statements. One thread at a time.

#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/store.h"

namespace kidoban::store::sqlite {

// "Kido", in the file's header: how we know our own files.
inline constexpr int application_id = 0x4B69646F;

enum class Use : std::uint8_t { read, write };

class Connection final : public Engine {
 public:
  // The file must exist. Sets what every connection of ours has: see `settings` in the source.
  static Result<std::unique_ptr<Connection>> open(const std::filesystem::path& file, Use use,
                                                  std::size_t cache_kib);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Result<Rows> query(const Sql& sql, std::span<const Value> values) override;
  Result<std::int64_t> execute(const Sql& sql, std::span<const Value> values) override;
  Status begin_part() override;
  Status keep_part() override;
  Status undo_part() override;
  Status script(const std::string& text) override;

  // A statement of our own without arguments ("begin immediate"), prepared once.
  Status plain(const char* text);
  // One integer that a pragma or a statement answers.
  Result<std::int64_t> integer(const char* text);

  // What runs from now on is interrupted when the deadline passes; also bounds the wait for locks.
  void set_deadline(runtime::Deadline deadline) { deadline_ = deadline; }
  // False once SQLite has ended the transaction by itself (disk full, an interrupted change).
  bool in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }
  // The first failure of a statement since `forget_failure`: a transaction that had one can't be kept.
  const std::optional<Error>& failed() const { return failed_; }
  void forget_failure() { failed_.reset(); }
  sqlite3* handle() { return db_; }

 private:
  struct Statement {
    sqlite3_stmt* prepared = nullptr;
    std::string text;                  // to be sure that the address still means the same statement
    std::vector<std::size_t> argument; // SQLite's parameter (from 1, index 0 here) -> position in values
    std::size_t arguments = 0;
  };

  explicit Connection(sqlite3* db) : db_(db) {}
  Result<Statement*> prepare(const char* name, const char* text);
  Result<Statement*> start(const Sql& sql, std::span<const Value> values);
  Result<Rows> run(const Sql& sql, std::span<const Value> values);
  Failure remember(Failure failure);
  static int wait_for_lock(void* self, int tries);
  static int past_deadline(void* self);

  sqlite3* db_;
  runtime::Deadline deadline_ = runtime::Deadline::never();
  std::optional<Error> failed_;
  // By the text's address: statements are constants.
  std::unordered_map<const char*, Statement> statements_;
};

}  // namespace kidoban::store::sqlite
