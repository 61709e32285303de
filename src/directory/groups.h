#pragma once
// The groups of a tenant and who is in them: people, and groups within groups, never in a circle; or whoever a rule of the
// group says, kept current with each change of a person. What a group is called
// and all that is said of it is sealed; it is found by blind indexes of its name and its external id. `Directory` has them
// as groups(); any thread.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/audit.h"
#include "seal/seal.h"
#include "store/store.h"

namespace kidoban::directory {

struct GroupRow;
struct Person;
class Directory;

// What is said of a group; "" for none but the name.
struct GroupAttributes {
  std::string name;
  std::string description = {};
  std::string mail = {};         // an address that reaches its members
  std::string type = {};         // a short word: security, distribution, …
  std::string external_id = {};  // what another system calls it
  std::string rule = {};         // who is in (rule.h); "" where people and groups are put in
  friend bool operator==(const GroupAttributes&, const GroupAttributes&) = default;
};

struct Group : GroupAttributes {
  Id id;
  Time created_at, updated_at;
  std::int64_t version = 1;  // of what is said of it; who is in it doesn't count
  std::int64_t members_version = 0;  // one more with each change of who is directly in it
};

// What of a group becomes something else; what isn't given stays.
struct GroupChange {
  std::optional<std::string> name = {}, description = {}, mail = {}, type = {}, external_id = {};
  std::optional<std::string> rule = {};  // "" leaves those in who are
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

// How far a new rule was asked of everybody.
struct RulePass {
  std::int64_t seen = 0, added = 0, removed = 0;
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
  Groups(Directory& directory, seal::Keyring& keys, audit::Audit& audit, const Clock& clock, Random& random);
  ~Groups();

  // conflict/"group_taken"; malformed/"name_malformed", "description_malformed", "email_malformed", "group_type_malformed",
  // "external_id_malformed"; for a rule malformed/"filter_malformed", "filter_too_complex", "rule_attribute_unknown", conflict/
  // "group_has_groups", "group_rules_too_many".
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
  // "group_member_unknown" (a group within that isn't there); conflict/"group_by_rule"; conflict/"group_cycle" where a group would be in itself,
  // conflict/"group_too_deep" past limits::group_depth levels, conflict/"group_too_wide" past limits::groups_in_group. With
  // groups: only in a `write`, never in a `write_snapshot`.
  Result<MembersChanged> change_members(store::Transaction& tx, const Id& group, const MemberChange& change, const audit::Event& by);
  Status add_member(store::Transaction& tx, const Id& group, const Id& person, const audit::Event& by);
  Status remove_member(store::Transaction& tx, const Id& group, const Id& person, const audit::Event& by);
  // A person or a group, whichever has this id. not_found/"group_member_unknown".
  Status add(store::Transaction& tx, const Id& group, const Id& member, const audit::Event& by);
  Status take_out(store::Transaction& tx, const Id& group, const Id& member, const audit::Event& by);

  // Each as what it is: a person where there is one of that id, else a group (which may not be there either).
  Result<std::vector<Member>> as_members(store::Transaction& tx, std::span<const Id> ids);

  // People and groups directly in it, by id, after `after`, at most `limit`.
  Result<std::vector<Member>> members(store::Transaction& tx, const Id& group, std::optional<Id> after, std::size_t limit);
  // People in it or in any group below, each once, by id, after `after`, at most `limit`.
  Result<std::vector<EffectiveMember>> effective_members(store::Transaction& tx, const Id& group, std::optional<Id> after, std::size_t limit);
  // The groups somebody is in, directly or by way of a group within; by id, after `after`, at most `limit` (1..1000).
  Result<std::vector<Membership>> of(store::Transaction& tx, const Id& person, std::optional<Id> after = {}, std::size_t limit = 1000);
  Result<std::vector<Membership>> directly_of(store::Transaction& tx, const Id& person, std::optional<Id> after = {}, std::size_t limit = 1000);

  // Puts somebody who was made or changed into the groups whose rules they meet, and takes them out of the others. In the
  // transaction that changed them, a `write`: in a `write_snapshot` a rule that changes at the same moment may miss them.
  Status settle(store::Transaction& tx, const Person& person, const audit::Event& by);
  // The same for people who were just made, and so are in no group yet.
  Status settle_new(store::Transaction& tx, std::span<const Person* const> people, const audit::Event& by);
  // Nothing where the group's rule was asked of everybody, or there is none.
  Result<std::optional<RulePass>> rule_pass(store::Transaction& tx, const Id& group);
  // Asks the next few; true when that was all. See group_rules.h.
  Result<bool> ask_some(store::Transaction& tx, const Id& group);

 private:
  struct Rules;
  struct RuleCache;
  Result<std::shared_ptr<const Rules>> rules(store::Transaction& tx);
  Status check_rule(store::Transaction& tx, const Id& group, std::string_view rule);
  Status rule_changed(store::Transaction& tx, const Id& group, std::string_view rule);
  Status told(store::Transaction& tx, const Id& group, const std::vector<Member>& added, const std::vector<Member>& removed, const audit::Event& by);
  Result<std::vector<Group>> opened(store::Transaction& tx, const std::vector<GroupRow>& rows);
  Directory& directory_;
  seal::Keyring& keys_;
  audit::Audit& audit_;
  const Clock& clock_;
  Random& random_;
  std::unique_ptr<RuleCache> rules_;
};

}  // namespace kidoban::directory
