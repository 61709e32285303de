#pragma once
// Those who were found, in an order, from a place on.

#include <optional>
#include <string>
#include <vector>

#include "search/names.h"

namespace kidoban::search {

// Where somebody stands in an order: by their value (bytes that compare as the values do; who has none comes last, when descending first),
// then by id. It stays where it is while people come and go.
struct Standing {
  bool has_value = false;
  std::string value;
  Id id;
  friend bool operator==(const Standing&, const Standing&) = default;
};

struct Order {
  std::optional<Field> by{};           // nothing: by id alone, in the order of their making
  bool descending = false;
};

struct Page {
  std::vector<Id> ids;
  std::optional<Standing> last;        // of the last one
  bool more = false;                   // there are others behind it
};

// Of several values the primary one decides, or the first (RFC 7644 §3.4.2.3).
Page page_of(const People& people, const Bits& found, const Order& order, const std::optional<Standing>& after, std::size_t offset, std::size_t limit);

}  // namespace kidoban::search
