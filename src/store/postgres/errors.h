#pragma once
// PostgreSQL's SQLSTATEs (PostgreSQL 15, appendix A) in our words. Server texts go to the operator's note only.

#include <libpq-fe.h>

#include <source_location>
#include <string>

#include "base/result.h"

namespace kidoban::store::postgres {

// What a failure means for the transaction it happened in.
enum class After : std::uint8_t {
  give_up,     // the caller gets the error
  run_again,   // a conflict with another transaction: the same body may succeed now
  reconnect,   // the connection is of no more use; before the commit the body may run on another
};

struct ServerError {
  Error error;
  After after;
};

ServerError server_error(const PGresult* result, const std::string& doing,
                         std::source_location where = std::source_location::current());
// The connection broke, or can't be made.
ServerError connection_error(PGconn* connection, const std::string& doing,
                             std::source_location where = std::source_location::current());

}  // namespace kidoban::store::postgres
