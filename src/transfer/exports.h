#pragma once
// Files that go out: written by a job, page by page, sealed; downloaded for a day. What an export writes an import reads:
// the same values, nothing changed. Any thread.

#include <optional>
#include <string>
#include <vector>

#include "audit/audit.h"
#include "directory/directory.h"
#include "jobs/engine.h"
#include "jobs/jobs.h"
#include "seal/seal.h"
#include "store/store.h"
#include "transfer/encoding.h"
#include "transfer/still_may.h"
#include "transfer/transfer.h"

namespace kidoban::transfer {

// What the encoding doesn't have: the export failed ("characters_unwritable") rather than change it.
struct UnwritableCell {
  std::int64_t row = 0;       // as it would stand in the file, from 1
  std::string column;
  std::string id;             // of the row: the person's, the group's
  std::string character;      // "U+20BB7"
};

struct Export {
  Id id;
  FileKind kind = FileKind::people;
  Encoding encoding = Encoding::utf8_bom;
  std::int64_t parts = 0, rows = 0, bytes = 0;  // each part is a whole file of at most limits::import_bytes
  std::vector<UnwritableCell> unwritable;       // the first hundred
  jobs::Job job;
  Time created_at, expires_at;
};

class Exports {
 public:
  Exports(store::Store& store, seal::Keyring& keys, directory::Directory& directory, jobs::Jobs& jobs, audit::Audit& audit, const Clock& clock,
          Random& random);
  ~Exports();

  // rate_limited/"jobs_too_many". Audited as "export.made".
  Result<Export> make(store::Transaction& tx, FileKind kind, Encoding encoding, const audit::Event& by);
  Result<Export> get(store::Transaction& tx, const Id& id);  // not_found/"export_unknown"
  Result<std::vector<Export>> list(store::Transaction& tx, std::optional<Id> before, std::size_t limit);
  // Part 1 to Export::parts. conflict/"export_unfinished"; not_found/"export_part_unknown". Audited as "export.downloaded".
  Result<std::string> file(store::Transaction& tx, const Id& id, std::int64_t part, const audit::Event& by);

  std::vector<jobs::Work*> works();  // "export"
  void ask_rights(const StillMay& still_may);  // as Imports

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace kidoban::transfer
