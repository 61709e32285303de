#pragma once
// What a row of a file would do, or did.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace kidoban::transfer {

struct CellFault {
  std::int64_t column = 0;  // from 1; 0: the row as a whole
  std::int64_t line = 0;    // where the cell begins
  std::string reason;       // an error's slug
};

struct Changed {
  std::string attribute;
  std::string from, to;     // texts for people; never a password's
};

struct Outcome {
  enum class Kind : std::uint8_t { create, update, remove, skip, error } kind = Kind::skip;
  std::int64_t row = 0, line = 0;  // row 1 is the first behind the header
  std::string who;                 // the login, the group's name
  std::vector<Changed> changed;
  std::vector<CellFault> faults;   // of an error; all that could be found
};
std::string_view word_of(Outcome::Kind kind);  // "create", "update", "delete", "skip", "error"

// How many of each.
struct Counts {
  std::int64_t create = 0, update = 0, remove = 0, skip = 0, error = 0;
  void add(Outcome::Kind kind);
};
std::string counts_json(const Counts& counts);
Counts counts_from_json(std::string_view json);

// A page's, to be sealed.
std::string outcomes_json(const std::vector<Outcome>& all);
Result<std::vector<Outcome>> outcomes_from_json(std::string_view json);

}  // namespace kidoban::transfer
