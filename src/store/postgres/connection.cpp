#include "store/postgres/connection.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "store/postgres/wire.h"
#include "store/running.h"
#include "store/statement_text.h"

namespace kidoban::store::postgres {

namespace {

// Past this many the connection is replaced, which frees them on both sides.
constexpr std::size_t statements_kept = 1000;
// The server stops a statement at the deadline by itself; a server that doesn't answer is given up this much later.
constexpr std::chrono::seconds grace{2};
constexpr std::chrono::seconds longest_silence{120};
// Of a batch, between two looks at the clock and at what the server has to say.
constexpr std::size_t rows_an_exchange = 256;

constexpr const char* begin_read = "kidoban_begin_read";
constexpr const char* begin_write = "kidoban_begin_write";
constexpr const char* begin_write_snapshot = "kidoban_begin_write_snapshot";
constexpr const char* set_tenant = "kidoban_set_tenant";
constexpr const char* end_read = "kidoban_end";

}  // namespace

Connection::~Connection() { PQfinish(connection_); }

Result<std::unique_ptr<Connection>> Connection::open(const std::string& conninfo, runtime::Deadline deadline) {
  // What the operator gives comes last and wins: libpq takes `dbname` for a whole connection string.
  const char* const keywords[] = {"connect_timeout", "tcp_user_timeout", "keepalives_idle", "dbname", nullptr};
  const char* const values[] = {"5", "15000", "30", conninfo.c_str(), nullptr};
  PGconn* raw = PQconnectdbParams(keywords, values, 1);
  std::unique_ptr<Connection> connection(new Connection(raw));
  if (raw == nullptr || PQstatus(raw) != CONNECTION_OK) {
    return std::unexpected(connection_error(raw, "connecting").error);
  }
  TRY(connection->set_up(deadline));
  return connection;
}

Status Connection::set_up(runtime::Deadline deadline) {
  deadline_ = deadline;
  // pg_catalog is searched first by itself; nothing else is, so that no other schema can stand in for ours.
  // A sequential scan locks the whole table against every other serializable transaction, and on a small
  // table the planner prefers one: docs/decisions/0007.
  ResultPointer role(PQexec(connection_,
                            "set search_path = kidoban; set client_encoding = 'UTF8'; set client_min_messages = warning; set enable_seqscan = off;"
                            "set application_name = 'kidoban'; set idle_in_transaction_session_timeout = '60s';"
                            "select rolsuper or rolbypassrls from pg_roles where rolname = current_user"));
  if (PQresultStatus(role.get()) != PGRES_TUPLES_OK) return std::unexpected(server_error(role.get(), "setting up").error);
  above_row_security_ = PQntuples(role.get()) == 1 && PQgetvalue(role.get(), 0, 0)[0] == 't';
  if (PQenterPipelineMode(connection_) == 0) return std::unexpected(connection_error(connection_, "pipeline mode").error);
  const bool sent =
      PQsendPrepare(connection_, begin_read, "begin isolation level repeatable read read only", 0, nullptr) != 0 &&
      PQsendPrepare(connection_, begin_write, "begin isolation level serializable read write", 0, nullptr) != 0 &&
      PQsendPrepare(connection_, begin_write_snapshot, "begin isolation level repeatable read read write", 0, nullptr) != 0 &&
      PQsendPrepare(connection_, set_tenant,
                    "select set_config('kidoban.tenant', $1, true), set_config('statement_timeout', $2, true)", 0,
                    nullptr) != 0 &&
      PQsendPrepare(connection_, end_read, "commit", 0, nullptr) != 0 && PQpipelineSync(connection_) != 0;
  if (!sent) return std::unexpected(connection_error(connection_, "preparing").error);
  ResultPointer last;
  std::optional<ServerError> error;
  if (!read_batches(1, last, error, "preparing") || error) {
    return std::unexpected(error ? std::move(error->error) : connection_error(connection_, "preparing").error);
  }
  return {};
}

Connection::Got Connection::next(ResultPointer& out) {
  while (PQisBusy(connection_) != 0) {
    auto left = std::min<runtime::Deadline::Steady::duration>(deadline_.left(), longest_silence) + grace;
    pollfd waiting{PQsocket(connection_), POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0 || PQconsumeInput(connection_) == 0) return Got::lost;
  }
  out.reset(PQgetResult(connection_));
  return out == nullptr ? Got::end : Got::result;
}

bool Connection::read_batches(int batches, ResultPointer& last, std::optional<ServerError>& error, const char* name) {
  int ends_in_a_row = 0;
  while (batches > 0) {
    ResultPointer result;
    switch (next(result)) {
      case Got::lost: return false;
      case Got::end:
        // One end stands between two statements; more means that nothing is coming at all.
        if (++ends_in_a_row > 2 || PQstatus(connection_) != CONNECTION_OK) return false;
        continue;
      case Got::result: break;
    }
    ends_in_a_row = 0;
    switch (PQresultStatus(result.get())) {
      case PGRES_PIPELINE_SYNC: --batches; break;
      case PGRES_PIPELINE_ABORTED: break;
      case PGRES_TUPLES_OK:
      case PGRES_COMMAND_OK: last = std::move(result); break;
      default:
        if (!error) error = server_error(result.get(), name);
        break;
    }
  }
  return true;
}

bool Connection::read_batch(std::vector<ResultPointer>& all, std::optional<ServerError>& error, const char* name) {
  int ends_in_a_row = 0;
  for (;;) {
    ResultPointer result;
    switch (next(result)) {
      case Got::lost: return false;
      case Got::end:
        if (++ends_in_a_row > 2 || PQstatus(connection_) != CONNECTION_OK) return false;
        continue;
      case Got::result: break;
    }
    ends_in_a_row = 0;
    switch (PQresultStatus(result.get())) {
      case PGRES_PIPELINE_SYNC: return true;
      case PGRES_PIPELINE_ABORTED: break;
      case PGRES_TUPLES_OK:
      case PGRES_COMMAND_OK: all.push_back(std::move(result)); break;
      default:
        if (!error) error = server_error(result.get(), name);
        break;
    }
  }
}

bool Connection::drain_owed() {
  if (owed_ == 0) return true;
  ResultPointer last;
  std::optional<ServerError> error;
  const bool drained = read_batches(owed_, last, error, "ending a read");
  owed_ = 0;
  // The end of a read can't fail with the session intact.
  return drained && !error;
}

Failure Connection::remember(ServerError error) {
  if (error.after == After::reconnect) usable_ = false;
  if (!failed_) failed_ = error;
  return Failure(std::move(error.error));
}

bool Connection::send_begin() {
  const char* begin = begin_ == Begin::read ? begin_read : begin_ == Begin::write ? begin_write : begin_write_snapshot;
  if (PQsendQueryPrepared(connection_, begin, 0, nullptr, nullptr, nullptr, 1) == 0) {
    return false;
  }
  std::string timeout = "0";
  if (deadline_.at() != runtime::Deadline::Steady::time_point::max()) {
    timeout = std::to_string(std::chrono::ceil<std::chrono::milliseconds>(deadline_.left()).count() + 1) + "ms";
  }
  const char* values[] = {tenant_.c_str(), timeout.c_str()};
  return PQsendQueryPrepared(connection_, set_tenant, 2, values, nullptr, nullptr, 1) != 0;
}

bool Connection::send(const Sql& sql, std::span<const Value> values, bool& preparing) {
  const char* text = sql.postgres != nullptr ? sql.postgres : sql.text;
  const Arguments arguments(values);
  auto& of_text = prepared_[text];
  auto found = of_text.find(arguments.signature());
  if (found != of_text.end() && found->second.text != text) {
    of_text.clear();
    found = of_text.end();
  }
  if (found == of_text.end()) {
    Prepared made{"k" + std::to_string(++prepared_count_), text};
    if (PQsendPrepare(connection_, made.name.c_str(), text, arguments.count(), arguments.types()) == 0) return false;
    found = of_text.emplace(arguments.signature(), std::move(made)).first;
    preparing = true;
  }
  return PQsendQueryPrepared(connection_, found->second.name.c_str(), arguments.count(), arguments.pointers(),
                             arguments.lengths(), arguments.formats(), 1) != 0;
}

Status Connection::check_call(const Sql& sql, std::size_t values) {
  if (failed_) return Failure(failed_->error);
  if (deadline_.passed()) {
    return remember({fail_for_now(Kind::unavailable, "deadline_passed", 1, sql.name).error(), After::give_up});
  }
  const std::size_t wanted = greatest_placeholder(sql.postgres != nullptr ? sql.postgres : sql.text);
  if (wanted != values) {
    return remember({fail(Kind::internal, "statement_arguments",
                          std::string(sql.name) + " takes " + std::to_string(wanted) + " arguments with the tenant, given " +
                              std::to_string(values)).error(), After::give_up});
  }
  return {};
}

Result<Connection::ResultPointer> Connection::call(const Sql& sql, std::span<const Value> values) {
  TRY(check_call(sql, values.size()));
  const bool first = !begun_;
  bool preparing = false;
  if ((first && !send_begin()) || !send(sql, values, preparing) || PQpipelineSync(connection_) == 0) {
    return remember(connection_error(connection_, sql.name));
  }
  begun_ = true;
  ResultPointer result;
  std::optional<ServerError> error;
  if (!drain_owed() || !read_batches(1, result, error, sql.name)) {
    return remember(connection_error(connection_, sql.name));
  }
  if (error) {
    // Whether the text was prepared before it failed isn't known: ask for it anew.
    if (preparing) prepared_.erase(sql.postgres != nullptr ? sql.postgres : sql.text);
    return remember(std::move(*error));
  }
  return result;
}

Result<std::vector<Connection::ResultPointer>> Connection::call_each(const Sql& sql, std::span<const Value> values, std::size_t width) {
  std::vector<ResultPointer> all;
  all.reserve(values.size() / width);
  // What begins a transaction, and the text's preparing, come with the first row.
  all.push_back(TRY(call(sql, values.first(width))));
  values = values.subspan(width);
  while (!values.empty()) {
    TRY(check_call(sql, width));
    std::vector<std::size_t> prepares;  // results among the others that are no rows'
    std::size_t sent = 0;
    for (std::size_t i = 0; i < rows_an_exchange && !values.empty(); ++i, values = values.subspan(width)) {
      bool preparing = false;
      if (!send(sql, values.first(width), preparing)) return remember(connection_error(connection_, sql.name));
      if (preparing) prepares.push_back(sent++);
      ++sent;
    }
    std::vector<ResultPointer> results;
    std::optional<ServerError> error;
    if (PQpipelineSync(connection_) == 0 || !read_batch(results, error, sql.name)) return remember(connection_error(connection_, sql.name));
    if (error) {
      if (!prepares.empty()) prepared_.erase(sql.postgres != nullptr ? sql.postgres : sql.text);
      return remember(std::move(*error));
    }
    if (results.size() != sent) return remember({fail(Kind::internal, "store_failed", std::string(sql.name) + ": answers are missing").error(), After::give_up});
    for (std::size_t i = 0, next = 0; i < results.size(); ++i) {
      if (next < prepares.size() && prepares[next] == i) ++next;
      else all.push_back(std::move(results[i]));
    }
  }
  return all;
}

Result<std::vector<Rows>> Connection::query_each(const Sql& sql, std::span<const Value> values, std::size_t width) {
  std::vector<Rows> all;
  for (const ResultPointer& result : TRY(call_each(sql, values, width))) {
    auto rows = rows_of(result.get(), sql.name);
    if (!rows) return remember({rows.error(), After::give_up});
    all.push_back(std::move(*rows));
  }
  return all;
}

Result<std::vector<std::int64_t>> Connection::execute_each(const Sql& sql, std::span<const Value> values, std::size_t width) {
  std::vector<std::int64_t> all;
  for (const ResultPointer& result : TRY(call_each(sql, values, width))) all.push_back(std::strtoll(PQcmdTuples(result.get()), nullptr, 10));
  return all;
}

Status Connection::begin_part() {
  constexpr static Sql sql{"begin_part", "savepoint part"};
  TRY(call(sql, {}));
  return {};
}

Status Connection::keep_part() {
  if (failed_) {
    const Error failed = failed_->error;
    TRY(undo_part());
    return Failure(failed);
  }
  constexpr static Sql sql{"keep_part", "release savepoint part"};
  TRY(call(sql, {}));
  return {};
}

Status Connection::undo_part() {
  // What a repetition of the whole, or another connection, is for; and a deadline that has passed.
  if (failed_ && (failed_->after != After::give_up || !usable_ || failed_->error.kind == Kind::unavailable)) return Failure(failed_->error);
  ResultPointer result;
  std::optional<ServerError> error;
  // Not prepared: in a failed transaction only this may be asked for.
  if (PQsendQueryParams(connection_, "rollback to savepoint part", 0, nullptr, nullptr, nullptr, nullptr, 1) == 0 ||
      PQsendQueryParams(connection_, "release savepoint part", 0, nullptr, nullptr, nullptr, nullptr, 1) == 0 ||
      PQpipelineSync(connection_) == 0 || !read_batches(1, result, error, "undoing a part")) {
    return remember(connection_error(connection_, "undoing a part"));
  }
  if (error) return remember(std::move(*error));
  failed_.reset();
  return {};
}

Result<Rows> Connection::query(const Sql& sql, std::span<const Value> values) {
  ResultPointer result = TRY(call(sql, values));
  auto rows = rows_of(result.get(), sql.name);
  if (!rows) return remember({rows.error(), After::give_up});
  return rows;
}

Result<std::int64_t> Connection::execute(const Sql& sql, std::span<const Value> values) {
  ResultPointer result = TRY(call(sql, values));
  return std::strtoll(PQcmdTuples(result.get()), nullptr, 10);
}

Status Connection::script(const std::string& text) {
  // Many statements are allowed by the simple protocol alone, which a pipeline doesn't have.
  if (failed_) return Failure(failed_->error);
  constexpr static Sql nothing{"begin_script", "select 1"};
  if (!begun_) TRY(call(nothing, {}));
  if (PQexitPipelineMode(connection_) == 0) return remember(connection_error(connection_, "script"));
  ResultPointer result(PQexec(connection_, text.c_str()));
  const auto status = PQresultStatus(result.get());
  std::optional<ServerError> error;
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) error = server_error(result.get(), "script");
  if (PQenterPipelineMode(connection_) == 0) return remember(connection_error(connection_, "script"));
  if (error) return remember(std::move(*error));
  return {};
}

Outcome Connection::commit() {
  ResultPointer result;
  std::optional<ServerError> error;
  if (PQsendQueryPrepared(connection_, end_read, 0, nullptr, nullptr, nullptr, 1) == 0 || PQpipelineSync(connection_) == 0 ||
      !read_batches(1, result, error, "commit") || (error && error->after == After::reconnect)) {
    usable_ = false;
    // The server may or may not have got it, and may or may not have carried it out.
    return {fail(Kind::unavailable, "commit_unknown", error ? error->error.note : PQerrorMessage(connection_)), After::give_up};
  }
  if (error) return {std::unexpected(std::move(error->error)), error->after};
  // COMMIT of a failed transaction answers ROLLBACK, without an error.
  if (result == nullptr || std::string_view(PQcmdStatus(result.get())) != "COMMIT") {
    return {fail(Kind::internal, "store_failed", "the transaction was rolled back by the server"), After::give_up};
  }
  return {};
}

void Connection::roll_back() {
  if (!usable_) return;
  ResultPointer result;
  std::optional<ServerError> error;
  // Not prepared: in a failed transaction only the end of it may be asked for, and this is it.
  if (PQsendQueryParams(connection_, "rollback", 0, nullptr, nullptr, nullptr, nullptr, 1) == 0 ||
      PQpipelineSync(connection_) == 0 || !read_batches(1, result, error, "rollback") || error) {
    usable_ = false;
  }
}

Outcome Connection::run(Begin begin, const std::string& tenant, runtime::Deadline deadline,
                        const std::function<Status(Engine&)>& body) {
  begin_ = begin;
  tenant_ = tenant;
  deadline_ = deadline;
  begun_ = false;
  failed_.reset();
  Status answer;
  try {
    Running running;
    answer = body(*this);
  } catch (...) {
    if (begun_) roll_back();
    throw;
  }
  if (prepared_count_ > statements_kept) usable_ = false;
  if (failed_) {
    if (begun_) roll_back();
    if (answer || failed_->after != After::give_up) return {std::unexpected(failed_->error), failed_->after};
    return {std::move(answer), After::give_up};
  }
  if (!begun_) return {std::move(answer), After::give_up};
  if (begin == Begin::read) {
    // Nothing hangs on the end of a snapshot: it is sent now and its answer read with the next transaction's.
    if (PQsendQueryPrepared(connection_, end_read, 0, nullptr, nullptr, nullptr, 1) == 0 || PQpipelineSync(connection_) == 0) {
      usable_ = false;
    } else {
      ++owed_;
    }
    return {std::move(answer), After::give_up};
  }
  if (!answer) {
    roll_back();
    return {std::move(answer), After::give_up};
  }
  return commit();
}

}  // namespace kidoban::store::postgres
