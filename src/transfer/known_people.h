#pragma once
// Who the rows of a page are about, and whom they name, looked up all at once. Made in a transaction and good in it alone.

#include <map>
#include <optional>
#include <span>
#include <string>

#include "directory/directory.h"
#include "transfer/columns.h"

namespace kidoban::transfer {

struct FileRow;

class KnownPeople {
 public:
  static Result<KnownPeople> of(store::Transaction& tx, directory::Directory& directory, const Columns& columns, std::span<const FileRow> rows);

  // As directory::canonical_login.
  Result<std::string> login_of(std::string_view typed) const;
  // Who has the login, or that nobody had it; nullptr where it wasn't looked up, or may have become another's since.
  const std::optional<directory::Person>* find(std::string_view login) const;
  void forget() { people_.clear(); }

 private:
  std::map<std::string, Result<std::string>, std::less<>> logins_;  // by what was typed
  std::map<std::string, std::optional<directory::Person>, std::less<>> people_;
};

}  // namespace kidoban::transfer
