#include "base/require.h"
#include "store/store.h"

namespace kidoban::store {

void Rows::add_null() { cells_.push_back({Value::Type::null, 0, 0}); }

void Rows::add_integer(std::int64_t v) { cells_.push_back({Value::Type::integer, v, 0}); }

void Rows::add_text(std::string_view v) {
  cells_.push_back({Value::Type::text, static_cast<std::int64_t>(bytes_.size()), v.size()});
  bytes_.append(v);
}

void Rows::add_blob(std::string_view v) {
  cells_.push_back({Value::Type::blob, static_cast<std::int64_t>(bytes_.size()), v.size()});
  bytes_.append(v);
}

Row Rows::operator[](std::size_t i) const {
  require(i < count_, "a row of the answer");
  return Row(this, i * columns_);
}

const Row::Cell& Row::cell(std::size_t column) const {
  require(column < rows_->columns_, "a column of the answer");
  return rows_->cells_[first_ + column];
}

const Row::Cell& Row::cell(std::size_t column, Value::Type type) const {
  const Row::Cell& found = cell(column);
  require(found.type == type, "a column of the type that was asked for");
  return found;
}

std::string_view Row::bytes(std::size_t column, Value::Type type) const {
  const Row::Cell& found = cell(column, type);
  return std::string_view(rows_->bytes_).substr(static_cast<std::size_t>(found.integer), found.length);
}

bool Row::is_null(std::size_t column) const { return cell(column).type == Value::Type::null; }

std::int64_t Row::integer(std::size_t column) const { return cell(column, Value::Type::integer).integer; }

std::string_view Row::text(std::size_t column) const { return bytes(column, Value::Type::text); }

std::string_view Row::blob_text(std::size_t column) const { return bytes(column, Value::Type::blob); }

std::span<const std::uint8_t> Row::blob(std::size_t column) const {
  const std::string_view raw = blob_text(column);
  return {reinterpret_cast<const std::uint8_t*>(raw.data()), raw.size()};
}

Id Row::id(std::size_t column) const {
  auto parsed = Id::from_bytes(blob(column));
  require(parsed.has_value(), "an id of 16 bytes");
  return *parsed;
}

std::optional<std::int64_t> Row::maybe_integer(std::size_t column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

std::optional<std::string_view> Row::maybe_text(std::size_t column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}

std::optional<Id> Row::maybe_id(std::size_t column) const {
  if (is_null(column)) return std::nullopt;
  return id(column);
}

std::optional<Time> Row::maybe_time(std::size_t column) const {
  if (is_null(column)) return std::nullopt;
  return time(column);
}

}  // namespace kidoban::store
