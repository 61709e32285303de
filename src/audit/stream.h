#pragma once
// The audit in its order, for whoever follows it. Records are committed in another order than their ids say; the order that
// misses nothing is that of their places in the tree: whatever stands below its size stays as it is.

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "audit/audit.h"

namespace kidoban::audit {

struct Placed {
  std::int64_t position = 0;
  Record record;
};

// How many records have a place: those follow without a gap from 0.
Result<std::int64_t> placed_records(store::Transaction& tx);
// Whether any waits for one (Sealer::seal gives it).
Result<bool> any_unplaced(store::Transaction& tx);

struct Stretch {
  std::int64_t from = 0;        // later than asked for where the records before were removed by age
  std::int64_t end = 0;         // where the next begins
  std::vector<Placed> records;  // of those between, the wanted
};
struct StretchBounds {
  std::size_t records = 100;
  std::size_t bytes = 256 * 1024;     // of their details, one record more than that at most
  std::int64_t looked_through = 2000;
};
// From `from` on: until `end`, or where none is given, as far as the bounds and the audit go. `wanted` is asked by a record's event.
Result<Stretch> read_stretch(store::Transaction& tx, seal::Keyring& keys, std::int64_t from, std::optional<std::int64_t> end,
                             const std::function<bool(std::string_view)>& wanted, const StretchBounds& bounds = {});

}  // namespace kidoban::audit
