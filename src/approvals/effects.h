#pragma once
// What an act changes, taken from the audit records that it writes: what was and what would be, for whoever decides; and the
// measure of whether it would still do the same.

#include <boost/json/array.hpp>

#include <set>
#include <string>
#include <vector>

#include "audit/audit.h"

namespace kidoban::approvals {

struct Difference {
  std::string what, from, to;  // "department": a text, or "" for nothing
  friend bool operator==(const Difference&, const Difference&) = default;
};

struct Effect {
  std::string event, target_kind, target;  // the target is "" for what is new: its id is drawn again each time
  std::vector<Difference> changes;
  friend bool operator==(const Effect&, const Effect&) = default;

  const Difference* find(std::string_view what) const;
};

// In the order of the records. `known` are the ids that stood in the request. What differs from one moment to the next without
// meaning anything (sessions that end with it, from where, by which role) is left out.
std::vector<Effect> effects_of(const std::vector<audit::Record>& records, const std::set<std::string, std::less<>>& known);

boost::json::array effects_json(const std::vector<Effect>& effects);
Result<std::vector<Effect>> effects_from_json(const boost::json::array& json);

}  // namespace kidoban::approvals
