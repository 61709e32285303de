#pragma once
// The rows that say who is in which group: people (group_members), groups (group_groups).

#include <span>
#include <vector>

#include "directory/groups.h"

namespace kidoban::directory {

// False where they are in already, or where there is no such group, person or group within.
Result<bool> insert_member(store::Transaction& tx, const Id& group, const Member& member);
// False where they weren't in.
Result<bool> delete_member(store::Transaction& tx, const Id& group, const Member& member);
// The same for many, of one kind each time, in their order.
Result<std::vector<bool>> insert_people_in(store::Transaction& tx, const Id& group, std::span<const Id> people);
Result<std::vector<bool>> delete_members(store::Transaction& tx, const Id& group, MemberKind kind, std::span<const Id> members);
Result<std::vector<bool>> have_people(store::Transaction& tx, const Id& group, std::span<const Id> people);
Result<bool> has_member(store::Transaction& tx, const Id& group, const Member& member);
Result<bool> has_person(store::Transaction& tx, const Id& id);
Result<std::vector<bool>> are_people(store::Transaction& tx, std::span<const Id> ids);
// People and groups, by id.
Result<std::vector<Member>> select_members(store::Transaction& tx, const Id& group, const Id& after, std::size_t limit);
// People alone, by id.
Result<std::vector<Id>> select_people_in(store::Transaction& tx, const Id& group, const Id& after, std::size_t limit);
Result<bool> has_groups_within(store::Transaction& tx, const Id& group);
Result<std::int64_t> count_groups_within(store::Transaction& tx, const Id& group);

// How many levels of groups stand below, as far as limits::group_depth, and whether `wanted` is one of them.
struct Below {
  std::int64_t levels = 0;
  bool has_wanted = false;
};
Result<Below> select_below(store::Transaction& tx, const Id& group, const Id& wanted);
Result<std::int64_t> select_levels_above(store::Transaction& tx, const Id& group);
// Every group below, at any depth, itself not.
Result<std::vector<Id>> select_groups_below(store::Transaction& tx, const Id& group);

struct MembershipRow {
  Id group;
  std::string name;  // sealed
  bool direct = false;
};
// By the group's id. What it costs depends on the groups somebody is in, not on how many there are.
Result<std::vector<MembershipRow>> select_memberships(store::Transaction& tx, const Id& person, const Id& after, std::size_t limit);
Result<std::vector<MembershipRow>> select_direct_memberships(store::Transaction& tx, const Id& person, const Id& after, std::size_t limit);

}  // namespace kidoban::directory
