#pragma once
// One PostgreSQL connection, always in libpq's pipeline mode: what begins a transaction travels with its
// first statement, and the end of a reading one isn't waited for. One thread at a time.

#include <libpq-fe.h>

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "store/postgres/errors.h"
#include "store/store.h"

namespace kidoban::store::postgres {

enum class Begin : std::uint8_t { read, write, write_snapshot };

// How a transaction went, beside its answer.
struct Outcome {
  Status answer;
  After after = After::give_up;  // when `answer` is an error
};

class Connection final : public Engine {
 public:
  static Result<std::unique_ptr<Connection>> open(const std::string& conninfo, runtime::Deadline deadline);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Runs `body` in one transaction. `tenant` is its id in hexadecimal, or "*". What `body` throws is
  // thrown, after the transaction was undone.
  Outcome run(Begin begin, const std::string& tenant, runtime::Deadline deadline,
              const std::function<Status(Engine&)>& body);
  // False when it must not be used again.
  bool usable() const { return usable_; }
  // Row-level security doesn't bind this role (a superuser, or BYPASSRLS).
  bool above_row_security() const { return above_row_security_; }

  Result<Rows> query(const Sql& sql, std::span<const Value> values) override;
  Result<std::int64_t> execute(const Sql& sql, std::span<const Value> values) override;
  // One exchange for many rows.
  Result<std::vector<Rows>> query_each(const Sql& sql, std::span<const Value> values, std::size_t width) override;
  Result<std::vector<std::int64_t>> execute_each(const Sql& sql, std::span<const Value> values, std::size_t width) override;
  Status begin_part() override;
  Status keep_part() override;
  Status undo_part() override;
  Status script(const std::string& text) override;

 private:
  struct FreeResult {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  using ResultPointer = std::unique_ptr<PGresult, FreeResult>;
  struct Prepared {
    std::string name, text;
  };

  explicit Connection(PGconn* connection) : connection_(connection) {}
  Status set_up(runtime::Deadline deadline);
  bool send_begin();
  // Without a sync: it is sent with what follows.
  bool send(const Sql& sql, std::span<const Value> values, bool& preparing);
  Result<ResultPointer> call(const Sql& sql, std::span<const Value> values);
  Status check_call(const Sql& sql, std::size_t values);
  Result<std::vector<ResultPointer>> call_each(const Sql& sql, std::span<const Value> values, std::size_t width);
  // The next result, nullptr at the end of a statement's results; lost when the connection is.
  enum class Got : std::uint8_t { result, end, lost };
  Got next(ResultPointer& out);
  // Reads to the end of `batches` sent batches; keeps the first error among their results and the last good one.
  bool read_batches(int batches, ResultPointer& last, std::optional<ServerError>& error, const char* name);
  // The same, of one batch, and keeps every good result in its order.
  bool read_batch(std::vector<ResultPointer>& all, std::optional<ServerError>& error, const char* name);
  bool drain_owed();
  Failure remember(ServerError error);
  Outcome commit();
  void roll_back();

  PGconn* connection_;
  bool usable_ = true;
  bool above_row_security_ = false;
  int owed_ = 0;  // batches whose results nobody has read yet
  // Of the running transaction:
  Begin begin_ = Begin::read;
  std::string tenant_;
  runtime::Deadline deadline_ = runtime::Deadline::never();
  bool begun_ = false;
  std::optional<ServerError> failed_;
  // By the text's address and the arguments' types.
  std::unordered_map<const char*, std::unordered_map<std::string, Prepared>> prepared_;
  std::size_t prepared_count_ = 0;
};

}  // namespace kidoban::store::postgres
