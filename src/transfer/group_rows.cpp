// Rows of files of groups and of members.

#include "base/text.h"
#include "transfer/planner.h"

namespace kidoban::transfer {

namespace {

using directory::Group, directory::GroupChange, directory::Member, directory::MemberKind;

// What a file says of a group, by its columns.
struct Told {
  std::string_view column;
  std::string directory::GroupAttributes::*attribute;
  std::optional<std::string> GroupChange::*change;
};
constexpr Told told_of_groups[] = {
    {"name", &directory::GroupAttributes::name, &GroupChange::name},
    {"description", &directory::GroupAttributes::description, &GroupChange::description},
    {"mail", &directory::GroupAttributes::mail, &GroupChange::mail},
    {"type", &directory::GroupAttributes::type, &GroupChange::type},
    {"external_id", &directory::GroupAttributes::external_id, &GroupChange::external_id},
};

Result<std::optional<Group>> by_id(store::Transaction& tx, const Ground& ground, const Id& id) {
  auto group = ground.directory.groups().get(tx, id);
  if (group) return std::optional(std::move(*group));
  if (group.error().kind == Kind::not_found) return std::nullopt;
  return std::unexpected(std::move(group.error()));
}

Plan begun(const FileRow& row) {
  Plan plan;
  plan.outcome.row = row.number;
  plan.outcome.line = row.line;
  return plan;
}

}  // namespace

Result<Plan> plan_group(store::Transaction& tx, const Ground& ground, const FileRow& row) {
  Plan plan = begun(row);
  RowReader cells(ground, row, plan.outcome);
  const auto name_column = ground.columns.find("name"), id_column = ground.columns.find(Role::id);
  const std::string name(cells.text(name_column));
  plan.outcome.who = name;
  std::optional<Group> group;
  if (const auto text = cells.text(id_column); !text.empty()) {
    const auto id = Id::parse(text);
    if (id) group = TRY(by_id(tx, ground, *id));
    if (!group) cells.fault(id_column, "group_unknown");
  } else if (!name.empty()) {
    group = TRY(ground.directory.groups().find_by_name(tx, name));
  } else {
    cells.fault(name_column, "name_missing");
  }
  if (group) plan.outcome.who = group->name;
  plan.key = group ? group->name : name;
  const bool remove = cells.flag(Role::remove, false), update_only = cells.flag(Role::update_only, false);
  if (!cells.is_good()) return plan;
  auto& groups = ground.directory.groups();
  if (remove) {
    if (!group) return plan;
    plan.outcome.kind = Outcome::Kind::remove;
    plan.act = [&groups, id = group->id](store::Transaction& in, const audit::Event& by) { return groups.remove(in, id, std::nullopt, by); };
    return plan;
  }
  if (!group && update_only) return plan;
  directory::GroupAttributes wanted = group ? static_cast<const directory::GroupAttributes&>(*group) : directory::GroupAttributes{};
  GroupChange change;
  for (const Told& one : told_of_groups) {
    const auto column = ground.columns.find(one.column);
    const std::string text(cells.text(column));
    if (!column || text == wanted.*one.attribute || (text.empty() && one.column == "name")) continue;
    plan.outcome.changed.push_back({std::string(one.column), wanted.*one.attribute, text});
    wanted.*one.attribute = text;
    change.*one.change = text;
  }
  if (!group) {
    plan.outcome.kind = Outcome::Kind::create;
    plan.act = [&groups, wanted](store::Transaction& in, const audit::Event& by) -> Status {
      TRY(groups.create(in, wanted, by));
      return {};
    };
  } else if (!plan.outcome.changed.empty()) {
    plan.outcome.kind = Outcome::Kind::update;
    plan.act = [&groups, id = group->id, change](store::Transaction& in, const audit::Event& by) -> Status {
      TRY(groups.change(in, id, change, std::nullopt, by));
      return {};
    };
  }
  return plan;
}

Result<Plan> plan_member(store::Transaction& tx, const Ground& ground, const FileRow& row) {
  Plan plan = begun(row);
  RowReader cells(ground, row, plan.outcome);
  auto& groups = ground.directory.groups();
  const auto group_column = ground.columns.find(Role::group), login_column = ground.columns.find("login");
  const auto inner_column = ground.columns.find("member_group");
  const std::string name(cells.text(group_column)), login(cells.text(login_column)), inner(cells.text(inner_column));
  plan.outcome.who = name + " / " + (login.empty() ? inner : login);
  const auto group = name.empty() ? std::optional<Group>() : TRY(groups.find_by_name(tx, name));
  if (!group) cells.fault(group_column, name.empty() ? "group_missing" : "group_unknown");
  std::optional<Member> member;
  if (login.empty() == inner.empty()) {
    cells.fault(login.empty() ? login_column : inner_column, login.empty() ? "login_missing" : "member_ambiguous");
  } else if (!login.empty()) {
    const auto canonical = ground.known == nullptr ? directory::canonical_login(login) : ground.known->login_of(login);
    const auto person = canonical ? TRY(find_person(tx, ground, *canonical)) : std::nullopt;
    if (person) member = Member{person->id, MemberKind::person};
    else cells.fault(login_column, "person_unknown");
  } else {
    const auto within = TRY(groups.find_by_name(tx, inner));
    if (within) member = Member{within->id, MemberKind::group};
    else cells.fault(inner_column, "group_unknown");
  }
  const bool remove = cells.flag(Role::remove, false);
  if (!cells.is_good() || !group || !member) return plan;
  plan.key = group->id.text() + member->id.text();
  // The member right behind the id before theirs: them, or somebody else.
  Id before = member->id;
  for (std::size_t i = before.bytes.size(); i-- > 0 && before.bytes[i]-- == 0;) {}
  const auto there = TRY(groups.members(tx, group->id, before, 1));
  const bool is_in = !there.empty() && there.front().id == member->id;
  if (is_in != remove) return plan;
  plan.outcome.kind = remove ? Outcome::Kind::remove : Outcome::Kind::create;
  plan.act = [&groups, id = group->id, member = *member, remove](store::Transaction& in, const audit::Event& by) -> Status {
    directory::MemberChange change;
    (remove ? change.remove : change.add).push_back(member);
    TRY(groups.change_members(in, id, change, by));
    return {};
  };
  return plan;
}

}  // namespace kidoban::transfer
