#include "store/postgres/wire.h"

#include <cstdlib>

namespace kidoban::store::postgres {

namespace {

// pg_type.dat
constexpr Oid bool_type = 16, bytea_type = 17, name_type = 19, int8_type = 20, int2_type = 21, int4_type = 23,
              text_type = 25, bpchar_type = 1042, varchar_type = 1043;

std::array<char, 8> big_endian(std::int64_t number) {
  std::array<char, 8> out;
  auto bits = static_cast<std::uint64_t>(number);
  for (std::size_t i = 8; i-- > 0; bits >>= 8) out[i] = static_cast<char>(bits & 0xff);
  return out;
}

std::int64_t from_big_endian(const char* bytes, int length) {
  // The first byte carries the sign, whatever the width.
  auto bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<signed char>(bytes[0])));
  for (int i = 1; i < length; ++i) bits = (bits << 8) | static_cast<unsigned char>(bytes[i]);
  return static_cast<std::int64_t>(bits);
}

}  // namespace

Arguments::Arguments(std::span<const Value> values) {
  numbers_.reserve(values.size());  // the pointers below must stay
  for (const Value& value : values) {
    formats_.push_back(1);
    switch (value.type()) {
      case Value::Type::null:
        pointers_.push_back(nullptr);
        lengths_.push_back(0);
        types_.push_back(0);
        signature_ += 'n';
        break;
      case Value::Type::integer:
        numbers_.push_back(big_endian(value.integer()));
        pointers_.push_back(numbers_.back().data());
        lengths_.push_back(8);
        types_.push_back(int8_type);
        signature_ += 'i';
        break;
      case Value::Type::text:
      case Value::Type::blob: {
        const bool text = value.type() == Value::Type::text;
        pointers_.push_back(value.bytes().empty() ? "" : value.bytes().data());
        lengths_.push_back(static_cast<int>(value.bytes().size()));
        types_.push_back(text ? text_type : bytea_type);
        signature_ += text ? 't' : 'b';
        break;
      }
    }
  }
}

Result<Rows> rows_of(const PGresult* result, const char* name) {
  const int columns = PQnfields(result);
  const int count = PQntuples(result);
  Rows rows(static_cast<std::size_t>(columns));
  std::vector<Oid> types;
  for (int c = 0; c < columns; ++c) types.push_back(PQftype(result, c));
  for (int r = 0; r < count; ++r) {
    for (int c = 0; c < columns; ++c) {
      if (PQgetisnull(result, r, c) != 0) {
        rows.add_null();
        continue;
      }
      const char* bytes = PQgetvalue(result, r, c);
      const int length = PQgetlength(result, r, c);
      const std::string_view view(bytes, static_cast<std::size_t>(length));
      switch (types[static_cast<std::size_t>(c)]) {
        case int8_type:
        case int4_type:
        case int2_type:
        case bool_type: rows.add_integer(from_big_endian(bytes, length)); break;
        case text_type:
        case varchar_type:
        case bpchar_type:
        case name_type: rows.add_text(view); break;
        case bytea_type: rows.add_blob(view); break;
        default:
          return fail(Kind::internal, "store_failed",
                      std::string(name) + ": column " + std::to_string(c) + " is of type " +
                          std::to_string(types[static_cast<std::size_t>(c)]) + "; cast it to BIGINT, TEXT or BLOB");
      }
    }
    rows.end_row();
  }
  return rows;
}

}  // namespace kidoban::store::postgres
