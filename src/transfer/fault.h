#pragma once
// What is wrong with a file, and where: the line that an editor shows and the column that a spreadsheet shows.

#include <cstdint>
#include <expected>
#include <string>

#include "base/error.h"

namespace kidoban::transfer {

struct Fault {
  Reason reason;
  std::int64_t line = 0;    // from 1, where the cell begins; 0: the file as a whole
  std::int64_t column = 0;  // from 1; 0: the line as a whole
};

template <class T>
using Read = std::expected<T, Fault>;

}  // namespace kidoban::transfer
