#pragma once
// The store: one door to SQLite and to PostgreSQL.
//
// A feature keeps its statements as named constants in its `*_store.cpp` and runs them in a
// transaction. In every tenant's statement `$1` is the tenant, and the transaction binds it: the
// caller's arguments begin at `$2`. A statement that doesn't mention `$1` is refused before either engine sees it.
//
//   constexpr Sql find_person{"find_person",
//       "select id, version from people where tenant = $1 and login_index = $2"};
//
//   auto found = store.read(tenant, deadline, [&](Transaction& tx) -> Result<std::optional<Id>> {
//     auto rows = TRY(tx.query(find_person, index));
//     ...
//   });
//
// A transaction's body is synchronous, has no effect outside the store (and its captured result), may be
// run again after a conflict, may run on another caller's thread, and sees the store as though it ran
// alone (serializable). When it returns an Error, or when any statement in it failed, everything it wrote is
// undone. When `write` returns a value, the commit is durable. A transaction inside another's body is
// refused: internal/"transaction_nested". docs/sql.md says which SQL is portable. Any thread may use a Store.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "runtime/deadline.h"

namespace kidoban::store {

struct Sql {
  const char* name;                // unique in the program; shows in logs and metrics
  const char* text;
  const char* postgres = nullptr;  // where PostgreSQL needs other words; seldom
};

// An argument. Text and blobs are borrowed until the call returns.
class Value {
 public:
  enum class Type : std::uint8_t { null, integer, text, blob };

  Value() = default;
  Value(std::nullptr_t) {}                                               // NOLINT
  template <class T>
    requires std::is_integral_v<T>
  Value(T v) : type_(Type::integer), integer_(static_cast<std::int64_t>(v)) {}  // NOLINT
  Value(std::string_view v) : type_(Type::text), bytes_(v) {}            // NOLINT
  Value(const std::string& v) : Value(std::string_view(v)) {}            // NOLINT
  Value(const char* v) : Value(std::string_view(v)) {}                   // NOLINT
  Value(std::span<const std::uint8_t> v)                                 // NOLINT
      : type_(Type::blob), bytes_(reinterpret_cast<const char*>(v.data()), v.size()) {}
  template <std::size_t N>
  Value(const std::array<std::uint8_t, N>& v) : Value(std::span<const std::uint8_t>(v)) {}  // NOLINT
  Value(const Id& v) : Value(v.span()) {}                                // NOLINT
  Value(const TenantId& v) : Value(v.id.span()) {}                       // NOLINT
  Value(Time v) : Value(to_us(v)) {}                                     // NOLINT
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // g++ 12 doubts an empty optional under the sanitizers
#endif
  template <class T>
  Value(const std::optional<T>& v) { if (v) *this = Value(*v); }         // NOLINT
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
  // Bytes kept in a string (sealed values).
  static Value blob(std::string_view v) {
    Value out(v);
    out.type_ = Type::blob;
    return out;
  }

  Type type() const { return type_; }
  std::int64_t integer() const { return integer_; }
  std::string_view bytes() const { return bytes_; }

 private:
  Type type_ = Type::null;
  std::int64_t integer_ = 0;
  std::string_view bytes_;
};

class Rows;

// The arguments of one statement, for many rows: what they cost is then one exchange with the server instead of one each.
// Borrows texts and blobs as a Value does, so what rows are made of must stay where it is.
class Batch {
 public:
  // A row; as many arguments as the rows before it have.
  template <class... Args>
  void add(const Args&... args) {
    width_ = sizeof...(Args) + 1;
    values_.emplace_back();  // $1: the transaction's
    (values_.emplace_back(args), ...);
  }
  std::size_t size() const { return width_ == 0 ? 0 : values_.size() / width_; }
  bool empty() const { return values_.empty(); }

 private:
  friend class Transaction;
  std::size_t width_ = 0;
  std::vector<Value> values_;
};

// One row of a Rows, which must outlive it. Columns count from 0. Asking for another type than the
// column has, or for a NULL, is a failed requirement (the schema is ours).
class Row {
 public:
  bool is_null(std::size_t column) const;
  std::int64_t integer(std::size_t column) const;
  bool flag(std::size_t column) const { return integer(column) != 0; }
  std::string_view text(std::size_t column) const;
  std::span<const std::uint8_t> blob(std::size_t column) const;
  std::string_view blob_text(std::size_t column) const;
  Id id(std::size_t column) const;
  Time time(std::size_t column) const { return from_us(integer(column)); }
  std::optional<std::int64_t> maybe_integer(std::size_t column) const;
  std::optional<std::string_view> maybe_text(std::size_t column) const;
  std::optional<Id> maybe_id(std::size_t column) const;
  std::optional<Time> maybe_time(std::size_t column) const;

 private:
  friend class Rows;
  struct Cell {
    Value::Type type;
    std::int64_t integer;  // the number, or where the bytes begin
    std::size_t length;
  };
  Row(const Rows* rows, std::size_t first) : rows_(rows), first_(first) {}
  const Cell& cell(std::size_t column) const;
  const Cell& cell(std::size_t column, Value::Type type) const;
  std::string_view bytes(std::size_t column, Value::Type type) const;
  const Rows* rows_;
  std::size_t first_;
};

// A statement's whole answer, owned. Statements that could answer much have a limit.
class Rows {
 public:
  bool empty() const { return count_ == 0; }
  std::size_t size() const { return count_; }
  Row operator[](std::size_t i) const;
  Row front() const { return (*this)[0]; }

  // For the engines that fill it.
  explicit Rows(std::size_t columns) : columns_(columns) {}
  void add_null();
  void add_integer(std::int64_t v);
  void add_text(std::string_view v);
  void add_blob(std::string_view v);
  void end_row() { ++count_; }

 private:
  friend class Row;
  std::size_t columns_;
  std::size_t count_ = 0;
  std::vector<Row::Cell> cells_;
  std::string bytes_;
};

// What an engine offers for one running transaction. Only store/ sees it.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual Result<Rows> query(const Sql& sql, std::span<const Value> values) = 0;
  virtual Result<std::int64_t> execute(const Sql& sql, std::span<const Value> values) = 0;
  // The same statement for each `width` of the values, one after another; the first that fails ends it.
  virtual Result<std::vector<Rows>> query_each(const Sql& sql, std::span<const Value> values, std::size_t width);
  virtual Result<std::vector<std::int64_t>> execute_each(const Sql& sql, std::span<const Value> values, std::size_t width);
  // A savepoint: what is written after it is kept with the rest, or undone alone, whatever failed in it.
  virtual Status begin_part() = 0;
  virtual Status keep_part() = 0;
  virtual Status undo_part() = 0;
  // Many statements without arguments, one after another: migrations alone.
  virtual Status script(const std::string& text) = 0;
};

// One tenant's transaction: nothing of another tenant can be seen or changed through it.
class Transaction {
 public:
  Transaction(Engine& engine, TenantId tenant) : engine_(engine), tenant_(tenant) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  TenantId tenant() const { return tenant_; }

  // The answer's rows. conflict/"unique_taken" when a unique value is taken.
  template <class... Args>
  Result<Rows> query(const Sql& sql, const Args&... args) {
    const std::array<Value, sizeof...(Args) + 1> values{Value(tenant_), Value(args)...};
    return query_all(sql, values);
  }
  // How many rows were changed.
  template <class... Args>
  Result<std::int64_t> execute(const Sql& sql, const Args&... args) {
    const std::array<Value, sizeof...(Args) + 1> values{Value(tenant_), Value(args)...};
    return execute_all(sql, values);
  }
  // The same for each row of a batch, in its order: the answers; how many rows each changed.
  Result<std::vector<Rows>> query_each(const Sql& sql, Batch& batch);
  Result<std::vector<std::int64_t>> execute_each(const Sql& sql, Batch& batch);

  // A part of the transaction that stands or falls alone: where `body` answers an Error, or a statement in it failed, what
  // it wrote is undone, its Error is the answer, and the transaction goes on. What ends a transaction as such (a conflict
  // with another, a lost connection, the deadline) still ends it, and is its answer. A part within another is refused.
  // `body` takes nothing and works in this transaction.
  template <class Body>
  auto part(Body&& body) -> std::invoke_result_t<Body&> {
    TRY(begin_part());
    auto answer = body();
    if (answer.has_value()) {
      auto kept = end_part(true);
      if (kept) return answer;
      return std::unexpected(std::move(kept.error()));
    }
    TRY(end_part(false));
    return answer;
  }

 private:
  Status begin_part();
  Status end_part(bool keep);
  Result<Rows> query_all(const Sql& sql, std::span<const Value> values);
  Result<std::int64_t> execute_all(const Sql& sql, std::span<const Value> values);
  void bind(Batch& batch) const;
  Engine& engine_;
  TenantId tenant_;
  bool in_part_ = false;
};

class SystemTransaction;

struct PoolLoad {
  std::size_t busy, idle;
};

class Store {
 public:
  virtual ~Store() = default;

  // Body: Result<T>(Transaction&). Errors of the store itself: unavailable/"store_busy",
  // unavailable/"store_unreachable", unavailable/"deadline_passed", unavailable/"store_full" (no
  // space left), unavailable/"store_read_only", unavailable/"commit_unknown" (the connection was lost
  // while committing), internal/"store_failed".
  template <class Body>
  auto read(TenantId tenant, runtime::Deadline deadline, Body&& body) {
    return run_tenant(Mode::read, tenant, deadline, body);
  }
  template <class Body>
  auto write(TenantId tenant, runtime::Deadline deadline, Body&& body) {
    return run_tenant(Mode::write, tenant, deadline, body);
  }
  // A write that need not be serializable: where PostgreSQL would lock all that is read against being changed
  // (docs/decisions/0007), it sees a snapshot, and still loses against whoever changed a row before it that it
  // changes too. For a body whose decisions rest on rows it changes, or on such as might as well have been
  // read a moment earlier. Wrong for "two administrators are left, so one may go".
  template <class Body>
  auto write_snapshot(TenantId tenant, runtime::Deadline deadline, Body&& body) {
    return run_tenant(Mode::write_snapshot, tenant, deadline, body);
  }
  // Across tenants. Few folders may: see src/deps.txt, which names those that include store/system.h.
  template <class Body>
  auto system_read(runtime::Deadline deadline, Body&& body);
  template <class Body>
  auto system_write(runtime::Deadline deadline, Body&& body);

  virtual std::string_view engine_name() const = 0;  // "sqlite", "postgresql"
  virtual PoolLoad load() const = 0;
  // The store answers at all: for /readyz.
  virtual Status ping(runtime::Deadline deadline) = 0;

 protected:
  enum class Mode : std::uint8_t { read, write, write_snapshot };
  using EngineBody = std::function<Status(Engine&)>;
  // Runs `body` in one transaction; `tenant` is nullptr for a system transaction. The engine may
  // run it more than once.
  virtual Status run(Mode mode, const TenantId* tenant, runtime::Deadline deadline,
                     const EngineBody& body) = 0;

 private:
  friend class Migrator;
  template <class Body>
  auto run_tenant(Mode mode, TenantId tenant, runtime::Deadline deadline, Body& body) {
    return run_body(mode, &tenant, deadline, [tenant](Engine& engine) { return Transaction(engine, tenant); }, body);
  }
  // `begin` makes what `body` works in.
  template <class Begin, class Body>
  auto run_body(Mode mode, const TenantId* tenant, runtime::Deadline deadline, const Begin& begin, Body& body) {
    using R = std::invoke_result_t<Body&, std::invoke_result_t<const Begin&, Engine&>&>;
    std::optional<R> answer;
    Status ran = run(mode, tenant, deadline, [&](Engine& engine) -> Status {
      auto tx = begin(engine);
      answer.emplace(body(tx));
      if (!*answer) return std::unexpected(answer->error());
      return {};
    });
    if (!ran) return R(std::unexpected(std::move(ran.error())));
    return R(std::move(*answer));
  }
};

// A body that answers Status and a body that answers Result<T> are both fine; an Error answered by
// the body comes back as it is.

}  // namespace kidoban::store
