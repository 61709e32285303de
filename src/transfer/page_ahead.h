#pragma once
// What of a page of people can be done without a transaction, while the page before it is being written: its rows are read, and whoever
// they seem to make is checked and sealed. Most files of many rows bring people who are new.

#include <optional>
#include <vector>

#include "directory/directory.h"
#include "transfer/known_people.h"
#include "transfer/page_run.h"

namespace kidoban::transfer {

struct PageAhead {
  struct Newcomer {
    Outcome outcome;
    directory::PreparedPerson person;
  };
  directory::Preparation with;
  std::vector<FileRow> rows;
  KnownPeople logins;                             // nobody is looked up yet
  std::vector<std::optional<Newcomer>> newcomers;  // by row; nothing for whatever isn't simply somebody new
  // Rows name nobody but by their own logins: those who are new may be made before what else there is, whatever the file's order.
  bool in_any_order = true;
};

// Whether that pays: people, most of them new, each page on its own; their passwords cost more than all of this.
bool is_worth_looking_ahead(const OpenedImport& import);
// Not inside a transaction; any thread.
Result<PageAhead> look_ahead(const ImportRooms& rooms, const OpenedImport& import, directory::Preparation with, std::int64_t number);

}  // namespace kidoban::transfer
