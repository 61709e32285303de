#include "provisioning/scim_server/user_json.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/text.h"
#include "directory/profile.h"
#include "provisioning/scim_server/shape.h"

namespace kidoban::scim {

namespace json = boost::json;
using directory::Contact, directory::Contacts, directory::Profile;

namespace {

// The single texts: where they stand in a resource.
struct Text {
  std::string_view urn, name, sub;  // urn "" for the core
  std::string Profile::*place;
};
constexpr std::array texts{
    Text{"", "userName", "", &Profile::login},
    Text{"", "externalId", "", &Profile::external_id},
    Text{"", "displayName", "", &Profile::display_name},
    Text{"", "name", "familyName", &Profile::family_name},
    Text{"", "name", "givenName", &Profile::given_name},
    Text{"", "title", "", &Profile::title},
    Text{"", "preferredLanguage", "", &Profile::locale},
    Text{"", "timezone", "", &Profile::zoneinfo},
    Text{enterprise_urn, "employeeNumber", "", &Profile::employee_number},
    Text{enterprise_urn, "department", "", &Profile::department},
    Text{enterprise_urn, "organization", "", &Profile::organization},
    Text{enterprise_urn, "manager", "value", &Profile::manager},
    Text{our_user_urn, "familyNameKana", "", &Profile::family_name_kana},
    Text{our_user_urn, "givenNameKana", "", &Profile::given_name_kana},
    Text{our_user_urn, "linkingId", "", &Profile::linking_id},
    Text{our_user_urn, "privateEmail", "", &Profile::private_email},
    Text{our_user_urn, "privatePhone", "", &Profile::private_phone},
};
struct List {
  std::string_view name;
  Contacts Profile::*place;
};
constexpr std::array lists{List{"phoneNumbers", &Profile::phones}, List{"ims", &Profile::ims}, List{"entitlements", &Profile::entitlements}};

json::object& inner(json::object& in, std::string_view name) {
  auto& value = in[name];
  if (!value.is_object()) value = json::object();
  return value.get_object();
}

const json::object* object_in(const json::object& in, std::string_view name) {
  const auto* value = in.if_contains(name);
  return value != nullptr && value->is_object() ? &value->get_object() : nullptr;
}

std::string text_in(const json::object& in, std::string_view name) {
  const auto* value = in.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool flag_in(const json::object& in, std::string_view name) {
  const auto* value = in.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

json::object told(const Contact& one) {
  json::object out{{"value", one.value}};
  if (!one.display.empty()) out["display"] = one.display;
  if (!one.type.empty()) out["type"] = one.type;
  if (one.primary) out["primary"] = true;
  return out;
}

Contacts contacts_in(const json::object& in, std::string_view name) {
  Contacts out;
  const auto* value = in.if_contains(name);
  if (value == nullptr || !value->is_array()) return out;
  for (const auto& one : value->get_array()) {
    if (!one.is_object()) continue;
    const auto& o = one.get_object();
    out.push_back({text_in(o, "value"), text_in(o, "type"), text_in(o, "display"), flag_in(o, "primary")});
  }
  return out;
}

// The mails go to the primary one; where none says so, to the one for work; else to the first.
void read_emails(Contacts all, Profile& profile) {
  auto chosen = std::ranges::find_if(all, &Contact::primary);
  if (chosen == all.end()) chosen = std::ranges::find_if(all, [](const Contact& one) { return ascii_iequals(one.type, "work"); });
  if (chosen == all.end()) chosen = all.begin();
  profile.email = chosen == all.end() ? std::string() : chosen->value;
  if (chosen != all.end()) all.erase(chosen);
  for (Contact& one : all) one.primary = false;
  profile.other_emails = std::move(all);
}

Result<std::optional<Time>> time_in(const json::object* in, std::string_view name) {
  const std::string text = in == nullptr ? std::string() : text_in(*in, name);
  if (text.empty()) return std::nullopt;
  const auto at = directory::instant_of(text);
  if (!at) return fail(Kind::malformed, "value_malformed", std::string(name));
  return *at;
}

}  // namespace

json::object user_json(const directory::Person& person, const directory::Schema& schema, const std::string& base) {
  const Profile& p = person.profile;
  json::object out{{"id", person.id.text()}};
  for (const Text& one : texts) {
    if ((p.*one.place).empty()) continue;
    json::object& holder = one.urn.empty() ? out : inner(out, one.urn);
    if (one.sub.empty()) holder[one.name] = p.*one.place;
    else inner(holder, one.name)[one.sub] = p.*one.place;
  }
  inner(out, "name")["formatted"] = p.display_name;
  if (!p.manager.empty()) inner(inner(out, enterprise_urn), "manager")["$ref"] = base + "/Users/" + p.manager;
  json::array emails{json::object{{"value", p.email}, {"type", "work"}, {"primary", true}}};
  for (const Contact& one : p.other_emails) emails.push_back(told(one));
  out["emails"] = std::move(emails);
  for (const List& one : lists) {
    json::array items;
    for (const Contact& contact : p.*one.place) items.push_back(told(contact));
    if (!items.empty()) out[one.name] = std::move(items);
  }
  if (person.valid_from) inner(out, our_user_urn)["validFrom"] = rfc3339(to_us(*person.valid_from));
  if (person.valid_until) inner(out, our_user_urn)["validUntil"] = rfc3339(to_us(*person.valid_until));
  for (const auto& one : schema.custom) {
    auto value = directory::json_of(directory::value_of(p, std::string(directory::custom_prefix) + one.name));
    if (!is_nothing(value)) inner(inner(out, our_user_urn), "custom")[one.name] = std::move(value);
  }
  out["active"] = person.state == directory::PersonState::enabled;
  json::array schemas{user_urn};
  for (const std::string_view urn : {enterprise_urn, our_user_urn}) {
    if (out.contains(urn)) schemas.push_back(json::value(urn));
  }
  out["schemas"] = std::move(schemas);
  return out;
}

Result<WantedUser> wanted_user(const json::object& resource, const Profile& before, const directory::Schema& schema) {
  WantedUser out;
  out.profile.email_verified = before.email_verified;
  for (const auto& [name, value] : before.custom) {
    if (std::ranges::find(schema.custom, name, &directory::CustomAttribute::name) == schema.custom.end()) out.profile.custom.emplace(name, value);
  }
  for (const Text& one : texts) {
    const json::object* holder = one.urn.empty() ? &resource : object_in(resource, one.urn);
    if (holder != nullptr && !one.sub.empty()) holder = object_in(*holder, one.name);
    if (holder != nullptr) out.profile.*one.place = text_in(*holder, one.sub.empty() ? one.name : one.sub);
  }
  Profile& p = out.profile;
  if (p.login.empty()) return fail(Kind::malformed, "value_malformed", "userName is required");
  std::ranges::replace(p.locale, '_', '-');  // ja_JP, as POSIX writes it
  if (p.display_name.empty()) {
    const auto* name = object_in(resource, "name");
    p.display_name = name == nullptr ? std::string() : text_in(*name, "formatted");
    if (p.display_name.empty()) p.display_name = std::string(trim(p.given_name + " " + p.family_name));
    if (p.display_name.empty()) p.display_name = p.login;
  }
  read_emails(contacts_in(resource, "emails"), p);
  for (const List& one : lists) p.*one.place = contacts_in(resource, one.name);
  const auto* ours = object_in(resource, our_user_urn);
  out.valid_from = TRY(time_in(ours, "validFrom"));
  out.valid_until = TRY(time_in(ours, "validUntil"));
  if (const auto* custom = ours == nullptr ? nullptr : object_in(*ours, "custom")) {
    for (const auto& one : schema.custom) {
      const auto* value = custom->if_contains(one.name);
      if (value == nullptr) continue;
      const std::string name = std::string(directory::custom_prefix) + one.name;
      TRY(directory::set_value(p, name, TRY(directory::value_from_json(name, one.type, *value)), schema.custom));
    }
  }
  if (resource.contains("active")) out.active = flag_in(resource, "active");
  out.has_password = resource.contains("password");
  return out;
}

directory::Change change_between(const directory::Person& before, const WantedUser& wanted, const directory::Schema& schema) {
  directory::Change change;
  const auto compare = [&](const std::string& name) {
    auto is = directory::value_of(wanted.profile, name);
    if (directory::value_of(before.profile, name) != is) change.attributes.emplace(name, std::move(is));
  };
  for (const auto& one : directory::attributes()) compare(std::string(one.name));
  for (const auto& one : schema.custom) compare(std::string(directory::custom_prefix) + one.name);
  if (wanted.active && *wanted.active != (before.state == directory::PersonState::enabled)) {
    change.state = *wanted.active ? directory::PersonState::enabled : directory::PersonState::disabled;
  }
  if (wanted.valid_from != before.valid_from) change.valid_from = wanted.valid_from;
  if (wanted.valid_until != before.valid_until) change.valid_until = wanted.valid_until;
  return change;
}

}  // namespace kidoban::scim
