#include "directory/directory.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "directory/directory_store.h"
#include "directory/profile.h"

namespace kidoban::directory {

namespace {

constexpr std::string_view login_index = "people.login";
constexpr std::string_view group_index = "person_groups.name";

seal::Place profile_of(const Id& id) { return {"people", "profile", id.span()}; }
seal::Place name_of(const Id& id) { return {"person_groups", "name", id.span()}; }

std::string_view word_of(PersonState state) {
  switch (state) {
    case PersonState::enabled: return "enabled";
    case PersonState::disabled: return "disabled";
    case PersonState::pending_deletion: return "pending_deletion";
  }
  return "";
}

Result<Person> open(const seal::TenantKey& key, const PersonRow& row) {
  const auto json = TRY(key.open_text(profile_of(row.id), row.profile));
  return Person{row.id, row.state, row.administrator, TRY(profile_from_json(json)), row.created_at, row.updated_at,
                row.version};
}

audit::Event about(audit::Event by, Reason name, std::string_view kind, const Id& target) {
  by.name = name;
  by.target_kind = kind;
  by.target = target;
  return by;
}

}  // namespace

Result<Person> Directory::create_person(store::Transaction& tx, const NewPerson& wanted, const audit::Event& by) {
  const auto profile = TRY(checked(wanted.profile));
  const auto key = TRY(keys_.of(tx));
  const Time now = clock_.now();
  const Id id = new_id(clock_, random_);
  const PersonRow row{id,  PersonState::enabled, wanted.administrator, key->seal(profile_of(id), profile_json(profile)),
                      now, now,                  1};
  TRY(insert_person(tx, row, key->blind_index(login_index, profile.login)));
  audit::Event event = about(by, "person.created", "person", id);
  event.detail.emplace_back("login", profile.login);
  event.detail.emplace_back("administrator", wanted.administrator ? "true" : "false");
  TRY(audit_.append(tx, event));
  return Person{id, row.state, row.administrator, profile, now, now, 1};
}

Result<std::optional<Person>> Directory::find_by_login(store::Transaction& tx, std::string_view typed_login) {
  const auto login = canonical_login(typed_login);
  if (!login) return std::nullopt;  // what can't be a login is nobody's
  const auto key = TRY(keys_.of(tx));
  const auto row = TRY(find_person(tx, key->blind_index(login_index, *login)));
  if (!row) return std::nullopt;
  return TRY(open(*key, *row));
}

Result<Person> Directory::get_person(store::Transaction& tx, const Id& id) {
  const auto row = TRY(select_person(tx, id));
  if (!row) return fail(Kind::not_found, "person_unknown");
  const auto key = TRY(keys_.of(tx));
  return open(*key, *row);
}

Status Directory::set_state(store::Transaction& tx, const Id& id, PersonState state, const audit::Event& by) {
  const auto before = TRY(select_person(tx, id));
  if (!before) return fail(Kind::not_found, "person_unknown");
  if (before->state == state) return {};
  TRY(update_state(tx, id, state, clock_.now()));
  audit::Event event = about(by, "person.state_changed", "person", id);
  event.detail.emplace_back("from", word_of(before->state));
  event.detail.emplace_back("to", word_of(state));
  return audit_.append(tx, event);
}

Result<std::vector<Person>> Directory::list_people(store::Transaction& tx, std::optional<Id> after, std::size_t limit) {
  const auto rows = TRY(select_people(tx, after.value_or(Id{}), std::clamp<std::size_t>(limit, 1, 500)));
  const auto key = TRY(keys_.of(tx));
  std::vector<Person> all;
  for (const PersonRow& row : rows) all.push_back(TRY(open(*key, row)));
  return all;
}

Result<Group> Directory::create_group(store::Transaction& tx, std::string_view name, const audit::Event& by) {
  name = trim(name);
  if (name.empty() || name.size() > limits::name_bytes || !is_plain_text(name)) {
    return fail(Kind::malformed, "name_malformed", "the group's name is empty, too long or not plain text");
  }
  const auto key = TRY(keys_.of(tx));
  const Id id = new_id(clock_, random_);
  TRY(insert_group(tx, {id, key->seal(name_of(id), name)}, key->blind_index(group_index, name)));
  TRY(audit_.append(tx, about(by, "group.created", "group", id)));
  return Group{id, std::string(name)};
}

Status Directory::add_member(store::Transaction& tx, const Id& group, const Id& person, const audit::Event& by) {
  if (!TRY(has_group(tx, group))) return fail(Kind::not_found, "group_unknown");
  if (!TRY(select_person(tx, person))) return fail(Kind::not_found, "person_unknown");
  if (!TRY(insert_member(tx, group, person))) return {};
  audit::Event event = about(by, "group.member_added", "group", group);
  event.detail.emplace_back("person", person.text());
  return audit_.append(tx, event);
}

Result<std::vector<Group>> Directory::groups_of(store::Transaction& tx, const Id& person) {
  const auto rows = TRY(select_groups_of(tx, person));
  const auto key = TRY(keys_.of(tx));
  std::vector<Group> all;
  for (const GroupRow& row : rows) all.push_back({row.id, TRY(key->open_text(name_of(row.id), row.name))});
  return all;
}

}  // namespace kidoban::directory
