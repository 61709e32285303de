#pragma once
// The groups of a tenant and who is in them: people, and groups within groups, never in a circle. What a group is called
// and all that is said of it is sealed; it is found by blind indexes of its name and its external id. `Directory` has them
// as groups(); any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/audit.h"
#include "seal/seal.h"
#include "store/store.h"

namespace kidoban::directory {

struct GroupRow;

// What is said of a group; "" for none but the name.
struct GroupAttributes {
  std::string name;
  std::string description = {};
  std::string mail = {};         // an address that reaches its members
  std::string type = {};         // a short word: security, distribution, …
  std::string external_id = {};  // what another system calls it
  friend bool operator==(const GroupAttributes&, const GroupAttributes&) = default;
};

struct Group : GroupAttributes {
  Id id;
  Time created_at, updated_at;
  std::int64_t version = 1;  // of what is said of it; who is in it doesn't count
};

// What of a group becomes something else; what isn't given stays.
struct GroupChange {
  std::optional<std::string> name = {}, description = {}, mail = {}, type = {}, external_id = {};
};

enum class MemberKind : std::uint8_t { person, group };
struct Member {
  Id id;
  MemberKind kind = MemberKind::person;
  friend bool operator==(const Member&, const Member&) = default;
};
// Who is put in and who is taken out, in one act.
struct MemberChange {
  std::vector<Member> add = {}, remove = {};
};
struct MembersChanged {
  std::size_t added = 0, removed = 0;
};

// Somebody in a group, directly or by way of a group within.
struct EffectiveMember {
  Id person;
  bool direct = false;
};
// A group somebody is in.
struct Membership {
  Id id;
  std::string name;
  bool direct = false;
};

class Groups {
 public:
  Groups(seal::Keyring& keys, audit::Audit& audit, const Clock& clock, Random& random)
      : keys_(keys), audit_(audit), clock_(clock), random_(random) {}

  // conflict/"group_taken"; malformed/"name_malformed", "description_malformed", "email_malformed", "group_type_malformed",
  // "external_id_malformed".
  Result<Group> create(store::Transaction& tx, const GroupAttributes& wanted, const audit::Event& by);
  Result<Group> get(store::Transaction& tx, const Id& id);  // not_found/"group_unknown"
  // As it was typed, but for spaces around it.
  Result<std::optional<Group>> find_by_name(store::Transaction& tx, std::string_view name);
  // By id, at most a hundred.
  Result<std::vector<Group>> find_by_external_id(store::Transaction& tx, std::string_view external_id);
  // By id (time of creation), after `after`, at most `limit`.
  Result<std::vector<Group>> list(store::Transaction& tx, std::optional<Id> after, std::size_t limit);
  // One record with what was and what is. Nothing to do is no change and no record. conflict/"version_changed" where
  // `version` is given and isn't the group's any more. Else as create.
  Result<Group> change(store::Transaction& tx, const Id& id, const GroupChange& change, std::optional<std::int64_t> version, const audit::Event& by);
  // With its memberships; what is in it stays. conflict/"version_changed".
  Status remove(store::Transaction& tx, const Id& id, std::optional<std::int64_t> version, const audit::Event& by);

  // Who is in already stays in, who isn't stays out: no change, no record. not_found/"group_unknown", "person_unknown",
  // "group_member_unknown" (a group within that isn't there); conflict/"group_cycle" where a group would be in itself,
  // conflict/"group_too_deep" past limits::group_depth levels, conflict/"group_too_wide" past limits::groups_in_group. With
  // groups: only in a `write`, never in a `write_snapshot`.
  Result<MembersChanged> change_members(store::Transaction& tx, const Id& group, const MemberChange& change, const audit::Event& by);
  Status add_member(store::Transaction& tx, const Id& group, const Id& person, const audit::Event& by);
  Status remove_member(store::Transaction& tx, const Id& group, const Id& person, const audit::Event& by);
  // A person or a group, whichever has this id. not_found/"group_member_unknown".
  Status add(store::Transaction& tx, const Id& group, const Id& member, const audit::Event& by);
  Status take_out(store::Transaction& tx, const Id& group, const Id& member, const audit::Event& by);

  // People and groups directly in it, by id, after `after`, at most `limit`.
  Result<std::vector<Member>> members(store::Transaction& tx, const Id& group, std::optional<Id> after, std::size_t limit);
  // People in it or in any group below, each once, by id, after `after`, at most `limit`.
  Result<std::vector<EffectiveMember>> effective_members(store::Transaction& tx, const Id& group, std::optional<Id> after, std::size_t limit);
  // The groups somebody is in, directly or by way of a group within; by id, after `after`, at most `limit` (1..1000).
  Result<std::vector<Membership>> of(store::Transaction& tx, const Id& person, std::optional<Id> after = {}, std::size_t limit = 1000);
  Result<std::vector<Membership>> directly_of(store::Transaction& tx, const Id& person, std::optional<Id> after = {}, std::size_t limit = 1000);

 private:
  Status put_in(store::Transaction& tx, const Id& group, const Member& member, std::vector<Member>& added);
  Status told(store::Transaction& tx, const Id& group, const std::vector<Member>& added, const std::vector<Member>& removed, const audit::Event& by);
  Result<std::vector<Group>> opened(store::Transaction& tx, const std::vector<GroupRow>& rows);
  seal::Keyring& keys_;
  audit::Audit& audit_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace kidoban::directory
