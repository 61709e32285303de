#pragma once
// The rows of one page, planned and done in the caller's transaction. What can be asked of the store for all of them at once
// is: who they are about, whether another row is about the same; and people who are to be made are made together, as far as
// no other row comes between that might see them.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "transfer/import_works.h"
#include "transfer/planner.h"

namespace kidoban::transfer {

// What a step of either job begins with.
struct OpenedImport {
  ImportRow row;
  Columns columns;
  Counts previewed;  // the run doesn't do more deletions than these
};

// The row at which a transaction was given up, and why.
struct GivenUp {
  Outcome outcome;
  std::string reason;
};

struct PageAhead;

struct PageRun {
  const ImportRooms& rooms;
  const OpenedImport& import;
  const audit::Event& by;
  Mode mode;
  std::map<std::int64_t, std::string> refused{};  // rows known not to go: by number, why

  // What each row would do. Writes whom they are about, and nothing else.
  Result<std::vector<Outcome>> look(store::Transaction& tx, const SealedFiles& files, const std::vector<FileRow>& rows) const;
  // Does them. An Error that `given_up` explains is a row's, any other the store's. `counts` has those done before. `ahead`: the same rows, as
  // far as they are prepared (page_ahead.h); nullptr where they aren't.
  Result<std::vector<Outcome>> run(store::Transaction& tx, const SealedFiles& files, const std::vector<FileRow>& rows, Counts& counts,
                                   std::optional<GivenUp>& given_up, const PageAhead* ahead = nullptr) const;
};

}  // namespace kidoban::transfer
