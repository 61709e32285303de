#include "transfer/cell.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace kidoban::transfer {

namespace {

constexpr std::array<std::string_view, 11> beginnings = {"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"};

// Where a formula would begin behind `apostrophes` of them.
bool begins_formula(std::string_view text) {
  const std::size_t first = std::min(text.find_first_not_of('\''), text.size());
  return std::ranges::any_of(beginnings, [&](std::string_view one) { return text.substr(first).starts_with(one); });
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

bool has_any(std::string_view text, std::string_view of) { return text.find_first_of(of) != std::string_view::npos; }

void append_cell(std::string& row, std::string_view cell) {
  if (has_any(cell, ",\"\r\n")) row += quoted(cell);
  else row += cell;
}

}  // namespace

std::string guarded(std::string_view text) { return begins_formula(text) ? "'" + std::string(text) : std::string(text); }

std::string_view bare(std::string_view cell) {
  return cell.starts_with('\'') && begins_formula(cell) ? cell.substr(1) : cell;
}

std::string write_list(std::span<const std::string> values) {
  std::string out;
  for (const std::string& value : values) {
    if (!out.empty()) out += ';';
    const bool plain = !value.empty() && !has_any(value, ";\"") && trim(value) == value;
    out += plain ? value : quoted(value);
  }
  return out;
}

std::optional<std::vector<std::string>> read_list(std::string_view cell) {
  std::vector<std::string> values;
  cell = trim(cell);
  if (cell.empty()) return values;
  for (;;) {
    cell = trim(cell);
    std::string value;
    if (cell.starts_with('"')) {
      std::size_t at = 1;
      for (;; ++at) {
        if (at == cell.size()) return std::nullopt;
        if (cell[at] != '"') value += cell[at];
        else if (at + 1 < cell.size() && cell[at + 1] == '"') value += cell[at++];
        else break;
      }
      cell = trim(cell.substr(at + 1));
      if (!cell.empty() && cell.front() != ';') return std::nullopt;
    } else {
      const std::size_t end = std::min(cell.find(';'), cell.size());
      value = trim(cell.substr(0, end));
      if (value.empty() || value.find('"') != std::string::npos) return std::nullopt;
      cell = cell.substr(end);
    }
    values.push_back(std::move(value));
    if (cell.empty()) return values;
    cell.remove_prefix(1);
    // One at the end of the list is forgiven: people write lists so.
    if (trim(cell).empty()) return values;
  }
}

std::string csv_row(std::span<const std::string> cells) {
  std::string row;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) row += ',';
    append_cell(row, guarded(cells[i]));
  }
  return row + "\r\n";
}

std::string csv_row_as_is(std::span<const std::string> cells) {
  std::string row;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) row += ',';
    append_cell(row, cells[i]);
  }
  return row + "\r\n";
}

}  // namespace kidoban::transfer
