#pragma once
// The groups of a tenant and who is in them. `Directory` has them as groups(); any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/audit.h"
#include "seal/seal.h"
#include "store/store.h"

namespace kidoban::directory {

struct GroupRow;

struct Group {
  Id id;
  std::string name;
};

class Groups {
 public:
  Groups(seal::Keyring& keys, audit::Audit& audit, const Clock& clock, Random& random)
      : keys_(keys), audit_(audit), clock_(clock), random_(random) {}

  Result<Group> create(store::Transaction& tx, std::string_view name, const audit::Event& by);  // conflict/"group_taken"
  Result<Group> get(store::Transaction& tx, const Id& id);  // not_found/"group_unknown"
  // By id (time of creation), after `after`, at most `limit`.
  Result<std::vector<Group>> list(store::Transaction& tx, std::optional<Id> after, std::size_t limit);
  Result<Group> rename(store::Transaction& tx, const Id& id, std::string_view name, const audit::Event& by);
  Status remove(store::Transaction& tx, const Id& id, const audit::Event& by);  // with its memberships
  Status add_member(store::Transaction& tx, const Id& group, const Id& person, const audit::Event& by);
  // Who is no member stays none: no change, no record.
  Status remove_member(store::Transaction& tx, const Id& group, const Id& person, const audit::Event& by);
  // By id, after `after`, at most `limit`.
  Result<std::vector<Id>> members(store::Transaction& tx, const Id& group, std::optional<Id> after, std::size_t limit);
  Result<std::vector<Group>> of(store::Transaction& tx, const Id& person);

 private:
  Result<std::vector<Group>> opened(store::Transaction& tx, const std::vector<GroupRow>& rows);
  seal::Keyring& keys_;
  audit::Audit& audit_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace kidoban::directory
