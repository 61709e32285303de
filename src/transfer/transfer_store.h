#pragma once
// The tables of files and what became of them. Sealed columns are opaque here.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "crypto/hash.h"
#include "store/store.h"

namespace kidoban::transfer {

struct ImportRow {
  Id id;
  int kind = 0, mode = 0, encoding = 0;
  std::int64_t bytes = 0, rows = 0, pages = 0;
  std::string header;
  Id check_job;
  std::optional<Id> run_job;
  Time created_at, expires_at;
};
Status insert_import(store::Transaction& tx, const ImportRow& row);
Result<std::optional<ImportRow>> select_import(store::Transaction& tx, const Id& id);
Result<std::vector<ImportRow>> select_imports(store::Transaction& tx, const Id& before, std::size_t limit);
// False where it has one already.
Result<bool> set_run_job(store::Transaction& tx, const Id& id, const Id& job);

struct ExportRow {
  Id id;
  int kind = 0, encoding = 0;
  std::int64_t parts = 0, rows = 0, bytes = 0;
  std::optional<std::string> unwritable;
  Id job;
  Time created_at, expires_at;
};
Status insert_export(store::Transaction& tx, const ExportRow& row);
Result<std::optional<ExportRow>> select_export(store::Transaction& tx, const Id& id);
Result<std::vector<ExportRow>> select_exports(store::Transaction& tx, const Id& before, std::size_t limit);
Status update_export(store::Transaction& tx, const ExportRow& row);  // parts, rows, bytes, unwritable

struct PageRow {
  std::int64_t part = 0, number = 0, first_row = 0, first_line = 0;
  std::string content;
};
Status insert_page(store::Transaction& tx, const Id& file, const PageRow& row);
Result<std::optional<PageRow>> select_page(store::Transaction& tx, const Id& file, std::int64_t part, std::int64_t number);
// Behind `after`, at most `limit`.
Result<std::vector<PageRow>> select_pages(store::Transaction& tx, const Id& file, std::int64_t part, std::int64_t after, std::size_t limit);

struct OutcomeRow {
  std::int64_t number = 0, errors = 0;
  std::string content;
};
// In place of what was there.
Status put_outcome(store::Transaction& tx, const Id& file, int phase, const OutcomeRow& row);
Result<std::optional<OutcomeRow>> select_outcome(store::Transaction& tx, const Id& file, int phase, std::int64_t number);
// From `number` on, at most `limit` pages; only those with errors, or all.
enum class Which : std::uint8_t { all, bad };
Result<std::vector<OutcomeRow>> select_outcomes(store::Transaction& tx, const Id& file, int phase, Which which, std::int64_t number, std::size_t limit);

// Whom rows are about, and which rows. Whether each was put in: not where the file has it already, in another row.
struct KeyRow {
  crypto::Digest key;
  std::int64_t row = 0;
};
Result<std::vector<bool>> insert_keys(store::Transaction& tx, const Id& file, std::span<const KeyRow> keys);
Result<std::vector<std::optional<std::int64_t>>> select_keys(store::Transaction& tx, const Id& file, std::span<const crypto::Digest> keys);  // their rows

}  // namespace kidoban::transfer
