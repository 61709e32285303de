#include "transfer/import_works.h"

#include <boost/json.hpp>
#include <future>

#include "base/text.h"
#include "transfer/page_ahead.h"
#include "transfer/page_run.h"

namespace kidoban::transfer {

namespace {

using runtime::Deadline;

Deadline soon() { return Deadline::after(std::chrono::seconds(30)); }
constexpr std::chrono::seconds all_or_nothing_time{110}, all_or_nothing_hold{120};
// Of one step that looks ahead; then other jobs have their turn.
constexpr std::chrono::seconds pages_on_end{1};

Result<OpenedImport> open_import(const ImportRooms& rooms, const jobs::Running& running) {
  return rooms.store.read(running.tenant(), soon(), [&](store::Transaction& tx) -> Result<OpenedImport> {
    auto row = TRY(select_import(tx, running.job().subject));
    if (!row) return fail(Kind::not_found, "import_unknown");
    const SealedFiles files(TRY(rooms.keys.of(tx)));
    const auto json = TRY(files.open_value("transfer_imports", "header", row->id, row->header));
    std::vector<std::string> titles;
    const auto parsed = boost::json::parse(json);
    for (const auto& one : parsed.as_array()) titles.emplace_back(one.as_string());
    const auto schema = TRY(rooms.directory.schema(tx));
    auto columns = read_header(static_cast<FileKind>(row->kind), titles, schema.custom, 1);
    // What the tenant declares may have changed since.
    if (!columns) return fail(Kind::conflict, "columns_changed");
    const auto check = TRY(rooms.jobs.get(tx, row->check_job));
    return OpenedImport{std::move(*row), std::move(*columns), counts_from_json(check.counts)};
  });
}

Result<std::vector<FileRow>> read_page(const ImportRooms& rooms, store::Transaction& tx, const Id& file, std::int64_t number) {
  const SealedFiles files(TRY(rooms.keys.of(tx)));
  const auto page = TRY(files.page(tx, file, 0, number));
  return rows_of(page.content, page.first_row, page.first_line);
}
Result<std::vector<FileRow>> read_page(const ImportRooms& rooms, const jobs::Running& running, const Id& file, std::int64_t number) {
  return rooms.store.read(running.tenant(), soon(), [&](store::Transaction& tx) { return read_page(rooms, tx, file, number); });
}

// Whose password a row has: somebody who is there, or what the row calls them.
Result<Passwords::Owner> owner_in(const ImportRooms& rooms, const jobs::Running& running, const Columns& columns, const FileRow& row) {
  const auto text = [&](auto which) {
    const auto column = columns.find(which);
    return column ? std::string(cell_text(row, *column)) : std::string();
  };
  return rooms.store.read(running.tenant(), soon(), [&](store::Transaction& tx) -> Result<Passwords::Owner> {
    std::optional<directory::Person> person;
    if (const auto id = Id::parse(text(Role::id))) {
      auto found = rooms.directory.get_person(tx, *id);
      if (found) person = std::move(*found);
      else if (found.error().kind != Kind::not_found) return std::unexpected(std::move(found.error()));
    } else {
      person = TRY(rooms.directory.find_by_login(tx, text("login")));
    }
    if (person) return Passwords::Owner{person->id, std::move(person->profile)};
    Passwords::Owner owner;
    owner.profile.login = text("login");
    owner.profile.display_name = text("display_name");
    owner.profile.family_name = text("family_name");
    owner.profile.given_name = text("given_name");
    return owner;
  });
}

// The password of a row, made ready outside any transaction.
Status prepare_password(const ImportRooms& rooms, jobs::Running& running, const Columns& columns, Phase phase, FileRow& row) {
  const auto typed_column = columns.find(Role::password), hash_column = columns.find(Role::password_hash);
  const auto cell = [&](std::optional<std::size_t> column) { return column && *column < row.cells.size() ? std::string_view(row.cells[*column]) : std::string_view(); };
  const std::string_view typed = cell(typed_column), hash = trim(cell(hash_column));
  if (typed.empty() && hash.empty()) return {};
  const auto refused = [&](std::optional<std::size_t> column, std::string_view reason) {
    row.password_fault = CellFault{static_cast<std::int64_t>(*column) + 1, *column < row.lines.size() ? row.lines[*column] : row.line, std::string(reason)};
    return Status();
  };
  if (!typed.empty() && !hash.empty()) return refused(hash_column, "password_ambiguous");
  if (phase == Phase::check && !typed.empty()) {
    const auto fits = rooms.passwords.check(typed);
    if (!fits) return refused(typed_column, fits.error().reason.text());
    row.password = [](store::Transaction&, const Id&, const audit::Event&) { return Status(); };  // only looked at
    return {};
  }
  if (!typed.empty()) TRY(running.keep());
  auto made = typed.empty() ? rooms.passwords.prepare_hash(hash) : rooms.passwords.prepare_for(running.tenant(), TRY(owner_in(rooms, running, columns, row)), Secret::of(typed), soon());
  if (made) row.password = std::move(*made);
  else if (is_of_row(made.error())) return refused(typed.empty() ? hash_column : typed_column, made.error().reason.text());
  else return std::unexpected(std::move(made.error()));
  return {};
}

Status prepare_passwords(const ImportRooms& rooms, jobs::Running& running, const Columns& columns, Phase phase, std::vector<FileRow>& rows) {
  if (!columns.find(Role::password) && !columns.find(Role::password_hash)) return {};
  for (FileRow& row : rows) TRY(prepare_password(rooms, running, columns, phase, row));
  return {};
}

audit::Event by_whom(const jobs::Job& job) {
  std::string trace;  // of a job's length: what it did is found by its id
  for (const char c : job.id.text()) {
    if (c != '-') trace += c;
  }
  return {.name = "import.row", .actor = job.actor, .trace_id = std::move(trace)};
}

// Whoever lost the right while the job ran stops it at the next step.
Status still_may_run(const ImportRooms& rooms, store::Transaction& tx, const jobs::Job& job, const OpenedImport& import) {
  if (!rooms.still_may) return {};
  const bool has_passwords = import.columns.find(Role::password) || import.columns.find(Role::password_hash);
  TRY(rooms.still_may(tx, job.actor, permission_to_write(static_cast<FileKind>(import.row.kind))));
  return has_passwords ? rooms.still_may(tx, job.actor, directory::Permission::people_reset) : Status();
}

std::int64_t page_after(const jobs::Job& job) { return to_integer(job.cursor).value_or(0); }

}  // namespace

Status CheckWork::step(jobs::Running& running) {
  const auto import = TRY(open_import(rooms_, running));
  const std::int64_t number = page_after(running.job());
  auto rows = TRY(read_page(rooms_, running, import.row.id, number));
  TRY(prepare_passwords(rooms_, running, import.columns, Phase::check, rows));
  const audit::Event by = by_whom(running.job());
  const PageRun page{rooms_, import, by, static_cast<Mode>(import.row.mode)};
  return running.commit(soon(), [&](store::Transaction& tx) -> Result<jobs::Progress> {
    TRY(still_may_run(rooms_, tx, running.job(), import));
    const SealedFiles files(TRY(rooms_.keys.of(tx)));
    const auto outcomes = TRY(page.look(tx, files, rows));
    Counts counts = counts_from_json(running.job().counts);
    for (const Outcome& one : outcomes) counts.add(one.kind);
    TRY(files.put_outcomes(tx, import.row.id, static_cast<int>(Phase::check), number, outcomes));
    return jobs::Progress{.cursor = std::to_string(number + 1),
                          .done = rows.back().number,
                          .total = import.row.rows,
                          .counts = counts_json(counts),
                          .over = number + 1 == import.row.pages};
  });
}

Status RunWork::step(jobs::Running& running) {
  const auto import = TRY(open_import(rooms_, running));
  if (static_cast<Mode>(import.row.mode) == Mode::all) return run_all(running, import);
  return is_worth_looking_ahead(import) ? step_on_end(running, import) : step_each(running, import);
}

namespace {

Status write_page(const ImportRooms& rooms, jobs::Running& running, const OpenedImport& import, const audit::Event& by, const std::vector<FileRow>& rows, const PageAhead* ahead) {
  const std::int64_t number = page_after(running.job());
  PageRun page{rooms, import, by, Mode::each};
  for (;;) {
    std::optional<GivenUp> given_up;
    auto did = running.commit(soon(), [&](store::Transaction& tx) -> Result<jobs::Progress> {
      given_up.reset();
      TRY(still_may_run(rooms, tx, running.job(), import));
      const SealedFiles files(TRY(rooms.keys.of(tx)));
      Counts counts = counts_from_json(running.job().counts);
      const auto outcomes = TRY(page.run(tx, files, rows, counts, given_up, ahead));
      TRY(files.put_outcomes(tx, import.row.id, static_cast<int>(Phase::run), number, outcomes));
      return jobs::Progress{.cursor = std::to_string(number + 1),
                            .done = rows.back().number,
                            .total = import.row.rows,
                            .counts = counts_json(counts),
                            .over = number + 1 == import.row.pages};
    });
    // What a row wrote before it was refused is undone with the page; the page goes again without it.
    if (did || !given_up) return did;
    page.refused.emplace(given_up->outcome.row, given_up->reason);
  }
}

}  // namespace

Status RunWork::step_each(jobs::Running& running, const OpenedImport& import) {
  const std::int64_t number = page_after(running.job());
  auto rows = TRY(read_page(rooms_, running, import.row.id, number));
  TRY(prepare_passwords(rooms_, running, import.columns, Phase::run, rows));
  return write_page(rooms_, running, import, by_whom(running.job()), rows, nullptr);
}

// While one page is written, the next is read and prepared.
Status RunWork::step_on_end(jobs::Running& running, const OpenedImport& import) {
  const audit::Event by = by_whom(running.job());
  const auto with = TRY(rooms_.store.read(running.tenant(), soon(), [&](store::Transaction& tx) { return rooms_.directory.preparation(tx, by); }));
  const auto until = Deadline::after(pages_on_end);
  auto page = look_ahead(rooms_, import, with, page_after(running.job()));
  for (;;) {
    if (!page) return std::unexpected(std::move(page.error()));
    const std::int64_t next = page_after(running.job()) + 1;
    if (next >= import.row.pages || until.passed()) return write_page(rooms_, running, import, by, page->rows, &*page);
    auto ahead = std::async(std::launch::async | std::launch::deferred, [&] { return look_ahead(rooms_, import, with, next); });
    TRY(write_page(rooms_, running, import, by, page->rows, &*page));
    page = ahead.get();
    TRY(running.keep());
  }
}

Status RunWork::run_all(jobs::Running& running, const OpenedImport& import) {
  std::vector<std::vector<FileRow>> pages;
  for (std::int64_t number = 0; number < import.row.pages; ++number) {
    TRY(running.keep());
    pages.push_back(TRY(read_page(rooms_, running, import.row.id, number)));
    TRY(prepare_passwords(rooms_, running, import.columns, Phase::run, pages.back()));
  }
  TRY(running.hold(all_or_nothing_hold));
  const audit::Event by = by_whom(running.job());
  const PageRun run{rooms_, import, by, Mode::all};
  std::optional<GivenUp> given_up;
  auto did = running.commit(Deadline::after(all_or_nothing_time), [&](store::Transaction& tx) -> Result<jobs::Progress> {
    given_up.reset();
    TRY(still_may_run(rooms_, tx, running.job(), import));
    const SealedFiles files(TRY(rooms_.keys.of(tx)));
    Counts counts;
    for (std::size_t i = 0; i < pages.size(); ++i) {
      const auto outcomes = TRY(run.run(tx, files, pages[i], counts, given_up));
      TRY(files.put_outcomes(tx, import.row.id, static_cast<int>(Phase::run), static_cast<std::int64_t>(i), outcomes));
    }
    return jobs::Progress{.cursor = std::to_string(import.row.pages), .done = import.row.rows, .total = import.row.rows, .counts = counts_json(counts), .over = true};
  });
  if (did || !given_up) return did;
  // Nothing was done: which row it was is what is left.
  return running.commit(soon(), [&](store::Transaction& tx) -> Result<jobs::Progress> {
    const SealedFiles files(TRY(rooms_.keys.of(tx)));
    for (std::size_t i = 0; i < pages.size(); ++i) {
      for (const FileRow& row : pages[i]) {
        if (row.number != given_up->outcome.row) continue;
        TRY(files.put_outcomes(tx, import.row.id, static_cast<int>(Phase::run), static_cast<std::int64_t>(i), {given_up->outcome}));
      }
    }
    Counts counts;
    counts.error = 1;
    return jobs::Progress{.cursor = "", .done = 0, .total = import.row.rows, .counts = counts_json(counts), .over = true, .failed = "import_has_errors"};
  });
}

}  // namespace kidoban::transfer
