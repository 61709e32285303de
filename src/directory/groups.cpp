#include "directory/groups.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "directory/directory_store.h"
#include "directory/group_store.h"

namespace kidoban::directory {

namespace {

constexpr std::string_view group_index = "person_groups.name";

seal::Place name_of(const Id& id) { return {"person_groups", "name", id.span()}; }

audit::Event about(audit::Event by, Reason name, const Id& group) {
  by.name = name;
  by.target_kind = "group";
  by.target = group;
  return by;
}

Result<std::string_view> group_name(std::string_view typed) {
  const std::string_view name = trim(typed);
  if (!name.empty() && name.size() <= limits::name_bytes && is_display_text(name)) return name;
  return fail(Kind::malformed, "name_malformed", "the group's name is empty, too long or not plain text");
}

}  // namespace

Result<Group> Groups::create(store::Transaction& tx, std::string_view name, const audit::Event& by) {
  name = TRY(group_name(name));
  const auto key = TRY(keys_.of(tx));
  const Id id = new_id(clock_, random_);
  TRY(insert_group(tx, {id, key->seal(name_of(id), name)}, key->blind_index(group_index, name)));
  TRY(audit_.append(tx, about(by, "group.created", id)));
  return Group{id, std::string(name)};
}

Result<Group> Groups::get(store::Transaction& tx, const Id& id) {
  const auto row = TRY(select_group(tx, id));
  if (!row) return fail(Kind::not_found, "group_unknown");
  const auto key = TRY(keys_.of(tx));
  return Group{id, TRY(key->open_text(name_of(id), row->name))};
}

Result<std::vector<Group>> Groups::list(store::Transaction& tx, std::optional<Id> after, std::size_t limit) {
  return opened(tx, TRY(select_groups(tx, after.value_or(Id{}), std::clamp<std::size_t>(limit, 1, 500))));
}

Result<Group> Groups::rename(store::Transaction& tx, const Id& id, std::string_view typed, const audit::Event& by) {
  auto before = TRY(get(tx, id));
  const auto name = TRY(group_name(typed));
  if (name == before.name) return before;
  const auto key = TRY(keys_.of(tx));
  TRY(update_group(tx, {id, key->seal(name_of(id), name)}, key->blind_index(group_index, name)));
  audit::Event event = about(by, "group.renamed", id);
  event.detail.emplace_back("name", name);
  event.detail.emplace_back("name_before", before.name);
  TRY(audit_.append(tx, event));
  return Group{id, std::string(name)};
}

Status Groups::remove(store::Transaction& tx, const Id& id, const audit::Event& by) {
  const auto group = TRY(get(tx, id));
  TRY(delete_group_rows(tx, id));
  audit::Event event = about(by, "group.deleted", id);
  event.detail.emplace_back("name", group.name);
  return audit_.append(tx, event);
}

Status Groups::remove_member(store::Transaction& tx, const Id& group, const Id& person, const audit::Event& by) {
  if (!TRY(has_group(tx, group))) return fail(Kind::not_found, "group_unknown");
  if (!TRY(delete_member(tx, group, person))) return {};
  audit::Event event = about(by, "group.member_removed", group);
  event.detail.emplace_back("person", person.text());
  return audit_.append(tx, event);
}

Result<std::vector<Id>> Groups::members(store::Transaction& tx, const Id& group, std::optional<Id> after, std::size_t limit) {
  if (!TRY(has_group(tx, group))) return fail(Kind::not_found, "group_unknown");
  return select_members(tx, group, after.value_or(Id{}), std::clamp<std::size_t>(limit, 1, 500));
}

Status Groups::add_member(store::Transaction& tx, const Id& group, const Id& person, const audit::Event& by) {
  if (!TRY(has_group(tx, group))) return fail(Kind::not_found, "group_unknown");
  if (!TRY(select_person(tx, person))) return fail(Kind::not_found, "person_unknown");
  if (!TRY(insert_member(tx, group, person))) return {};
  audit::Event event = about(by, "group.member_added", group);
  event.detail.emplace_back("person", person.text());
  return audit_.append(tx, event);
}

Result<std::vector<Group>> Groups::of(store::Transaction& tx, const Id& person) {
  return opened(tx, TRY(select_groups_of(tx, person)));
}

Result<std::vector<Group>> Groups::opened(store::Transaction& tx, const std::vector<GroupRow>& rows) {
  const auto key = TRY(keys_.of(tx));
  std::vector<Group> all;
  for (const GroupRow& row : rows) all.push_back({row.id, TRY(key->open_text(name_of(row.id), row.name))});
  return all;
}

}  // namespace kidoban::directory
