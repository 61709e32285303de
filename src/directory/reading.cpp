#include "directory/reading.h"

#include <algorithm>

#include "directory/directory_store.h"
#include "directory/profile.h"

namespace kidoban::directory {

Result<Person> open_person(const seal::TenantKey& key, const PersonRow& row) {
  const auto json = TRY(key.open_text(profile_of(row.id), row.profile));
  return Person{row.id, row.state, row.administrator, TRY(profile_from_json(json)), row.created_at, row.updated_at,
                row.version, row.valid_from, row.valid_until, row.gone_at, row.source};
}

Result<std::vector<Person>> people_named(store::Transaction& tx, seal::Keyring& keys, std::span<const Id> ids) {
  std::vector<Person> all;
  const auto key = TRY(keys.of(tx));
  for (std::size_t from = 0; from < ids.size(); from += people_in_bite) {
    for (const PersonRow& row : TRY(select_people_named(tx, ids.subspan(from, std::min(people_in_bite, ids.size() - from))))) all.push_back(TRY(open_person(*key, row)));
  }
  std::ranges::sort(all, {}, &Person::id);
  const auto twice = std::ranges::unique(all, {}, &Person::id);  // who was asked for twice
  all.erase(twice.begin(), twice.end());
  return all;
}

struct SealedPeople::Inside {
  seal::TenantKeyPointer key;
  std::vector<PersonRow> rows;
};

SealedPeople::SealedPeople() : inside_(std::make_unique<Inside>()) {}
SealedPeople::~SealedPeople() = default;
SealedPeople::SealedPeople(SealedPeople&&) noexcept = default;
SealedPeople& SealedPeople::operator=(SealedPeople&&) noexcept = default;

Result<SealedPeople> SealedPeople::after(store::Transaction& tx, seal::Keyring& keys, const std::optional<Id>& after, std::size_t limit) {
  SealedPeople out;
  out.inside_->rows = TRY(select_people(tx, after.value_or(Id{}), limit));
  out.inside_->key = TRY(keys.of(tx));
  return out;
}

std::size_t SealedPeople::size() const { return inside_->rows.size(); }

Result<std::vector<Person>> SealedPeople::open(std::size_t from, std::size_t until) const {
  std::vector<Person> all;
  all.reserve(until - from);
  for (; from < until; ++from) all.push_back(TRY(open_person(*inside_->key, inside_->rows[from])));
  return all;
}

}  // namespace kidoban::directory
