// Who is in a group.

#include <algorithm>
#include <queue>

#include "base/limits.h"
#include "directory/group_store.h"
#include "directory/member_store.h"

namespace kidoban::directory {

namespace {

// How many ids one record names: it stays a page that can be read.
constexpr std::size_t told_at_once = 200;

std::size_t bounded(std::size_t limit, std::size_t most) { return std::clamp<std::size_t>(limit, 1, most); }

Status check_within(store::Transaction& tx, const Id& group, const Id& within) {
  const auto below = TRY(select_below(tx, within, group));
  if (within == group || below.has_wanted) return fail(Kind::conflict, "group_cycle", "the group would be in itself");
  if (TRY(select_levels_above(tx, group)) + 1 + below.levels > limits::group_depth) return fail(Kind::conflict, "group_too_deep");
  if (TRY(count_groups_within(tx, group)) >= limits::groups_in_group) return fail(Kind::conflict, "group_too_wide");
  return {};
}

std::string joined(std::span<const Member> members) {
  std::string out;
  for (const Member& one : members) {
    if (!out.empty()) out += ' ';
    if (one.kind == MemberKind::group) out += "group:";
    out += one.id.text();
  }
  return out;
}

// One of several lists of people, each in order, read bit by bit.
struct Source {
  Id group;
  std::vector<Id> people;
  std::size_t next = 0;
  bool last = false;  // there is nothing after `people`
};

}  // namespace

namespace {

// Those of one kind, in their order.
std::vector<Id> of_kind(std::span<const Member> members, MemberKind kind) {
  std::vector<Id> out;
  for (const Member& one : members) {
    if (one.kind == kind) out.push_back(one.id);
  }
  return out;
}

void keep_changed(std::vector<Member>& out, std::span<const Id> ids, MemberKind kind, const std::vector<bool>& changed) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (changed[i]) out.push_back({ids[i], kind});
  }
}

Result<std::vector<Member>> take_members_out(store::Transaction& tx, const Id& group, std::span<const Member> members) {
  std::vector<Member> removed;
  for (const MemberKind kind : {MemberKind::person, MemberKind::group}) {
    const auto ids = of_kind(members, kind);
    keep_changed(removed, ids, kind, TRY(delete_members(tx, group, kind, ids)));
  }
  return removed;
}

Status put_people_in(store::Transaction& tx, const Id& group, const std::vector<Id>& people, std::vector<Member>& added) {
  const auto put = TRY(insert_people_in(tx, group, people));
  keep_changed(added, people, MemberKind::person, put);
  // Who wasn't put in is in already, or isn't there.
  std::vector<Id> others;
  for (std::size_t i = 0; i < people.size(); ++i) {
    if (!put[i]) others.push_back(people[i]);
  }
  for (const bool is_in : TRY(have_people(tx, group, others))) {
    if (!is_in) return fail(Kind::not_found, "person_unknown");
  }
  return {};
}

Status put_group_in(store::Transaction& tx, const Id& group, const Id& within, std::vector<Member>& added) {
  const Member member{within, MemberKind::group};
  if (TRY(has_member(tx, group, member))) return {};
  TRY(check_within(tx, group, within));
  if (!TRY(insert_member(tx, group, member))) return fail(Kind::not_found, "group_member_unknown");
  added.push_back(member);
  return {};
}

}  // namespace

Result<MembersChanged> Groups::change_members(store::Transaction& tx, const Id& group, const MemberChange& change, const audit::Event& by) {
  const auto row = TRY(select_group(tx, group));
  if (!row) return fail(Kind::not_found, "group_unknown");
  if (row->by_rule) return fail(Kind::conflict, "group_by_rule", "the group's rule says who is in it");
  const auto removed = TRY(take_members_out(tx, group, change.remove));
  std::vector<Member> added;
  TRY(put_people_in(tx, group, of_kind(change.add, MemberKind::person), added));
  for (const Id& within : of_kind(change.add, MemberKind::group)) TRY(put_group_in(tx, group, within, added));
  TRY(told(tx, group, added, removed, by));
  return MembersChanged{added.size(), removed.size()};
}

// One membership has a record of its own kind; of many, so many are named in each.
Status Groups::told(store::Transaction& tx, const Id& group, const std::vector<Member>& added, const std::vector<Member>& removed, const audit::Event& by) {
  if (added.empty() && removed.empty()) return {};
  TRY(touch_members(tx, group));
  audit::Event event = by;
  event.target_kind = "group";
  event.target = group;
  if (added.size() + removed.size() == 1) {
    const Member& one = added.empty() ? removed.front() : added.front();
    event.name = added.empty() ? Reason("group.member_removed") : Reason("group.member_added");
    event.detail.emplace_back(one.kind == MemberKind::group ? "group" : "person", one.id.text());
    return audit_.append(tx, event);
  }
  event.name = "group.members_changed";
  std::vector<audit::Event> events;
  const auto tell = [&](std::string_view what, std::span<const Member> members) {
    for (std::size_t i = 0; i < members.size(); i += told_at_once) {
      audit::Event& part = events.emplace_back(event);
      part.detail.emplace_back(what, joined(members.subspan(i, std::min(told_at_once, members.size() - i))));
    }
  };
  tell("removed", removed);
  tell("added", added);
  return audit_.append_all(tx, events);
}

Status Groups::add_member(store::Transaction& tx, const Id& group, const Id& person, const audit::Event& by) {
  TRY(change_members(tx, group, {.add = {{person, MemberKind::person}}}, by));
  return {};
}

Status Groups::remove_member(store::Transaction& tx, const Id& group, const Id& person, const audit::Event& by) {
  TRY(change_members(tx, group, {.remove = {{person, MemberKind::person}}}, by));
  return {};
}

Status Groups::add(store::Transaction& tx, const Id& group, const Id& member, const audit::Event& by) {
  const bool is_person = TRY(has_person(tx, member));
  TRY(change_members(tx, group, {.add = {{member, is_person ? MemberKind::person : MemberKind::group}}}, by));
  return {};
}

Status Groups::take_out(store::Transaction& tx, const Id& group, const Id& member, const audit::Event& by) {
  TRY(change_members(tx, group, {.remove = {{member, MemberKind::person}, {member, MemberKind::group}}}, by));
  return {};
}

Result<std::vector<Member>> Groups::as_members(store::Transaction& tx, std::span<const Id> ids) {
  const auto people = TRY(are_people(tx, ids));
  std::vector<Member> all;
  all.reserve(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) all.push_back({ids[i], people[i] ? MemberKind::person : MemberKind::group});
  return all;
}

Result<std::vector<Member>> Groups::members(store::Transaction& tx, const Id& group, std::optional<Id> after, std::size_t limit) {
  if (!TRY(has_group(tx, group))) return fail(Kind::not_found, "group_unknown");
  return select_members(tx, group, after.value_or(Id{}), bounded(limit, 500));
}

// The lists of all groups below are merged, each read only as far as the page goes: a page of a group with a hundred
// thousand people costs what a page costs.
Result<std::vector<EffectiveMember>> Groups::effective_members(store::Transaction& tx, const Id& group, std::optional<Id> after, std::size_t limit) {
  if (!TRY(has_group(tx, group))) return fail(Kind::not_found, "group_unknown");
  limit = bounded(limit, 500);
  std::vector<Source> sources{{group, {}}};
  for (const Id& below : TRY(select_groups_below(tx, group))) sources.push_back({below, {}});
  const std::size_t at_once = std::max<std::size_t>(limit / sources.size() + 1, 16);
  using Head = std::pair<Id, std::size_t>;  // the next of a source
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads;
  const auto advance = [&](std::size_t i, const Id& past) -> Status {
    Source& source = sources[i];
    if (source.next == source.people.size() && !source.last) {
      source.people = TRY(select_people_in(tx, source.group, past, at_once));
      source.next = 0;
      source.last = source.people.size() < at_once;
    }
    if (source.next < source.people.size()) heads.emplace(source.people[source.next++], i);
    return {};
  };
  for (std::size_t i = 0; i < sources.size(); ++i) TRY(advance(i, after.value_or(Id{})));
  std::vector<EffectiveMember> all;
  while (!heads.empty()) {
    const auto [person, from] = heads.top();
    if (all.empty() || all.back().person != person) {
      if (all.size() == limit) break;
      all.push_back({person, false});
    }
    if (from == 0) all.back().direct = true;
    heads.pop();
    TRY(advance(from, person));
  }
  return all;
}

namespace {

Result<std::vector<Membership>> named(const seal::TenantKey& key, const std::vector<MembershipRow>& rows) {
  std::vector<Membership> all;
  all.reserve(rows.size());
  for (const MembershipRow& row : rows) {
    all.push_back({row.group, TRY(key.open_text({"person_groups", "name", row.group.span()}, row.name)), row.direct});
  }
  return all;
}

}  // namespace

Result<std::vector<Membership>> Groups::of(store::Transaction& tx, const Id& person, std::optional<Id> after, std::size_t limit) {
  return named(*TRY(keys_.of(tx)), TRY(select_memberships(tx, person, after.value_or(Id{}), bounded(limit, 1000))));
}

Result<std::vector<Membership>> Groups::directly_of(store::Transaction& tx, const Id& person, std::optional<Id> after, std::size_t limit) {
  return named(*TRY(keys_.of(tx)), TRY(select_direct_memberships(tx, person, after.value_or(Id{}), bounded(limit, 1000))));
}

}  // namespace kidoban::directory
