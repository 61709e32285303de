#pragma once
// Values in PostgreSQL's binary format: 64-bit numbers big-endian, texts and bytes as they are.

#include <libpq-fe.h>

#include <array>
#include <span>
#include <string>
#include <vector>

#include "store/store.h"

namespace kidoban::store::postgres {

// The arguments of one statement as libpq wants them. Borrows text and blobs from the values.
class Arguments {
 public:
  explicit Arguments(std::span<const Value> values);
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  int count() const { return static_cast<int>(pointers_.size()); }
  // NULL's type is left to the server, so a statement is prepared once for each pattern of types.
  const std::string& signature() const { return signature_; }
  const Oid* types() const { return types_.data(); }
  const char* const* pointers() const { return pointers_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  std::vector<std::array<char, 8>> numbers_;
  std::vector<const char*> pointers_;
  std::vector<int> lengths_, formats_;
  std::vector<Oid> types_;
  std::string signature_;
};

// The rows of a binary result; internal/"store_failed" for a column of a type that isn't ours.
Result<Rows> rows_of(const PGresult* result, const char* name);

}  // namespace kidoban::store::postgres
