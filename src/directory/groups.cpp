#include "directory/groups.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/limits.h"
#include "base/strict_json.h"
#include "base/text.h"
#include "directory/group_store.h"
#include "directory/profile.h"
#include "directory/names.h"

namespace kidoban::directory {

namespace {

namespace json = boost::json;

constexpr std::string_view name_index = "person_groups.name", external_id_index = "person_groups.external_id";

seal::Place name_of(const Id& id) { return {"person_groups", "name", id.span()}; }
seal::Place detail_of(const Id& id) { return {"person_groups", "detail", id.span()}; }

// The attributes that can be changed one by one, and what they are called in a record.
struct GroupAttribute {
  std::string_view name, name_before;
  std::string GroupAttributes::*value;
  std::optional<std::string> GroupChange::*wanted;
};
constexpr GroupAttribute said_of_groups[] = {
    {"name", "name_before", &GroupAttributes::name, &GroupChange::name},
    {"description", "description_before", &GroupAttributes::description, &GroupChange::description},
    {"mail", "mail_before", &GroupAttributes::mail, &GroupChange::mail},
    {"type", "type_before", &GroupAttributes::type, &GroupChange::type},
    {"external_id", "external_id_before", &GroupAttributes::external_id, &GroupChange::external_id},
    {"rule", "rule_before", &GroupAttributes::rule, &GroupChange::rule},
};

audit::Event about(audit::Event by, Reason name, const Id& group) {
  by.name = name;
  by.target_kind = "group";
  by.target = group;
  return by;
}

bool is_short_text(std::string_view text, std::size_t most) { return text.size() <= most && is_display_text(text); }

Result<GroupAttributes> checked(GroupAttributes typed) {
  typed.name = TRY(checked_name(typed.name));
  if (!is_short_text(typed.description, limits::description_bytes)) return fail(Kind::malformed, "description_malformed");
  if (!trim(typed.mail).empty()) typed.mail = TRY(mail_address(typed.mail));
  else typed.mail.clear();
  if (!is_short_text(typed.type, limits::group_type_bytes)) return fail(Kind::malformed, "group_type_malformed");
  if (!is_short_text(typed.external_id, limits::external_id_bytes)) return fail(Kind::malformed, "external_id_malformed");
  typed.rule = trim(typed.rule);
  return typed;
}

// An id begins with milliseconds (RFC 9562 §5.7).
Time made_at(const Id& id) {
  std::int64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | id.bytes[i];
  return from_us(ms * 1000);
}

// Everything but the name, which has a column of its own.
std::string detail_json(const GroupAttributes& group) {
  json::object detail;
  for (const GroupAttribute& one : said_of_groups) {
    if (one.name != "name" && !(group.*one.value).empty()) detail[one.name] = group.*one.value;
  }
  return json::serialize(detail);
}

Result<Group> open(const seal::TenantKey& key, const GroupRow& row) {
  Group group;
  group.id = row.id;
  group.name = TRY(key.open_text(name_of(row.id), row.name));
  if (row.detail) {
    const auto detail = strict_object(TRY(key.open_text(detail_of(row.id), *row.detail)));
    if (!detail) return fail(Kind::internal, "sealed_value_damaged", "what is said of a group");
    for (const GroupAttribute& one : said_of_groups) {
      if (const auto text = text_member(*detail, one.name)) group.*one.value = *text;
    }
  }
  group.created_at = row.created_at.value_or(made_at(row.id));
  group.updated_at = row.updated_at.value_or(group.created_at);
  group.version = row.version;
  group.members_version = row.members_version;
  return group;
}

GroupRow sealed(const seal::TenantKey& key, const Group& group) {
  return {group.id,         key.seal(name_of(group.id), group.name), key.seal(detail_of(group.id), detail_json(group)), !group.rule.empty(), group.created_at,
          group.updated_at, group.version, group.members_version};
}

GroupIndexes indexes_of(const seal::TenantKey& key, const Group& group) {
  GroupIndexes indexes{key.blind_index(name_index, group.name), std::nullopt};
  if (!group.external_id.empty()) indexes.external_id = key.blind_index(external_id_index, group.external_id);
  return indexes;
}

std::size_t bounded(std::size_t limit) { return std::clamp<std::size_t>(limit, 1, 500); }

}  // namespace

Result<Group> Groups::create(store::Transaction& tx, const GroupAttributes& wanted, const audit::Event& by) {
  Group group;
  static_cast<GroupAttributes&>(group) = TRY(checked(wanted));
  const auto key = TRY(keys_.of(tx));
  group.id = new_id(clock_, random_);
  group.created_at = group.updated_at = clock_.now();
  if (!group.rule.empty()) TRY(check_rule(tx, group.id, group.rule));
  TRY(insert_group(tx, sealed(*key, group), indexes_of(*key, group)));
  if (!group.rule.empty()) TRY(rule_changed(tx, group.id, group.rule));
  audit::Event event = about(by, "group.created", group.id);
  for (const GroupAttribute& one : said_of_groups) {
    if (!(group.*one.value).empty()) event.detail.emplace_back(one.name, group.*one.value);
  }
  TRY(audit_.append(tx, event));
  return group;
}

Result<Group> Groups::get(store::Transaction& tx, const Id& id) {
  const auto row = TRY(select_group(tx, id));
  if (!row) return fail(Kind::not_found, "group_unknown");
  const auto key = TRY(keys_.of(tx));
  return open(*key, *row);
}

Result<std::optional<Group>> Groups::find_by_name(store::Transaction& tx, std::string_view name) {
  const auto key = TRY(keys_.of(tx));
  const auto row = TRY(select_group_named(tx, key->blind_index(name_index, trim(name))));
  if (!row) return std::nullopt;
  return TRY(open(*key, *row));
}

Result<std::vector<Group>> Groups::find_by_external_id(store::Transaction& tx, std::string_view external_id) {
  const auto key = TRY(keys_.of(tx));
  return opened(tx, TRY(select_groups_with_external_id(tx, key->blind_index(external_id_index, external_id))));
}

Result<std::vector<Group>> Groups::list(store::Transaction& tx, std::optional<Id> after, std::size_t limit) {
  return opened(tx, TRY(select_groups(tx, after.value_or(Id{}), bounded(limit))));
}

Result<Group> Groups::change(store::Transaction& tx, const Id& id, const GroupChange& change, std::optional<std::int64_t> version,
                             const audit::Event& by) {
  auto before = TRY(get(tx, id));
  if (version && *version != before.version) return fail(Kind::conflict, "version_changed");
  Group after = before;
  for (const GroupAttribute& one : said_of_groups) {
    if (change.*one.wanted) after.*one.value = *(change.*one.wanted);
  }
  static_cast<GroupAttributes&>(after) = TRY(checked(after));
  audit::Event event = about(by, "group.changed", id);
  const std::size_t of_the_asker = event.detail.size();
  for (const GroupAttribute& one : said_of_groups) {
    if (after.*one.value == before.*one.value) continue;
    event.detail.emplace_back(one.name, after.*one.value);
    event.detail.emplace_back(one.name_before, before.*one.value);
  }
  if (event.detail.size() == of_the_asker) return before;
  const auto key = TRY(keys_.of(tx));
  after.updated_at = clock_.now();
  after.version = before.version + 1;
  const bool is_new_rule = after.rule != before.rule;
  if (is_new_rule && !after.rule.empty()) TRY(check_rule(tx, id, after.rule));
  TRY(update_group(tx, sealed(*key, after), indexes_of(*key, after)));
  if (is_new_rule) TRY(rule_changed(tx, id, after.rule));
  TRY(audit_.append(tx, event));
  return after;
}

Status Groups::remove(store::Transaction& tx, const Id& id, std::optional<std::int64_t> version, const audit::Event& by) {
  const auto group = TRY(get(tx, id));
  if (version && *version != group.version) return fail(Kind::conflict, "version_changed");
  if (!group.rule.empty()) TRY(rule_changed(tx, id, {}));
  TRY(delete_group_rows(tx, id));
  audit::Event event = about(by, "group.deleted", id);
  event.detail.emplace_back("name", group.name);
  return audit_.append(tx, event);
}

Result<std::vector<Group>> Groups::opened(store::Transaction& tx, const std::vector<GroupRow>& rows) {
  const auto key = TRY(keys_.of(tx));
  std::vector<Group> all;
  for (const GroupRow& row : rows) all.push_back(TRY(open(*key, row)));
  return all;
}

}  // namespace kidoban::directory
