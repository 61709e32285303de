#pragma once
// The rows behind people. Sealed columns are opaque here.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "crypto/hash.h"
#include "directory/directory.h"
#include "store/system.h"

namespace kidoban::directory {

struct PersonRow {
  Id id;
  PersonState state = PersonState::enabled;
  bool administrator = false;
  std::string profile;
  Time created_at, updated_at;
  std::int64_t version = 1;
  std::optional<Time> valid_from, valid_until, gone_at;
  std::optional<Source> source;
};

// Whether each was made; who wasn't: somebody has the login.
Result<std::vector<bool>> insert_people(store::Transaction& tx, std::span<const PreparedPerson* const> people);
Result<std::vector<std::optional<PersonRow>>> find_people(store::Transaction& tx, std::span<const crypto::Digest> login_indexes);
Result<std::optional<PersonRow>> find_person(store::Transaction& tx, const crypto::Digest& login_index);
Result<std::vector<PersonRow>> find_people_by_external_id(store::Transaction& tx, const crypto::Digest& external_index, std::size_t limit);
Result<std::optional<PersonRow>> select_person(store::Transaction& tx, const Id& id);
Result<std::vector<PersonRow>> select_people(store::Transaction& tx, const Id& after, std::size_t limit);
// Those of them who are there, in no order; at most so many.
constexpr std::size_t people_in_bite = 50;
Result<std::vector<PersonRow>> select_people_named(store::Transaction& tx, std::span<const Id> ids);
// Everything but id and created_at; the version becomes one more. conflict/"login_taken".
Status update_person(store::Transaction& tx, const PersonRow& row, const PersonIndexes& indexes);
Status delete_person(store::Transaction& tx, const Id& id);
Result<bool> has_login_in_domain(store::Transaction& tx, const crypto::Digest& login_domain);
// Somebody else who may administer, and isn't about to leave.
Result<bool> has_other_administrator(store::Transaction& tx, const Id& than, Time now);
// Those alike, all of them.
Result<std::vector<PersonRow>> select_administrators(store::Transaction& tx, Time now, std::size_t limit);

// So many more count; false, and nothing is changed, where there may not be so many.
Result<bool> count_more(store::Transaction& tx, std::int64_t people);
Status count_less(store::Transaction& tx, std::int64_t people);
Result<Usage> select_usage(store::Transaction& tx);
Status update_quota(store::Transaction& tx, std::optional<std::int64_t> quota);

struct PersonOfTenant {
  TenantId tenant;
  Id person;
};
Result<std::vector<PersonOfTenant>> select_due(store::SystemTransaction& tx, Time now, std::size_t limit);

}  // namespace kidoban::directory
