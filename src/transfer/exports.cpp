#include "transfer/exports.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>

#include "base/limits.h"
#include "base/text.h"
#include "transfer/cell.h"
#include "transfer/export_rows.h"
#include "transfer/sealed_files.h"

namespace kidoban::transfer {

namespace {

namespace json = boost::json;

constexpr std::string_view export_kind = "export";
constexpr std::chrono::hours kept{24};
constexpr std::size_t unwritable_told = 100;
runtime::Deadline soon() { return runtime::Deadline::after(std::chrono::seconds(30)); }

std::string unwritable_json(const std::vector<UnwritableCell>& all) {
  json::array cells;
  for (const auto& one : all) cells.push_back(json::array{one.row, one.column, one.id, one.character});
  return json::serialize(cells);
}
std::vector<UnwritableCell> unwritable_from(std::string_view text) {
  std::vector<UnwritableCell> all;
  const auto parsed = json::parse({text.data(), text.size()});
  for (const auto& one : parsed.as_array()) {
    all.push_back({one.at(0).as_int64(), std::string(one.at(1).as_string()), std::string(one.at(2).as_string()), std::string(one.at(3).as_string())});
  }
  return all;
}

std::string code_point(char32_t c) {
  char text[16];
  std::snprintf(text, sizeof text, "U+%04X", static_cast<unsigned>(c));
  return text;
}

// Where a step goes on: the part and page it writes, how large the part is, and where the rows go on.
struct Cursor {
  std::int64_t part = 1, number = 0, bytes = 0;
  std::string position;
};
Result<Cursor> cursor_from(std::string_view text) {
  if (text.empty()) return Cursor{};
  const auto parts = split(text, ' ');
  if (parts.size() != 4) return fail(Kind::internal, "cursor_malformed");
  const auto part = to_integer(parts[0]), number = to_integer(parts[1]), bytes = to_integer(parts[2]);
  if (!part || !number || !bytes) return fail(Kind::internal, "cursor_malformed");
  return Cursor{*part, *number, *bytes, std::string(parts[3])};
}
std::string text_of(const Cursor& c) { return std::to_string(c.part) + " " + std::to_string(c.number) + " " + std::to_string(c.bytes) + " " + c.position; }

std::string header_of(const std::vector<Column>& columns, Encoding encoding) {
  std::vector<std::string> titles;
  for (const Column& one : columns) titles.push_back(one.name);
  return (encoding == Encoding::utf8_bom ? std::string(byte_order_mark) : std::string()) + csv_row(titles);
}

// Rows in the export's encoding; what that doesn't have goes into `unwritable`.
std::string write_rows(const ExportBatch& batch, const std::vector<Column>& columns, Encoding encoding, std::int64_t rows_before,
                       std::vector<UnwritableCell>& unwritable) {
  std::string out;
  for (std::size_t i = 0; i < batch.rows.size(); ++i) {
    if (const auto written = encode(csv_row(batch.rows[i]), encoding)) {
      out += *written;
      continue;
    }
    for (std::size_t c = 0; c < columns.size() && unwritable.size() < unwritable_told; ++c) {
      const auto cell = encode(batch.rows[i][c], encoding);
      if (!cell) unwritable.push_back({rows_before + static_cast<std::int64_t>(i) + 1, columns[c].name, batch.ids[i], code_point(cell.error().character)});
    }
  }
  return out;
}

struct Rooms {
  store::Store& store;
  seal::Keyring& keys;
  directory::Directory& directory;
  StillMay still_may{};
};

class ExportWork final : public jobs::Work {
 public:
  explicit ExportWork(const Rooms& rooms) : rooms_(rooms) {}
  std::string_view kind() const override { return export_kind; }
  void ask_rights(StillMay still_may) { rooms_.still_may = std::move(still_may); }

  Status step(jobs::Running& running) override {
    struct Read {
      ExportRow row;
      std::vector<Column> columns;
      std::vector<UnwritableCell> unwritable;
      ExportBatch batch;
    };
    auto cursor = TRY(cursor_from(running.job().cursor));
    auto read = TRY(rooms_.store.read(running.tenant(), soon(), [&](store::Transaction& tx) -> Result<Read> {
      auto row = TRY(select_export(tx, running.job().subject));
      if (!row) return fail(Kind::not_found, "export_unknown");
      const auto schema = TRY(rooms_.directory.schema(tx));
      const auto kind = static_cast<FileKind>(row->kind);
      auto columns = export_columns(kind, schema.custom);
      auto batch = TRY(read_batch(tx, rooms_.directory, kind, columns, cursor.position));
      const SealedFiles files(TRY(rooms_.keys.of(tx)));
      std::vector<UnwritableCell> unwritable;
      if (row->unwritable) unwritable = unwritable_from(TRY(files.open_value("transfer_exports", "unwritable", row->id, *row->unwritable)));
      return Read{std::move(*row), std::move(columns), std::move(unwritable), std::move(batch)};
    }));
    const auto encoding = static_cast<Encoding>(read.row.encoding);
    std::string text = write_rows(read.batch, read.columns, encoding, read.row.rows, read.unwritable);
    const std::string header = header_of(read.columns, encoding);
    const bool begins = cursor.number == 0;
    if (!begins && cursor.bytes + static_cast<std::int64_t>(text.size()) > static_cast<std::int64_t>(limits::import_bytes)) {
      cursor = {cursor.part + 1, 0, 0, cursor.position};
    }
    if (cursor.number == 0) text.insert(0, header);
    const PageRow page{cursor.part, cursor.number, read.row.rows + 1, 0, std::move(text)};
    cursor.number += 1;
    cursor.bytes += static_cast<std::int64_t>(page.content.size());
    cursor.position = read.batch.next;
    read.row.parts = cursor.part;
    read.row.rows += static_cast<std::int64_t>(read.batch.rows.size());
    read.row.bytes += static_cast<std::int64_t>(page.content.size());
    return running.commit(soon(), [&](store::Transaction& tx) -> Result<jobs::Progress> {
      if (rooms_.still_may) TRY(rooms_.still_may(tx, running.job().actor, permission_to_read(static_cast<FileKind>(read.row.kind))));
      const SealedFiles files(TRY(rooms_.keys.of(tx)));
      TRY(files.put_page(tx, read.row.id, page));
      ExportRow row = read.row;
      if (!read.unwritable.empty()) row.unwritable = files.seal_value("transfer_exports", "unwritable", row.id, unwritable_json(read.unwritable));
      TRY(update_export(tx, row));
      return jobs::Progress{.cursor = text_of(cursor),
                            .done = row.rows,
                            .total = read.batch.over ? row.rows : 0,
                            .counts = json::serialize(json::object{{"rows", row.rows}}),
                            .over = read.batch.over,
                            .failed = read.batch.over && !read.unwritable.empty() ? "characters_unwritable" : ""};
    });
  }

 private:
  Rooms rooms_;
};

audit::Event about(audit::Event by, Reason name, const Id& id, FileKind kind) {
  by.name = name;
  by.target_kind = "export";
  by.target = id;
  by.detail.emplace_back("kind", word_of(kind));
  return by;
}

}  // namespace

struct Exports::Inside {
  seal::Keyring& keys;
  jobs::Jobs& jobs;
  audit::Audit& audit;
  const Clock& clock;
  Random& random;
  ExportWork work;

  Result<Export> opened(store::Transaction& tx, const ExportRow& row) const {
    Export out{row.id, static_cast<FileKind>(row.kind), static_cast<Encoding>(row.encoding), row.parts, row.rows, row.bytes, {}, TRY(jobs.get(tx, row.job)), row.created_at, row.expires_at};
    if (row.unwritable) {
      const SealedFiles files(TRY(keys.of(tx)));
      out.unwritable = unwritable_from(TRY(files.open_value("transfer_exports", "unwritable", row.id, *row.unwritable)));
    }
    return out;
  }
};

Exports::Exports(store::Store& store, seal::Keyring& keys, directory::Directory& directory, jobs::Jobs& jobs, audit::Audit& audit, const Clock& clock,
                 Random& random)
    : inside_(new Inside{keys, jobs, audit, clock, random, ExportWork({store, keys, directory})}) {}
Exports::~Exports() = default;

std::vector<jobs::Work*> Exports::works() { return {&inside_->work}; }
void Exports::ask_rights(const StillMay& still_may) { inside_->work.ask_rights(still_may); }

Result<Export> Exports::make(store::Transaction& tx, FileKind kind, Encoding encoding, const audit::Event& by) {
  const Inside& in = *inside_;
  Export out;
  out.id = new_id(in.clock, in.random);
  out.kind = kind;
  out.encoding = encoding;
  out.created_at = in.clock.now();
  out.expires_at = out.created_at + kept;
  TRY(in.audit.append(tx, about(by, "export.made", out.id, kind)));
  out.job = TRY(in.jobs.create(tx, {export_kind, out.id, by.actor, 0}, by));
  TRY(insert_export(tx, {out.id, static_cast<int>(kind), static_cast<int>(encoding), 0, 0, 0, {}, out.job.id, out.created_at, out.expires_at}));
  return out;
}

Result<Export> Exports::get(store::Transaction& tx, const Id& id) {
  const auto row = TRY(select_export(tx, id));
  if (!row) return fail(Kind::not_found, "export_unknown");
  return inside_->opened(tx, *row);
}

Result<std::vector<Export>> Exports::list(store::Transaction& tx, std::optional<Id> before, std::size_t limit) {
  Id last;
  last.bytes.fill(0xFF);
  std::vector<Export> all;
  for (const ExportRow& row : TRY(select_exports(tx, before.value_or(last), std::clamp<std::size_t>(limit, 1, 500)))) {
    all.push_back(TRY(inside_->opened(tx, row)));
  }
  return all;
}

Result<std::string> Exports::file(store::Transaction& tx, const Id& id, std::int64_t part, const audit::Event& by) {
  const auto found = TRY(get(tx, id));
  if (found.job.state != jobs::State::done) return fail(Kind::conflict, "export_unfinished");
  if (part < 1 || part > found.parts) return fail(Kind::not_found, "export_part_unknown");
  const SealedFiles files(TRY(inside_->keys.of(tx)));
  std::string out;
  for (std::int64_t after = -1;;) {
    const auto pages = TRY(select_pages(tx, id, part, after, 20));
    if (pages.empty()) break;
    for (const PageRow& page : pages) out += TRY(files.open_page(id, page));
    after = pages.back().number;
  }
  TRY(inside_->audit.append(tx, about(by, "export.downloaded", id, found.kind)));
  return out;
}

}  // namespace kidoban::transfer
