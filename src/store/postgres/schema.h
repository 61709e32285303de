#pragma once
// What PostgreSQL needs around the common schema: a schema of our own, BLOB as a name for bytea, and
// row-level security on every table of a tenant.

#include <string>

namespace kidoban::store::postgres {

// All of our tables stand in this schema; each connection has it alone in its search path.
inline constexpr const char* schema_name = "kidoban";

// Held to the end of the transaction, so that two nodes don't migrate at once.
std::string lock_migrations();
// Does nothing the second time.
std::string prepare_schema();
// Puts the policy on each table that has a `tenant` column and no policy yet.
std::string secure_tables();

}  // namespace kidoban::store::postgres
