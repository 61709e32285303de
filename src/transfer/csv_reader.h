#pragma once
// Comma-separated values, read row by row (RFC 4180, with LF beside CRLF). Strict: a quote stands around a whole cell or is
// doubled inside one; nothing is guessed. Empty lines, and rows of empty cells alone (spreadsheets leave them behind), aren't rows.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transfer/fault.h"

namespace kidoban::transfer {

class CsvReader {
 public:
  // `text` is UTF-8 and outlives the reader; its first line counts as `first_line`.
  explicit CsvReader(std::string_view text, std::int64_t first_line = 1) : text_(text), line_(first_line) {}

  struct Row {
    std::int64_t line = 0;            // where it begins
    std::vector<std::string> cells;
    std::vector<std::int64_t> lines;  // where each cell begins
    std::string_view text;            // as it stands in the file, with its end of line
  };
  // Nothing at the end. "quote_malformed", "line_end_malformed" (CR alone), "character_refused" (a control character),
  // "columns_too_many", "cell_too_large", "row_too_large", each where it is; after one of them there is nothing to go on from.
  Read<std::optional<Row>> next();
  std::int64_t line() const { return line_; }  // of what comes next

 private:
  Read<Row> read_row();
  Read<std::string> read_cell(std::int64_t column);
  Read<std::string> read_quoted(std::int64_t column);
  std::string_view text_;
  std::size_t at_ = 0;
  std::int64_t line_;
};

}  // namespace kidoban::transfer
