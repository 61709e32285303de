#pragma once
// SQLite's result codes in our words. Engine texts go to the operator's note only.

#include <source_location>
#include <string>

#include "base/result.h"

struct sqlite3;

namespace kidoban::store::sqlite {

// The Error for the connection's last failure; `doing` says what was being done ("find_person").
Failure failure(sqlite3* db, int code, const std::string& doing,
                std::source_location where = std::source_location::current());

}  // namespace kidoban::store::sqlite
