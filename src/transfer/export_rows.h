#pragma once
// The rows of an export, a batch at a time.

#include <optional>
#include <string>
#include <vector>

#include "directory/directory.h"
#include "transfer/columns.h"

namespace kidoban::transfer {

struct ExportBatch {
  std::vector<std::vector<std::string>> rows;  // as export_columns() has them, not yet guarded
  std::vector<std::string> ids;                // of each row
  std::string next;                            // where to go on
  bool over = false;
};

// From `position` on: "" at first, then `next` of the batch before. internal/"cursor_malformed".
Result<ExportBatch> read_batch(store::Transaction& tx, directory::Directory& directory, FileKind kind, const std::vector<Column>& columns,
                               std::string_view position);

}  // namespace kidoban::transfer
