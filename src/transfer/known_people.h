#pragma once
// Who the rows of a page are about, and whom they name, looked up all at once.

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "directory/directory.h"
#include "transfer/columns.h"

namespace kidoban::transfer {

struct FileRow;

class KnownPeople {
 public:
  // The logins in rows, each in its one spelling. Nobody is looked up yet.
  static KnownPeople named_in(const Columns& columns, std::span<const FileRow> rows);
  // Who has them; good in this transaction alone.
  Status look_up(store::Transaction& tx, directory::Directory& directory);

  // As directory::canonical_login.
  Result<std::string> login_of(std::string_view typed) const;
  // Who has the login, nullptr for nobody; nothing where it wasn't looked up, or may have become another's since.
  std::optional<const directory::Person*> find(std::string_view login) const;
  void forget() {
    asked_ = false;
    people_.clear();
  }

 private:
  std::map<std::string, Result<std::string>, std::less<>> logins_;  // by what was typed
  std::set<std::string, std::less<>> named_;                             // the logins there are
  bool asked_ = false;                                                   // they were looked up
  std::map<std::string, directory::Person, std::less<>> people_;         // those of them whom somebody has
};

}  // namespace kidoban::transfer
