#pragma once
// What a filter's or an order's names mean to the index. The administrators' API has its own names here; SCIM brings its own.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "directory/filter.h"
#include "directory/schema.h"
#include "search/people.h"

namespace kidoban::search {

// Where a path leads: which columns hold what it is compared with.
struct Field {
  enum class Kind : std::uint8_t { values, items, moment, id } kind = Kind::values;
  std::vector<std::string> columns{};   // of values: any of them; of items: the one
  bool exact = false;                   // values: compared as they are spelled
  Part part = Part::value;              // of items
  // SCIM's e-mail addresses: one more goes ahead of the items, this column's, primary and of the type "work".
  std::string ahead{};
  bool primary_or_nothing = false;      // SCIM: whether one is primary is said only where it is
  Moment moment = Moment::created;
};
std::optional<Part> part_named(std::string_view name);

// Nothing for what the index doesn't have. `around`: the path before the brackets that this one stands in; only `part` counts then.
using Names = std::function<std::optional<Field>(const directory::AttributePath& path, const directory::AttributePath* around)>;

// A person's attributes by the names they have here, "custom.<name>" for what the tenant declared, and `state`, `administrator`, `id`,
// `created_at`, `updated_at`, `valid_from`, `valid_until`.
Names our_names(std::span<const directory::CustomAttribute> custom);
// malformed/"filter_malformed", "filter_too_complex", "filter_attribute_unknown" (the note names it), "filter_unsupported".
Result<directory::Filter> filter_of(std::string_view text, const Names& names);
// Whether the index can answer it.
bool knows(const directory::Filter& filter, const Names& names);

}  // namespace kidoban::search
