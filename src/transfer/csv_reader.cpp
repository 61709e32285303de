#include "transfer/csv_reader.h"

#include <algorithm>

#include "base/limits.h"
#include "base/result.h"

namespace kidoban::transfer {

namespace {

constexpr std::string_view ends_of_cell = ",\r\n\"";

// C0 and DEL; inside quotes a cell may have tabs and lines.
bool is_refused(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\r' && c != '\n') || byte == 0x7F;
}

bool is_blank(const CsvReader::Row& row) {
  return std::ranges::all_of(row.cells, [](const std::string& cell) { return cell.empty(); });
}

}  // namespace

Read<std::optional<CsvReader::Row>> CsvReader::next() {
  while (at_ < text_.size()) {
    Row row = TRY(read_row());
    if (!is_blank(row)) return row;
  }
  return std::nullopt;
}

Read<CsvReader::Row> CsvReader::read_row() {
  Row row;
  row.line = line_;
  const std::size_t begin = at_;
  for (;;) {
    const auto column = static_cast<std::int64_t>(row.cells.size()) + 1;
    if (row.cells.size() == limits::csv_columns) return std::unexpected(Fault{"columns_too_many", row.line, column});
    row.lines.push_back(line_);
    row.cells.push_back(TRY(read_cell(column)));
    if (at_ - begin > limits::csv_row_bytes) return std::unexpected(Fault{"row_too_large", row.line, column});
    if (at_ == text_.size()) break;
    const char end = text_[at_++];
    if (end == ',') continue;
    if (end == '\r') {
      if (at_ == text_.size() || text_[at_] != '\n') return std::unexpected(Fault{"line_end_malformed", line_, column});
      ++at_;
    }
    ++line_;
    break;
  }
  row.text = text_.substr(begin, at_ - begin);
  return row;
}

// Up to, and without, the comma or the end of line that ends it.
Read<std::string> CsvReader::read_cell(std::int64_t column) {
  if (at_ < text_.size() && text_[at_] == '"') return read_quoted(column);
  const std::size_t end = std::min(text_.find_first_of(ends_of_cell, at_), text_.size());
  if (end - at_ > limits::csv_cell_bytes) return std::unexpected(Fault{"cell_too_large", line_, column});
  if (end < text_.size() && text_[end] == '"') return std::unexpected(Fault{"quote_malformed", line_, column});
  std::string cell(text_.substr(at_, end - at_));
  if (std::ranges::any_of(cell, is_refused)) return std::unexpected(Fault{"character_refused", line_, column});
  at_ = end;
  return cell;
}

Read<std::string> CsvReader::read_quoted(std::int64_t column) {
  const std::int64_t begins = line_;
  std::string cell;
  ++at_;
  for (;;) {
    const std::size_t end = text_.find('"', at_);
    if (std::min(end, text_.size()) - at_ + cell.size() > limits::csv_cell_bytes) return std::unexpected(Fault{"cell_too_large", begins, column});
    if (end == std::string_view::npos) return std::unexpected(Fault{"quote_malformed", begins, column});  // never closed
    const std::string_view part = text_.substr(at_, end - at_);
    line_ += std::ranges::count(part, '\n');
    cell += part;
    at_ = end + 1;
    if (at_ == text_.size() || text_[at_] != '"') break;
    cell += '"';
    ++at_;
  }
  if (std::ranges::any_of(cell, is_refused)) return std::unexpected(Fault{"character_refused", begins, column});
  if (at_ < text_.size() && ends_of_cell.substr(0, 3).find(text_[at_]) == std::string_view::npos) {
    return std::unexpected(Fault{"quote_malformed", line_, column});
  }
  return cell;
}

}  // namespace kidoban::transfer
