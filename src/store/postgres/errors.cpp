#include "store/postgres/errors.h"

#include "base/text.h"

namespace kidoban::store::postgres {

namespace {

ServerError make(Kind kind, Reason reason, After after, std::string note, std::source_location where) {
  const std::int64_t retry_after_s = kind == Kind::unavailable ? 1 : 0;
  return {{kind, reason, std::move(note), retry_after_s, where}, after};
}

}  // namespace

ServerError server_error(const PGresult* result, const std::string& doing, std::source_location where) {
  const char* field = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string state = field != nullptr ? field : "";
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  std::string note = doing + ": " + (message != nullptr ? message : PQresultErrorMessage(result)) +
                     " (SQLSTATE " + state + ")";
  const auto is = [&](std::string_view code) { return state == code; };
  const auto of_class = [&](std::string_view code) { return state.starts_with(code); };
  if (is("23505")) return make(Kind::conflict, "unique_taken", After::give_up, std::move(note), where);
  // serialization_failure, deadlock_detected
  if (is("40001") || is("40P01")) return make(Kind::unavailable, "store_busy", After::run_again, std::move(note), where);
  // query_canceled: by statement_timeout, which is the caller's deadline
  if (is("57014")) return make(Kind::unavailable, "deadline_passed", After::give_up, std::move(note), where);
  if (is("55P03") || of_class("53300")) return make(Kind::unavailable, "store_busy", After::give_up, std::move(note), where);
  if (is("53100")) return make(Kind::unavailable, "store_full", After::give_up, std::move(note), where);
  if (is("25006")) return make(Kind::unavailable, "store_read_only", After::give_up, std::move(note), where);
  // A plan whose table was altered meanwhile, or a prepared statement that is gone: a new connection has neither.
  if (is("26000") || (is("0A000") && note.find("cached plan") != std::string::npos)) {
    return make(Kind::unavailable, "store_busy", After::reconnect, std::move(note), where);
  }
  // connection_exception, admin_shutdown, crash_shutdown, cannot_connect_now, idle timeouts
  if (of_class("08") || of_class("57P") || is("25P03") || is("57P05") || state.empty()) {
    return make(Kind::unavailable, "store_unreachable", After::reconnect, std::move(note), where);
  }
  return make(Kind::internal, "store_failed", After::give_up, std::move(note), where);
}

ServerError connection_error(PGconn* connection, const std::string& doing, std::source_location where) {
  const char* message = connection != nullptr ? PQerrorMessage(connection) : "out of memory";
  return make(Kind::unavailable, "store_unreachable", After::reconnect,
              doing + ": " + std::string(trim(std::string_view(message))), where);
}

}  // namespace kidoban::store::postgres
