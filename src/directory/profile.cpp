#include "directory/profile.h"

#include <array>
#include <boost/json.hpp>

namespace kidoban::directory {

namespace json = boost::json;

namespace {

Failure of_another_type(std::string_view name, AttributeType type) {
  return fail(Kind::malformed, "attribute_type", std::string(name) + " is a " + std::string(word_of(type)));
}

std::optional<Contact> contact_from(const json::value& value) {
  if (!value.is_object()) return std::nullopt;
  Contact out;
  for (const auto& member : value.get_object()) {
    const std::string_view name = member.key();
    if (name == "primary" && member.value().is_bool()) {
      out.primary = member.value().get_bool();
      continue;
    }
    std::string* place = name == "value" ? &out.value : name == "type" ? &out.type : name == "display" ? &out.display : nullptr;
    if (place == nullptr || !member.value().is_string()) return std::nullopt;
    *place = std::string(member.value().get_string());
  }
  return out;
}

Result<Value> contacts_from(std::string_view name, const json::value& value) {
  if (!value.is_array()) return of_another_type(name, AttributeType::contacts);
  Contacts all;
  for (const auto& one : value.get_array()) {
    auto contact = contact_from(one);
    if (!contact) return of_another_type(name, AttributeType::contacts);
    all.push_back(std::move(*contact));
  }
  return Value(std::move(all));
}

Result<Value> texts_from(std::string_view name, const json::value& value) {
  if (!value.is_array()) return of_another_type(name, AttributeType::texts);
  std::vector<std::string> all;
  for (const auto& one : value.get_array()) {
    if (!one.is_string()) return of_another_type(name, AttributeType::texts);
    all.emplace_back(one.get_string());
  }
  return Value(std::move(all));
}

// What kind of value it is shows in its JSON: a custom attribute is read back without its tenant's declarations.
Value custom_from(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_bool()) return value.get_bool();
  if (value.is_int64()) return value.get_int64();
  if (value.is_array()) {
    if (auto texts = texts_from({}, value)) return std::move(*texts);
  }
  return {};
}

// Where it belongs, of the type it was written with; false for anything else.
bool read_into(Profile& profile, const Attribute& attribute, const json::value& value) {
  if (const auto* text = std::get_if<std::string Profile::*>(&attribute.place)) {
    if (!value.is_string()) return false;
    profile.**text = std::string_view(value.get_string());
    return true;
  }
  auto read = contacts_from(attribute.name, value);
  if (read) profile.*std::get<Contacts Profile::*>(attribute.place) = std::get<Contacts>(std::move(*read));
  return read.has_value();
}

Failure damaged() { return fail(Kind::internal, "sealed_value_damaged", "a person's profile"); }

}  // namespace

namespace {

struct Writer {
  json::storage_ptr memory;
  json::value operator()(std::monostate) const { return nullptr; }
  json::value operator()(const std::string& text) const { return json::value(json::string_view(text), memory); }
  json::value operator()(bool yes) const { return yes; }
  json::value operator()(std::int64_t number) const { return number; }
  json::value operator()(const std::vector<std::string>& texts) const {
    json::array all(memory);
    for (const auto& one : texts) all.emplace_back(one);
    return all;
  }
  json::value operator()(const Contacts& contacts) const {
    json::array all(memory);
    for (const Contact& one : contacts) {
      json::object object({{"value", one.value}}, memory);
      if (!one.type.empty()) object["type"] = one.type;
      if (!one.display.empty()) object["display"] = one.display;
      if (one.primary) object["primary"] = true;
      all.push_back(std::move(object));
    }
    return all;
  }
};

}  // namespace

json::value json_of(const Value& value, json::storage_ptr memory) { return std::visit(Writer{std::move(memory)}, value); }

json::value json_of(const Profile& profile, const Attribute& attribute, json::storage_ptr memory) {
  return std::visit(
      [&](auto place) -> json::value {
        const auto& value = profile.*place;
        if (value.empty()) return nullptr;
        return Writer{std::move(memory)}(value);
      },
      attribute.place);
}

Result<Value> value_from_json(std::string_view name, AttributeType type, const json::value& value) {
  if (value.is_null()) return Value();
  switch (type) {
    case AttributeType::text:
    case AttributeType::date:
    case AttributeType::person:
      if (!value.is_string()) return of_another_type(name, type);
      return Value(std::string(value.get_string()));
    case AttributeType::flag:
      if (!value.is_bool()) return of_another_type(name, type);
      return Value(value.get_bool());
    case AttributeType::number:
      if (!value.is_int64()) return of_another_type(name, type);
      return Value(value.get_int64());
    case AttributeType::texts: return texts_from(name, value);
    case AttributeType::contacts: return contacts_from(name, value);
  }
  return of_another_type(name, type);
}

std::string profile_json(const Profile& profile) {
  std::array<unsigned char, 8192> room;  // NOLINT: written before it is read
  json::monotonic_resource memory(room.data(), room.size());
  json::object out(&memory);
  out.reserve(attributes().size() + 2);
  for (const Attribute& one : attributes()) {
    auto value = json_of(profile, one, &memory);
    if (!value.is_null()) out.emplace(one.name, std::move(value));
  }
  if (profile.email_verified) out.emplace("email_verified", true);
  if (!profile.custom.empty()) {
    json::object custom(&memory);
    for (const auto& [name, value] : profile.custom) custom.emplace(name, json_of(value, &memory));
    out.emplace("custom", std::move(custom));
  }
  return json::serialize(out);
}

Result<Profile> profile_from_json(std::string_view text) {
  // Read a million times where a tenant's people are searched: most profiles need no more room than this.
  std::array<unsigned char, 8192> room;  // NOLINT: written before it is read
  json::monotonic_resource memory(room.data(), room.size());
  boost::system::error_code error;
  const auto value = json::parse({text.data(), text.size()}, error, &memory);
  if (error || !value.is_object()) return damaged();
  Profile out;
  for (const auto& member : value.get_object()) {
    const std::string_view name = member.key();
    if (name == "email_verified") {
      out.email_verified = member.value().is_bool() && member.value().get_bool();
    } else if (name == "custom") {
      if (!member.value().is_object()) return damaged();
      for (const auto& one : member.value().get_object()) out.custom[std::string(one.key())] = custom_from(one.value());
    } else if (const Attribute* known = attribute_named(name)) {
      if (!read_into(out, *known, member.value())) return damaged();
    }
  }
  return out;
}

}  // namespace kidoban::directory
