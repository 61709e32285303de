#include "transfer/file.h"

#include "base/limits.h"
#include "transfer/csv_reader.h"

namespace kidoban::transfer {

namespace {
// A transaction's worth: some twenty milliseconds, in which others wait for the embedded store's writer.
constexpr std::int64_t rows_a_page = 500;
constexpr std::size_t page_bytes = limits::csv_row_bytes;
}  // namespace

Read<std::unique_ptr<IncomingFile>> read_file(FileKind kind, std::string_view bytes, std::optional<Encoding> said,
                                              std::span<const directory::CustomAttribute> custom) {
  auto decoded = TRY(decode(bytes, said));
  auto file = std::make_unique<IncomingFile>();  // pages look into its text: it doesn't move
  file->kind = kind;
  file->encoding = decoded.encoding;
  file->bytes = static_cast<std::int64_t>(bytes.size());
  file->text = std::move(decoded.text);
  CsvReader reader(file->text);
  auto header = TRY(reader.next());
  if (!header) return std::unexpected(Fault{"file_empty"});
  const auto columns = TRY(read_header(kind, header->cells, custom, header->line));
  file->has_passwords = columns.find(Role::password) || columns.find(Role::password_hash);
  file->titles = std::move(header->cells);
  std::int64_t in_page = 0;
  for (;;) {
    const auto row = TRY(reader.next());
    if (!row) break;
    if (file->rows == limits::import_rows) return std::unexpected(Fault{"rows_too_many", row->line, 0});
    const bool begins = file->pages.empty() || in_page == rows_a_page || file->pages.back().text.size() + row->text.size() > page_bytes;
    if (begins) {
      file->pages.push_back({file->rows + 1, row->line, row->text});
      in_page = 0;
    } else {
      // Up to this row's end; empty lines between rows stay, so that lines count as in the file.
      FilePage& page = file->pages.back();
      page.text = {page.text.data(), static_cast<std::size_t>(row->text.data() + row->text.size() - page.text.data())};
    }
    ++in_page;
    ++file->rows;
  }
  if (file->rows == 0) return std::unexpected(Fault{"file_empty"});
  return file;
}

Result<std::vector<FileRow>> rows_of(std::string_view page, std::int64_t first_row, std::int64_t first_line) {
  std::vector<FileRow> rows;
  CsvReader reader(page, first_line);
  for (;;) {
    auto row = reader.next();
    if (!row) return fail(Kind::internal, "sealed_value_damaged", "a page of a file");
    if (!*row) return rows;
    rows.push_back({first_row + static_cast<std::int64_t>(rows.size()), (*row)->line, std::move((*row)->cells), std::move((*row)->lines)});
  }
}

}  // namespace kidoban::transfer
