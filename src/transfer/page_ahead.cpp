#include "transfer/page_ahead.h"

#include <set>

namespace kidoban::transfer {

namespace {

// The preview found that another row before it is about the same.
std::set<std::int64_t> repeated_in(const std::vector<Outcome>& outcomes) {
  std::set<std::int64_t> all;
  for (const Outcome& one : outcomes) {
    for (const CellFault& fault : one.faults) {
      if (fault.reason == "row_repeated") all.insert(one.row);
    }
  }
  return all;
}

}  // namespace

bool is_worth_looking_ahead(const OpenedImport& import) {
  return static_cast<FileKind>(import.row.kind) == FileKind::people && static_cast<Mode>(import.row.mode) == Mode::each &&
         !import.columns.find(Role::password) && !import.columns.find(Role::password_hash) && import.previewed.create * 2 > import.row.rows;
}

Result<PageAhead> look_ahead(const ImportRooms& rooms, const OpenedImport& import, directory::Preparation with, std::int64_t number) {
  PageAhead out{.with = std::move(with), .rows = {}, .logins = {}, .newcomers = {}};
  std::set<std::int64_t> repeated;
  TRY(rooms.store.read(out.with.tenant, runtime::Deadline::after(std::chrono::seconds(30)), [&](store::Transaction& tx) -> Status {
    const SealedFiles files(out.with.key);
    const auto page = TRY(files.page(tx, import.row.id, 0, number));
    out.rows = TRY(rows_of(page.content, page.first_row, page.first_line));
    if (import.previewed.error == 0) return {};
    const auto seen = TRY(select_outcomes(tx, import.row.id, static_cast<int>(Phase::check), Which::bad, number, 1));
    if (seen.empty() || seen.front().number != number) return {};
    repeated = repeated_in(TRY(files.open_outcomes(import.row.id, static_cast<int>(Phase::check), seen.front())));
    return {};
  }));
  out.logins = KnownPeople::named_in(import.columns, out.rows);
  const Ground ground{.directory = rooms.directory, .sessions = rooms.sessions, .columns = import.columns, .phase = Phase::run, .schema = out.with.schema, .known = &out.logins};
  out.newcomers.resize(out.rows.size());
  for (std::size_t i = 0; i < out.rows.size(); ++i) {
    const FileRow& row = out.rows[i];
    if (row.cells.size() != import.columns.all().size()) continue;
    auto plan = plan_newcomer(ground, row);
    if (!plan) {
      out.in_any_order = false;
      return out;
    }
    if (!plan->newcomer || repeated.contains(row.number)) continue;
    auto person = rooms.directory.prepare(out.with, plan->newcomer->person);
    if (person) out.newcomers[i] = PageAhead::Newcomer{std::move(plan->outcome), std::move(*person)};
  }
  return out;
}

}  // namespace kidoban::transfer
