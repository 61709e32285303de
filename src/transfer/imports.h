#pragma once
// Files that come in: kept, looked at (a job says what each row would do), and then done (another job). Nothing of the
// directory changes before somebody who saw the preview says so. Any thread.

#include <optional>
#include <string>
#include <vector>

#include "audit/audit.h"
#include "directory/directory.h"
#include "jobs/engine.h"
#include "jobs/jobs.h"
#include "login/session.h"
#include "seal/seal.h"
#include "store/store.h"
#include "tenant/settings.h"
#include "transfer/encoding.h"
#include "transfer/file.h"
#include "transfer/outcome.h"
#include "transfer/planner.h"
#include "transfer/still_may.h"
#include "transfer/transfer.h"

namespace kidoban::transfer {

// each: a row that fails is reported, the others are done. all: every row, in one transaction, or none.
enum class Mode : std::uint8_t { each, all };
std::string_view word_of(Mode mode);
std::optional<Mode> mode_named(std::string_view word);

// More deletions than either want to be confirmed by their number. The settings section "transfer":
// {"most_deletions":10,"most_deletions_percent":5}; the share is of the tenant's people, and for files of people alone.
struct Brake {
  std::int64_t most_deletions = 10, most_deletions_percent = 5;
};
// Strict. malformed/"json_malformed", "member_unknown", "member_malformed".
Result<Brake> brake_from_json(std::string_view json);
std::string brake_json(const Brake& brake);
bool holds_back(const Brake& brake, std::int64_t deletions, std::optional<std::int64_t> people);

struct Import {
  Id id;
  FileKind kind = FileKind::people;
  Mode mode = Mode::each;
  Encoding encoding = Encoding::utf8;
  std::int64_t bytes = 0, rows = 0, pages = 0;
  std::vector<std::string> titles, ignored;  // all columns; those that mean nothing here
  jobs::Job check;
  std::optional<jobs::Job> run;
  Time created_at, expires_at;
};

// Where a list of rows goes on.
struct RowPlace {
  std::int64_t page = 0, row = 0;  // the first behind it
};
struct RowPage {
  std::vector<Outcome> rows;
  std::optional<RowPlace> next;
};

class Imports {
 public:
  Imports(store::Store& store, seal::Keyring& keys, directory::Directory& directory, login::Sessions& sessions, tenant::Settings& settings,
          jobs::Jobs& jobs, audit::Audit& audit, Passwords& passwords, const Clock& clock, Random& random);
  ~Imports();

  // Keeps the file and asks for its preview. malformed/"rows_too_many_for_all"; rate_limited/"jobs_too_many". Audited as "import.made".
  Result<Import> make(store::Transaction& tx, const IncomingFile& file, Mode mode, const audit::Event& by);
  Result<Import> get(store::Transaction& tx, const Id& id);  // not_found/"import_unknown"
  // Newest first, without their titles.
  Result<std::vector<Import>> list(store::Transaction& tx, std::optional<Id> before, std::size_t limit);
  // conflict/"import_unchecked" (the preview isn't there, or failed), "import_already_run", "import_has_errors" (mode all),
  // "deletions_unconfirmed" where the brake holds and `confirmed` isn't the number of deletions in the preview.
  Result<Import> run(store::Transaction& tx, const Id& id, std::optional<std::int64_t> confirmed, const audit::Event& by);
  // What rows would do or did, in their order: some `limit` rows (whole pages are read).
  enum class Which : std::uint8_t { all, bad };
  Result<RowPage> rows(store::Transaction& tx, const Id& id, Phase phase, Which which, const RowPlace& from, std::size_t limit);
  // Bad rows as they came, with what is wrong in a last column `error` (which is ignored when they come again), in the file's
  // encoding; `say` gives the words. Of the run, or of the preview where it didn't run.
  struct BadRows {
    std::string csv;
    Encoding encoding = Encoding::utf8;
    std::optional<RowPlace> next;
  };
  using Say = std::function<std::string(std::string_view reason)>;
  Result<BadRows> bad_rows(store::Transaction& tx, const Id& id, const RowPlace& from, std::size_t limit, const Say& say);

  Result<Brake> brake(store::Transaction& tx);

  // "import_check", "import_run".
  std::vector<jobs::Work*> works();
  // Before they are served: what they ask in each step, so that who lost a right while a job runs stops it.
  void ask_rights(const StillMay& still_may);

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace kidoban::transfer
