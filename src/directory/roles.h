#pragma once
// Who may do what to a tenant. A role is a set of permissions; somebody has it everywhere, or for the people of one group or of
// one domain. Whoever is an `administrator` may do everything and needs no role. `Directory` has them as roles(); any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/audit.h"
#include "directory/permission.h"
#include "seal/seal.h"
#include "store/store.h"

namespace kidoban::directory {

struct Role {
  std::string key;              // "people", "help_desk", … of those that every tenant has; an id's text of its own ones
  std::string name;             // of its own ones; pages have words for the others
  PermissionSet permissions;
  std::int64_t version = 0;     // 0: one that every tenant has
};

struct Scope {
  enum class Kind : std::uint8_t { everywhere, group, domain } kind = Kind::everywhere;
  std::string what{};           // a group's id, or a domain in its canonical form
  friend bool operator==(const Scope&, const Scope&) = default;
};

struct Assignment {
  std::string role;
  Scope scope{};
  friend bool operator==(const Assignment&, const Assignment&) = default;
};

// All that somebody may do.
struct Grant {
  PermissionSet everywhere;
  std::vector<std::pair<Scope, PermissionSet>> scoped;
  std::vector<std::pair<std::string, PermissionSet>> by_role;  // a role's key, or "administrator", and what comes of it

  PermissionSet anywhere() const;
  // Which roles let them do that, wherever it be: "people,help_desk".
  std::string roles_with(Permission one) const;
};

class Roles {
 public:
  Roles(seal::Keyring& keys, audit::Audit& audit, const Clock& clock, Random& random) : keys_(keys), audit_(audit), clock_(clock), random_(random) {}

  // First those that every tenant has, then its own, 200 at most.
  Result<std::vector<Role>> list(store::Transaction& tx);
  Result<Role> get(store::Transaction& tx, std::string_view key);  // not_found/"role_unknown"
  // malformed/"name_malformed", "role_empty"; conflict/"role_too_many" beyond 200.
  Result<Role> create(store::Transaction& tx, std::string_view name, const PermissionSet& permissions, const audit::Event& by);
  // conflict/"role_fixed" for those that every tenant has, "version_changed".
  Result<Role> change(store::Transaction& tx, std::string_view key, std::optional<std::string_view> name, std::optional<PermissionSet> permissions,
                      std::optional<std::int64_t> version, const audit::Event& by);
  Status remove(store::Transaction& tx, std::string_view key, const audit::Event& by);  // conflict/"role_fixed", "role_in_use"

  Result<std::vector<Assignment>> of(store::Transaction& tx, const Id& person);
  // Having it twice is having it once. not_found/"role_unknown"; malformed/"scope_malformed"; conflict/"role_too_many" beyond 100 a person.
  Status assign(store::Transaction& tx, const Id& person, const Assignment& wanted, const audit::Event& by);
  Status withdraw(store::Transaction& tx, const Id& person, const Assignment& had, const audit::Event& by);
  // What all their roles come to.
  Result<Grant> grant_of(store::Transaction& tx, const Id& person, bool administrator);
  // Whoever changes an administrator, or sets their password, could become them: forbidden/"person_more_powerful" where that person may
  // do anything that `mine`, held everywhere, doesn't have.
  Status leave_more_powerful(store::Transaction& tx, const PermissionSet& mine, const Id& person, bool administrator);
  // Who has that role everywhere, at most `limit`.
  Result<std::vector<Id>> holders(store::Transaction& tx, std::string_view role, std::size_t limit);
  Status forget(store::Transaction& tx, const Id& person);

 private:
  seal::Keyring& keys_;
  audit::Audit& audit_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace kidoban::directory
