#pragma once
// Migrations: each feature's `migrations/NNNN_name.sql`, up only, each in a transaction of its own,
// remembered with a checksum. Release N runs on schema N and N+1, so that nodes may be upgraded one at a time.
//
// A file is SQL common to both engines: BIGINT, TEXT and BLOB columns (PostgreSQL knows BLOB as a domain
// over bytea). What stands in /*!sqlite … */ or /*!postgres … */ is for that engine alone. A
// table with a `tenant` column gets row-level security on PostgreSQL without saying so.

#include <string>
#include <vector>

#include "base/resource.h"
#include "base/result.h"
#include "store/store.h"

namespace kidoban::store {

struct Feature {
  std::string_view name;  // "login": its files are resources named "migrations/…"
  Resources resources;
};

struct MigrationState {
  std::string feature, file;
  bool applied;
};

// Applies what is missing, in the order of `features` and then of the files' numbers, under a lock
// that keeps two nodes from doing it at once. conflict/"migration_changed" when an applied file's
// checksum differs; conflict/"schema_newer" when the store has more than one release's unknown files.
Result<std::vector<MigrationState>> migrate(Store& store, std::span<const Feature> features);
// What would be applied; changes nothing.
Result<std::vector<MigrationState>> migration_plan(Store& store, std::span<const Feature> features);

}  // namespace kidoban::store
