#pragma once
// Reading many people at once, for what looks at all of a tenant's.

#include <memory>
#include <span>
#include <vector>

#include "directory/directory.h"

namespace kidoban::directory {

struct PersonRow;

// Those of them who are there, by id; in bites of fifty.
Result<std::vector<Person>> people_named(store::Transaction& tx, seal::Keyring& keys, std::span<const Id> ids);

// People as they lie in the store: read within a transaction, opened outside of it, on several threads where there are many.
class SealedPeople {
 public:
  // By id (time of creation), after `after`, at most `limit`.
  static Result<SealedPeople> after(store::Transaction& tx, seal::Keyring& keys, const std::optional<Id>& after, std::size_t limit);
  SealedPeople();
  ~SealedPeople();
  SealedPeople(SealedPeople&&) noexcept;
  SealedPeople& operator=(SealedPeople&&) noexcept;

  std::size_t size() const;
  // Those from the place `from` to before the place `until`. internal/"sealed_value_damaged".
  Result<std::vector<Person>> open(std::size_t from, std::size_t until) const;

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

inline seal::Place profile_of(const Id& id) { return {"people", "profile", id.span()}; }
// internal/"sealed_value_damaged".
Result<Person> open_person(const seal::TenantKey& key, const PersonRow& row);

}  // namespace kidoban::directory
