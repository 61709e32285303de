#include "transfer/transfer_store.h"

namespace kidoban::transfer {

namespace {

using store::Sql;
using store::Value;

#define KIDOBAN_IMPORT_COLUMNS \
  "id, kind, mode, encoding, bytes, row_count, pages, header, check_job, run_job, created_at, expires_at"
constexpr Sql insert_import_row{"insert_import",
                                "insert into transfer_imports (tenant, " KIDOBAN_IMPORT_COLUMNS ") values "
                                "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"};
constexpr Sql get_import{"get_import", "select " KIDOBAN_IMPORT_COLUMNS " from transfer_imports where tenant = $1 and id = $2"};
constexpr Sql list_imports{"list_imports",
                           "select " KIDOBAN_IMPORT_COLUMNS " from transfer_imports where tenant = $1 and id < $2 order by id desc limit $3"};
#undef KIDOBAN_IMPORT_COLUMNS
constexpr Sql run_import{"set_import_run", "update transfer_imports set run_job = $3 where tenant = $1 and id = $2 and run_job is null"};

#define KIDOBAN_EXPORT_COLUMNS "id, kind, encoding, parts, row_count, bytes, unwritable, job, created_at, expires_at"
constexpr Sql insert_export_row{"insert_export",
                                "insert into transfer_exports (tenant, " KIDOBAN_EXPORT_COLUMNS ") values "
                                "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"};
constexpr Sql get_export{"get_export", "select " KIDOBAN_EXPORT_COLUMNS " from transfer_exports where tenant = $1 and id = $2"};
constexpr Sql list_exports{"list_exports",
                           "select " KIDOBAN_EXPORT_COLUMNS " from transfer_exports where tenant = $1 and id < $2 order by id desc limit $3"};
#undef KIDOBAN_EXPORT_COLUMNS
constexpr Sql put_export{"update_export",
                         "update transfer_exports set parts = $3, row_count = $4, bytes = $5, unwritable = $6 where tenant = $1 and id = $2"};

constexpr Sql insert_page_row{"insert_transfer_page",
                              "insert into transfer_pages (tenant, file, part, number, first_row, first_line, content) "
                              "values ($1, $2, $3, $4, $5, $6, $7)"};
constexpr Sql get_page{"get_transfer_page",
                       "select part, number, first_row, first_line, content from transfer_pages "
                       "where tenant = $1 and file = $2 and part = $3 and number = $4"};
constexpr Sql list_pages{"list_transfer_pages",
                         "select part, number, first_row, first_line, content from transfer_pages "
                         "where tenant = $1 and file = $2 and part = $3 and number > $4 order by number limit $5"};
constexpr Sql put_outcome_row{"put_transfer_outcome",
                              "insert into transfer_outcomes (tenant, file, phase, number, errors, content) values ($1, $2, $3, $4, $5, $6) "
                              "on conflict (tenant, file, phase, number) do update set errors = excluded.errors, content = excluded.content"};
constexpr Sql get_outcome{"get_transfer_outcome",
                          "select number, errors, content from transfer_outcomes where tenant = $1 and file = $2 and phase = $3 and number = $4"};
constexpr Sql list_outcomes{"list_transfer_outcomes",
                            "select number, errors, content from transfer_outcomes "
                            "where tenant = $1 and file = $2 and phase = $3 and number >= $4 order by number limit $5"};
constexpr Sql list_bad_outcomes{"list_bad_transfer_outcomes",
                                "select number, errors, content from transfer_outcomes "
                                "where tenant = $1 and file = $2 and phase = $3 and number >= $4 and errors > 0 order by number limit $5"};
constexpr Sql insert_key_row{"insert_transfer_key",
                             "insert into transfer_keys (tenant, file, key, place) values ($1, $2, $3, $4) on conflict (tenant, file, key) do nothing"};
constexpr Sql get_key{"get_transfer_key", "select place from transfer_keys where tenant = $1 and file = $2 and key = $3"};

ImportRow read_import(const store::Row& r) {
  return {r.id(0),          static_cast<int>(r.integer(1)), static_cast<int>(r.integer(2)), static_cast<int>(r.integer(3)),
          r.integer(4),     r.integer(5),                   r.integer(6),                   std::string(r.blob_text(7)),
          r.id(8),          r.maybe_id(9),                  r.time(10),                     r.time(11)};
}

ExportRow read_export(const store::Row& r) {
  ExportRow out{r.id(0), static_cast<int>(r.integer(1)), static_cast<int>(r.integer(2)), r.integer(3), r.integer(4), r.integer(5), {}, r.id(7), r.time(8), r.time(9)};
  if (!r.is_null(6)) out.unwritable = std::string(r.blob_text(6));
  return out;
}

PageRow read_page(const store::Row& r) { return {r.integer(0), r.integer(1), r.integer(2), r.integer(3), std::string(r.blob_text(4))}; }
OutcomeRow read_outcome(const store::Row& r) { return {r.integer(0), r.integer(1), std::string(r.blob_text(2))}; }

Value blob_or_null(const std::optional<std::string>& bytes) { return bytes ? Value::blob(*bytes) : Value(); }

template <class Read>
auto first(const store::Rows& rows, Read read) -> std::optional<std::invoke_result_t<Read, const store::Row&>> {
  if (rows.empty()) return std::nullopt;
  return read(rows.front());
}

template <class Read>
auto every(const store::Rows& rows, Read read) {
  std::vector<std::invoke_result_t<Read, const store::Row&>> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back(read(rows[i]));
  return all;
}

}  // namespace

Status insert_import(store::Transaction& tx, const ImportRow& r) {
  TRY(tx.execute(insert_import_row, r.id, r.kind, r.mode, r.encoding, r.bytes, r.rows, r.pages, Value::blob(r.header), r.check_job, r.run_job,
                 r.created_at, r.expires_at));
  return {};
}
Result<std::optional<ImportRow>> select_import(store::Transaction& tx, const Id& id) { return first(TRY(tx.query(get_import, id)), read_import); }
Result<std::vector<ImportRow>> select_imports(store::Transaction& tx, const Id& before, std::size_t limit) {
  return every(TRY(tx.query(list_imports, before, limit)), read_import);
}
Result<bool> set_run_job(store::Transaction& tx, const Id& id, const Id& job) { return TRY(tx.execute(run_import, id, job)) == 1; }

Status insert_export(store::Transaction& tx, const ExportRow& r) {
  TRY(tx.execute(insert_export_row, r.id, r.kind, r.encoding, r.parts, r.rows, r.bytes, blob_or_null(r.unwritable), r.job, r.created_at, r.expires_at));
  return {};
}
Result<std::optional<ExportRow>> select_export(store::Transaction& tx, const Id& id) { return first(TRY(tx.query(get_export, id)), read_export); }
Result<std::vector<ExportRow>> select_exports(store::Transaction& tx, const Id& before, std::size_t limit) {
  return every(TRY(tx.query(list_exports, before, limit)), read_export);
}
Status update_export(store::Transaction& tx, const ExportRow& r) {
  TRY(tx.execute(put_export, r.id, r.parts, r.rows, r.bytes, blob_or_null(r.unwritable)));
  return {};
}

Status insert_page(store::Transaction& tx, const Id& file, const PageRow& r) {
  TRY(tx.execute(insert_page_row, file, r.part, r.number, r.first_row, r.first_line, Value::blob(r.content)));
  return {};
}
Result<std::optional<PageRow>> select_page(store::Transaction& tx, const Id& file, std::int64_t part, std::int64_t number) {
  return first(TRY(tx.query(get_page, file, part, number)), read_page);
}
Result<std::vector<PageRow>> select_pages(store::Transaction& tx, const Id& file, std::int64_t part, std::int64_t after, std::size_t limit) {
  return every(TRY(tx.query(list_pages, file, part, after, limit)), read_page);
}

Status put_outcome(store::Transaction& tx, const Id& file, int phase, const OutcomeRow& r) {
  TRY(tx.execute(put_outcome_row, file, phase, r.number, r.errors, Value::blob(r.content)));
  return {};
}
Result<std::optional<OutcomeRow>> select_outcome(store::Transaction& tx, const Id& file, int phase, std::int64_t number) {
  return first(TRY(tx.query(get_outcome, file, phase, number)), read_outcome);
}
Result<std::vector<OutcomeRow>> select_outcomes(store::Transaction& tx, const Id& file, int phase, Which which, std::int64_t number, std::size_t limit) {
  return every(TRY(tx.query(which == Which::bad ? list_bad_outcomes : list_outcomes, file, phase, number, limit)), read_outcome);
}

Result<std::vector<bool>> insert_keys(store::Transaction& tx, const Id& file, std::span<const KeyRow> keys) {
  store::Batch batch;
  for (const KeyRow& one : keys) batch.add(file, one.key, one.row);
  std::vector<bool> all;
  for (const std::int64_t changed : TRY(tx.execute_each(insert_key_row, batch))) all.push_back(changed == 1);
  return all;
}
Result<std::vector<std::optional<std::int64_t>>> select_keys(store::Transaction& tx, const Id& file, std::span<const crypto::Digest> keys) {
  store::Batch batch;
  for (const auto& one : keys) batch.add(file, one);
  std::vector<std::optional<std::int64_t>> all;
  for (const store::Rows& rows : TRY(tx.query_each(get_key, batch))) {
    if (rows.empty()) all.emplace_back();
    else all.emplace_back(rows.front().integer(0));
  }
  return all;
}

}  // namespace kidoban::transfer
