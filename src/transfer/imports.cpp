#include "transfer/imports.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/limits.h"
#include "base/text.h"
#include "transfer/cell.h"
#include "transfer/import_works.h"
#include "transfer/sealed_files.h"

namespace kidoban::transfer {

namespace {

constexpr std::chrono::days kept{7};  // the file, the preview, the results
constexpr std::size_t bad_rows_bytes = 16 * 1024 * 1024;

Id last_id() {
  Id last;
  last.bytes.fill(0xFF);
  return last;
}

std::string titles_json(const std::vector<std::string>& titles) {
  boost::json::array all;
  for (const auto& one : titles) all.emplace_back(one);
  return boost::json::serialize(all);
}

audit::Event about(audit::Event by, Reason name, const Import& import) {
  by.name = name;
  by.target_kind = "import";
  by.target = import.id;
  by.detail.emplace_back("kind", word_of(import.kind));
  by.detail.emplace_back("mode", word_of(import.mode));
  by.detail.emplace_back("rows", std::to_string(import.rows));
  return by;
}

}  // namespace

std::string_view word_of(FileKind kind) {
  switch (kind) {
    case FileKind::people: return "people";
    case FileKind::groups: return "groups";
    case FileKind::members: return "members";
  }
  return "";
}
std::optional<FileKind> file_kind_named(std::string_view word) {
  for (const FileKind one : {FileKind::people, FileKind::groups, FileKind::members}) {
    if (word_of(one) == word) return one;
  }
  return std::nullopt;
}
std::string_view word_of(Mode mode) { return mode == Mode::each ? "each" : "all"; }
std::optional<Mode> mode_named(std::string_view word) {
  if (word == "each") return Mode::each;
  if (word == "all") return Mode::all;
  return std::nullopt;
}

struct Imports::Inside {
  store::Store& store;
  seal::Keyring& keys;
  directory::Directory& directory;
  tenant::Settings& settings;
  jobs::Jobs& jobs;
  audit::Audit& audit;
  const Clock& clock;
  Random& random;
  CheckWork check;
  RunWork run;

  Result<Import> opened(store::Transaction& tx, const ImportRow& row, bool with_titles) const {
    Import out{row.id, static_cast<FileKind>(row.kind), static_cast<Mode>(row.mode), static_cast<Encoding>(row.encoding), row.bytes, row.rows, row.pages, {}, {},
               TRY(jobs.get(tx, row.check_job)), {}, row.created_at, row.expires_at};
    if (row.run_job) out.run = TRY(jobs.get(tx, *row.run_job));
    if (!with_titles) return out;
    const SealedFiles files(TRY(keys.of(tx)));
    const auto parsed = boost::json::parse(TRY(files.open_value("transfer_imports", "header", row.id, row.header)));
    for (const auto& one : parsed.as_array()) out.titles.emplace_back(one.as_string());
    const auto columns = read_header(out.kind, out.titles, TRY(directory.schema(tx)).custom, 1);
    if (!columns) return out;  // what the tenant declares may have changed since
    for (const Column& one : columns->all()) {
      if (one.role == Role::ignored) out.ignored.push_back(one.title);
    }
    return out;
  }
};

Imports::Imports(store::Store& store, seal::Keyring& keys, directory::Directory& directory, login::Sessions& sessions, tenant::Settings& settings,
                 jobs::Jobs& jobs, audit::Audit& audit, Passwords& passwords, const Clock& clock, Random& random)
    : inside_(new Inside{store, keys, directory, settings, jobs, audit, clock, random, CheckWork({store, keys, directory, sessions, jobs, passwords}),
                         RunWork({store, keys, directory, sessions, jobs, passwords})}) {}
Imports::~Imports() = default;

std::vector<jobs::Work*> Imports::works() { return {&inside_->check, &inside_->run}; }

void Imports::ask_rights(const StillMay& still_may) {
  inside_->check.ask_rights(still_may);
  inside_->run.ask_rights(still_may);
}

Result<Import> Imports::make(store::Transaction& tx, const IncomingFile& file, Mode mode, const audit::Event& by) {
  const Inside& in = *inside_;
  if (mode == Mode::all && file.rows > limits::import_rows_all_or_nothing) return fail(Kind::malformed, "rows_too_many_for_all");
  const SealedFiles files(TRY(in.keys.of(tx)));
  Import out;
  out.id = new_id(in.clock, in.random);
  out.kind = file.kind;
  out.mode = mode;
  out.encoding = file.encoding;
  out.bytes = file.bytes;
  out.rows = file.rows;
  out.pages = static_cast<std::int64_t>(file.pages.size());
  out.titles = file.titles;
  out.created_at = in.clock.now();
  out.expires_at = out.created_at + kept;
  for (std::size_t i = 0; i < file.pages.size(); ++i) {
    const FilePage& page = file.pages[i];
    TRY(files.put_page(tx, out.id, {0, static_cast<std::int64_t>(i), page.first_row, page.first_line, std::string(page.text)}));
  }
  TRY(in.audit.append(tx, about(by, "import.made", out)));
  out.check = TRY(in.jobs.create(tx, {check_kind, out.id, by.actor, out.rows}, by));
  TRY(insert_import(tx, {out.id, static_cast<int>(out.kind), static_cast<int>(mode), static_cast<int>(out.encoding), out.bytes, out.rows, out.pages,
                         files.seal_value("transfer_imports", "header", out.id, titles_json(file.titles)), out.check.id, {}, out.created_at, out.expires_at}));
  return out;
}

Result<Import> Imports::get(store::Transaction& tx, const Id& id) {
  const auto row = TRY(select_import(tx, id));
  if (!row) return fail(Kind::not_found, "import_unknown");
  return inside_->opened(tx, *row, true);
}

Result<std::vector<Import>> Imports::list(store::Transaction& tx, std::optional<Id> before, std::size_t limit) {
  std::vector<Import> all;
  for (const ImportRow& row : TRY(select_imports(tx, before.value_or(last_id()), std::clamp<std::size_t>(limit, 1, 500)))) {
    all.push_back(TRY(inside_->opened(tx, row, false)));
  }
  return all;
}

Result<Brake> Imports::brake(store::Transaction& tx) {
  const auto section = TRY(inside_->settings.read(tx, "transfer"));
  return section ? brake_from_json(section->json) : Brake();
}

Result<Import> Imports::run(store::Transaction& tx, const Id& id, std::optional<std::int64_t> confirmed, const audit::Event& by) {
  const Inside& in = *inside_;
  auto import = TRY(get(tx, id));
  if (import.run) return fail(Kind::conflict, "import_already_run");
  if (import.check.state != jobs::State::done) return fail(Kind::conflict, "import_unchecked");
  const Counts counts = counts_from_json(import.check.counts);
  if (import.mode == Mode::all && counts.error > 0) return fail(Kind::conflict, "import_has_errors");
  std::optional<std::int64_t> people;
  if (import.kind == FileKind::people) people = TRY(in.directory.usage(tx)).people;
  const bool is_held = holds_back(TRY(brake(tx)), counts.remove, people);
  if ((is_held || confirmed) && confirmed != counts.remove) {
    return fail(Kind::conflict, "deletions_unconfirmed", std::to_string(counts.remove) + " deletions want to be confirmed");
  }
  auto event = about(by, "import.run", import);
  event.detail.emplace_back("counts", import.check.counts);
  if (confirmed) event.detail.emplace_back("confirmed_deletions", std::to_string(*confirmed));
  TRY(in.audit.append(tx, event));
  import.run = TRY(in.jobs.create(tx, {run_kind, import.id, by.actor, import.rows}, by));
  if (!TRY(set_run_job(tx, id, import.run->id))) return fail(Kind::conflict, "import_already_run");
  return import;
}

Result<RowPage> Imports::rows(store::Transaction& tx, const Id& id, Phase phase, Which which, const RowPlace& from, std::size_t limit) {
  if (!TRY(select_import(tx, id))) return fail(Kind::not_found, "import_unknown");
  const SealedFiles files(TRY(inside_->keys.of(tx)));
  RowPage out;
  for (std::int64_t page = from.page; out.rows.size() < limit;) {
    const auto found = TRY(select_outcomes(tx, id, static_cast<int>(phase), which == Which::bad ? transfer::Which::bad : transfer::Which::all, page, 1));
    if (found.empty()) return out;
    for (Outcome& one : TRY(files.open_outcomes(id, static_cast<int>(phase), found.front()))) {
      if (one.row < from.row || (which == Which::bad && one.kind != Outcome::Kind::error)) continue;
      if (out.rows.size() == limit) {
        out.next = RowPlace{found.front().number, one.row};
        return out;
      }
      out.rows.push_back(std::move(one));
    }
    page = found.front().number + 1;
    if (out.rows.size() == limit) out.next = RowPlace{page, 0};
  }
  return out;
}

Result<Imports::BadRows> Imports::bad_rows(store::Transaction& tx, const Id& id, const RowPlace& from, std::size_t limit, const Say& say) {
  const auto import = TRY(get(tx, id));
  const Phase phase = import.run ? Phase::run : Phase::check;
  const SealedFiles files(TRY(inside_->keys.of(tx)));
  BadRows out{{}, import.encoding, {}};
  auto header = import.titles;
  const auto is_error = [](const std::string& title) { return ascii_lower(trim(title)) == "error"; };
  const auto had = std::ranges::find_if(header, is_error);  // a file that comes for the second time has the column
  const auto column = static_cast<std::size_t>(had - header.begin());
  if (had == header.end()) header.emplace_back("error");
  out.csv = csv_row_as_is(header);
  std::size_t count = 0;
  for (std::int64_t next = from.page;;) {
    const auto found = TRY(select_outcomes(tx, id, static_cast<int>(phase), transfer::Which::bad, next, 1));
    if (found.empty()) return out;
    const std::int64_t number = found.front().number;
    if (count >= limit || out.csv.size() > bad_rows_bytes) {
      out.next = RowPlace{number, 0};
      return out;
    }
    const auto page = TRY(files.page(tx, id, 0, number));
    auto rows = TRY(rows_of(page.content, page.first_row, page.first_line));
    for (const Outcome& one : TRY(files.open_outcomes(id, static_cast<int>(phase), found.front()))) {
      if (one.kind != Outcome::Kind::error) continue;
      const auto row = std::ranges::find(rows, one.row, &FileRow::number);
      if (row == rows.end()) continue;
      std::string what;
      for (const CellFault& fault : one.faults) {
        if (!what.empty()) what += "; ";
        if (fault.column > 0 && fault.column <= static_cast<std::int64_t>(import.titles.size())) what += import.titles[static_cast<std::size_t>(fault.column) - 1] + ": ";
        what += say(fault.reason);
      }
      // A row of too few cells gets what is missing, so that what is wrong stands in its column; one of too many stays wrong.
      if (row->cells.size() <= column) row->cells.resize(column + 1);
      row->cells[column] = what;
      out.csv += csv_row_as_is(row->cells);
      ++count;
    }
    next = number + 1;
  }
}

}  // namespace kidoban::transfer
