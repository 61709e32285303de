#include "transfer/planner.h"

#include "base/text.h"
#include "transfer/cell.h"
#include "transfer/values.h"

namespace kidoban::transfer {

std::string_view cell_text(const FileRow& row, std::size_t column) {
  return column < row.cells.size() ? trim(bare(row.cells[column])) : std::string_view();
}

std::string_view RowReader::text(std::optional<std::size_t> column) const { return column ? cell_text(row_, *column) : std::string_view(); }

Result<std::optional<directory::Person>> find_person(store::Transaction& tx, const Ground& ground, const std::string& login) {
  if (ground.known != nullptr) {
    const auto known = ground.known->find(login);
    if (known && *known == nullptr) return std::nullopt;
    if (known) return **known;
  }
  return ground.directory.find_by_login(tx, login);
}

bool RowReader::flag(Role role, bool otherwise) { return maybe_flag(role).value_or(otherwise); }

std::optional<bool> RowReader::maybe_flag(Role role) {
  const auto column = ground_.columns.find(role);
  const auto cell = text(column);
  if (cell.empty()) return std::nullopt;
  const auto value = read_flag(cell);
  if (!value) fault(column, "flag_malformed");
  return value;
}

void RowReader::fault(std::optional<std::size_t> column, std::string_view reason) {
  const bool has_line = column && *column < row_.lines.size();
  outcome_.faults.push_back({column ? static_cast<std::int64_t>(*column) + 1 : 0, has_line ? row_.lines[*column] : row_.line, std::string(reason)});
  outcome_.kind = Outcome::Kind::error;
}

bool is_of_row(const Error& error) {
  return error.kind == Kind::malformed || error.kind == Kind::conflict || error.kind == Kind::not_found || error.kind == Kind::forbidden;
}

}  // namespace kidoban::transfer
