#pragma once
// Stores for a test, gone at its end.

#include <filesystem>
#include <memory>
#include <string>

#include "store/store.h"

namespace kidoban::kit {

// A new empty folder, removed with everything in it at the end. Its owner is whoever runs the test.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A fresh database in the test program's own PostgreSQL 15, which is started at the first and stopped
// at the program's end. Dropped at the end, when nobody is connected any more.
class PostgresDatabase {
 public:
  PostgresDatabase();
  ~PostgresDatabase();
  PostgresDatabase(const PostgresDatabase&) = delete;
  PostgresDatabase& operator=(const PostgresDatabase&) = delete;
  // libpq's; the role owns the database, is no superuser, and is bound by row-level security.
  std::string conninfo() const;
  // As the cluster's superuser.
  std::string superuser_conninfo() const;

 private:
  std::string name_;
};

}  // namespace kidoban::kit
