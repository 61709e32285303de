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

std::string_view word_of(bool yes) { return yes ? "true" : "false"; }

// The attributes that can be changed one by one, and what they are called in a record.
struct Attribute {
  std::string_view name, name_before;
  std::string Profile::*value;
  std::optional<std::string> Change::*wanted;
};
constexpr Attribute attributes[] = {
    {"login", "login_before", &Profile::login, &Change::login},
    {"display_name", "display_name_before", &Profile::display_name, &Change::display_name},
    {"given_name", "given_name_before", &Profile::given_name, &Change::given_name},
    {"family_name", "family_name_before", &Profile::family_name, &Change::family_name},
    {"email", "email_before", &Profile::email, &Change::email},
    {"locale", "locale_before", &Profile::locale, &Change::locale},
    {"zoneinfo", "zoneinfo_before", &Profile::zoneinfo, &Change::zoneinfo},
};

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

Result<std::string_view> group_name(std::string_view typed) {
  const std::string_view name = trim(typed);
  if (!name.empty() && name.size() <= limits::name_bytes && is_display_text(name)) return name;
  return fail(Kind::malformed, "name_malformed", "the group's name is empty, too long or not plain text");
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

Result<Person> Directory::change_person(store::Transaction& tx, const Id& id, const Change& change,
                                        std::optional<std::int64_t> version, const audit::Event& by) {
  auto before = TRY(get_person(tx, id));
  if (version && *version != before.version) return fail(Kind::conflict, "version_changed");
  Person after = before;
  for (const Attribute& one : attributes) {
    if (change.*one.wanted) after.profile.*one.value = *(change.*one.wanted);
  }
  after.administrator = change.administrator.value_or(before.administrator);
  after.state = change.state.value_or(before.state);
  after.profile = TRY(checked(after.profile));
  if (after.profile.email != before.profile.email) after.profile.email_verified = false;
  audit::Event event = about(by, "person.changed", "person", id);
  const auto told = [&](std::string_view name, std::string_view name_before, std::string_view was, std::string_view is) {
    if (was == is) return;
    event.detail.emplace_back(name, is);
    event.detail.emplace_back(name_before, was);
  };
  for (const Attribute& one : attributes) told(one.name, one.name_before, before.profile.*one.value, after.profile.*one.value);
  told("administrator", "administrator_before", word_of(before.administrator), word_of(after.administrator));
  told("state", "state_before", word_of(before.state), word_of(after.state));
  if (event.detail.empty()) return before;
  const bool administered = before.administrator && before.state == PersonState::enabled;
  const bool administers = after.administrator && after.state == PersonState::enabled;
  if (administered && !administers && !TRY(has_other_administrator(tx, id))) return fail(Kind::conflict, "last_administrator");
  const auto key = TRY(keys_.of(tx));
  after.updated_at = clock_.now();
  after.version = before.version + 1;
  TRY(update_person(tx, {id, after.state, after.administrator, key->seal(profile_of(id), profile_json(after.profile)), after.created_at, after.updated_at, after.version},
                    key->blind_index(login_index, after.profile.login)));
  TRY(audit_.append(tx, event));
  return after;
}

Result<std::vector<Person>> Directory::list_people(store::Transaction& tx, std::optional<Id> after, std::size_t limit) {
  const auto rows = TRY(select_people(tx, after.value_or(Id{}), std::clamp<std::size_t>(limit, 1, 500)));
  const auto key = TRY(keys_.of(tx));
  std::vector<Person> all;
  for (const PersonRow& row : rows) all.push_back(TRY(open(*key, row)));
  return all;
}

Result<Group> Directory::create_group(store::Transaction& tx, std::string_view name, const audit::Event& by) {
  name = TRY(group_name(name));
  const auto key = TRY(keys_.of(tx));
  const Id id = new_id(clock_, random_);
  TRY(insert_group(tx, {id, key->seal(name_of(id), name)}, key->blind_index(group_index, name)));
  TRY(audit_.append(tx, about(by, "group.created", "group", id)));
  return Group{id, std::string(name)};
}

Result<Group> Directory::get_group(store::Transaction& tx, const Id& id) {
  const auto row = TRY(select_group(tx, id));
  if (!row) return fail(Kind::not_found, "group_unknown");
  const auto key = TRY(keys_.of(tx));
  return Group{id, TRY(key->open_text(name_of(id), row->name))};
}

Result<std::vector<Group>> Directory::list_groups(store::Transaction& tx, std::optional<Id> after, std::size_t limit) {
  return opened(tx, TRY(select_groups(tx, after.value_or(Id{}), std::clamp<std::size_t>(limit, 1, 500))));
}

Result<Group> Directory::rename_group(store::Transaction& tx, const Id& id, std::string_view typed, const audit::Event& by) {
  auto before = TRY(get_group(tx, id));
  const auto name = TRY(group_name(typed));
  if (name == before.name) return before;
  const auto key = TRY(keys_.of(tx));
  TRY(update_group(tx, {id, key->seal(name_of(id), name)}, key->blind_index(group_index, name)));
  audit::Event event = about(by, "group.renamed", "group", id);
  event.detail.emplace_back("name", name);
  event.detail.emplace_back("name_before", before.name);
  TRY(audit_.append(tx, event));
  return Group{id, std::string(name)};
}

Status Directory::delete_group(store::Transaction& tx, const Id& id, const audit::Event& by) {
  const auto group = TRY(get_group(tx, id));
  TRY(delete_group_rows(tx, id));
  audit::Event event = about(by, "group.deleted", "group", id);
  event.detail.emplace_back("name", group.name);
  return audit_.append(tx, event);
}

Status Directory::remove_member(store::Transaction& tx, const Id& group, const Id& person, const audit::Event& by) {
  if (!TRY(has_group(tx, group))) return fail(Kind::not_found, "group_unknown");
  if (!TRY(delete_member(tx, group, person))) return {};
  audit::Event event = about(by, "group.member_removed", "group", group);
  event.detail.emplace_back("person", person.text());
  return audit_.append(tx, event);
}

Result<std::vector<Id>> Directory::members_of(store::Transaction& tx, const Id& group, std::optional<Id> after, std::size_t limit) {
  if (!TRY(has_group(tx, group))) return fail(Kind::not_found, "group_unknown");
  return select_members(tx, group, after.value_or(Id{}), std::clamp<std::size_t>(limit, 1, 500));
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
  return opened(tx, TRY(select_groups_of(tx, person)));
}

Result<std::vector<Group>> Directory::opened(store::Transaction& tx, const std::vector<GroupRow>& rows) {
  const auto key = TRY(keys_.of(tx));
  std::vector<Group> all;
  for (const GroupRow& row : rows) all.push_back({row.id, TRY(key->open_text(name_of(row.id), row.name))});
  return all;
}

}  // namespace kidoban::directory
