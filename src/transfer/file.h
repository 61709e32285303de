#pragma once
// A file that came in, cut into pages of whole rows.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transfer/columns.h"
#include "transfer/encoding.h"
#include "transfer/fault.h"
#include "transfer/planner.h"

namespace kidoban::transfer {

struct FilePage {
  std::int64_t first_row = 0, first_line = 0;
  std::string_view text;  // of IncomingFile::text
};

struct IncomingFile {
  FileKind kind = FileKind::people;
  Encoding encoding = Encoding::utf8;
  std::int64_t bytes = 0, rows = 0;
  bool has_passwords = false;  // a column of them
  std::string text;  // UTF-8
  std::vector<std::string> titles;
  std::vector<FilePage> pages;
};

// As decode(), CsvReader::next() and read_header(); "file_empty", "rows_too_many". Reads every row once, keeps none.
Read<std::unique_ptr<IncomingFile>> read_file(FileKind kind, std::string_view bytes, std::optional<Encoding> said,
                                              std::span<const directory::CustomAttribute> custom);

// A page's rows again; a row whose cells aren't as many as the titles has that as its fault. internal/"sealed_value_damaged".
Result<std::vector<FileRow>> rows_of(std::string_view page, std::int64_t first_row, std::int64_t first_line);

}  // namespace kidoban::transfer
