#pragma once
// Reading many people at once, for what looks at all of a tenant's.

#include <span>
#include <vector>

#include "directory/directory.h"

namespace kidoban::directory {

struct PersonRow;

// Those of them who are there, by id; in bites of fifty.
Result<std::vector<Person>> people_named(store::Transaction& tx, seal::Keyring& keys, std::span<const Id> ids);
// By id (time of creation), after `after`, at most `limit`.
Result<std::vector<Person>> people_after(store::Transaction& tx, seal::Keyring& keys, const std::optional<Id>& after, std::size_t limit);

inline seal::Place profile_of(const Id& id) { return {"people", "profile", id.span()}; }
// internal/"sealed_value_damaged".
Result<Person> open_person(const seal::TenantKey& key, const PersonRow& row);

}  // namespace kidoban::directory
