#include "federation/applications_store.h"

namespace kidoban::federation {

namespace {

constexpr store::Sql insert_row{
    "insert_application",
    "insert into applications (tenant, id, protocol, identifier, enabled, version, sealed) "
    "values ($1, $2, $3, $4, $5, $6, $7) on conflict (tenant, protocol, identifier) do nothing"};
constexpr store::Sql find_row{
    "find_application",
    "select id, protocol, identifier, enabled, version, sealed from applications "
    "where tenant = $1 and protocol = $2 and identifier = $3"};
constexpr store::Sql get_row{
    "get_application",
    "select id, protocol, identifier, enabled, version, sealed from applications where tenant = $1 and id = $2"};
constexpr store::Sql update_row{
    "update_application",
    "update applications set enabled = $3, version = $4 + 1, sealed = $5 "
    "where tenant = $1 and id = $2 and version = $4 and protocol = $6 and identifier = $7"};
constexpr store::Sql list_rows{
    "list_applications",
    "select id, protocol, identifier, enabled, version, sealed from applications "
    "where tenant = $1 and id > $2 order by id limit $3"};

ApplicationRow read(const store::Row& row) {
  return {row.id(0), std::string(row.text(1)), std::string(row.text(2)), row.flag(3), row.integer(4),
          std::string(row.blob_text(5))};
}

Result<std::optional<ApplicationRow>> first(Result<store::Rows> rows) {
  if (!rows) return std::unexpected(std::move(rows.error()));
  if (rows->empty()) return std::nullopt;
  return read(rows->front());
}

}  // namespace

Status insert_application(store::Transaction& tx, const ApplicationRow& row) {
  const auto count = TRY(tx.execute(insert_row, row.id, row.protocol, row.identifier, row.enabled, row.version,
                                    store::Value::blob(row.sealed)));
  if (count == 0) return fail(Kind::conflict, "application_taken", "an application of that identifier is there already");
  return {};
}

Result<std::optional<ApplicationRow>> find_application(store::Transaction& tx, std::string_view protocol,
                                                       std::string_view identifier) {
  return first(tx.query(find_row, protocol, identifier));
}

Result<std::optional<ApplicationRow>> get_application(store::Transaction& tx, const Id& id) {
  return first(tx.query(get_row, id));
}

Result<bool> update_application(store::Transaction& tx, const ApplicationRow& row) {
  return TRY(tx.execute(update_row, row.id, row.enabled, row.version, store::Value::blob(row.sealed),
                        row.protocol, row.identifier)) == 1;
}

Result<std::vector<ApplicationRow>> list_applications(store::Transaction& tx, const Id& after, std::size_t limit) {
  const auto rows = TRY(tx.query(list_rows, after, limit));
  std::vector<ApplicationRow> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back(read(rows[i]));
  return all;
}

}  // namespace kidoban::federation
