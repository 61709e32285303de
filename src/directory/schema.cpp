#include "directory/schema.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/limits.h"
#include "base/strict_json.h"
#include "base/text.h"

namespace kidoban::directory {

namespace json = boost::json;

namespace {

constexpr std::array types{AttributeType::text, AttributeType::flag, AttributeType::number, AttributeType::date, AttributeType::texts};
constexpr std::string_view ours[] = {"private_email", "private_phone", "locale", "zoneinfo"};

Failure refused(Reason reason, std::string_view what) { return fail(Kind::malformed, reason, std::string(what)); }

bool is_attribute_name(std::string_view name) {
  return !name.empty() && name.size() <= 40 && name.front() >= 'a' && name.front() <= 'z' &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

Result<std::string> label(const json::value& value) {
  if (!value.is_string() || value.get_string().size() > limits::name_bytes || !is_display_text(std::string_view(value.get_string()))) {
    return refused("member_malformed", "label");
  }
  return std::string(value.get_string());
}

Result<std::vector<std::string>> choices_from(const json::value& value) {
  if (!value.is_array() || value.get_array().size() > limits::attribute_values) return refused("member_malformed", "choices");
  std::vector<std::string> all;
  for (const auto& one : value.get_array()) {
    auto text = TRY(label(one));
    if (text.empty() || std::ranges::find(all, text) != all.end()) return refused("member_malformed", "choices");
    all.push_back(std::move(text));
  }
  return all;
}

Result<CustomAttribute> custom_from(const json::value& value) {
  if (!value.is_object()) return refused("member_malformed", "custom_attributes");
  CustomAttribute out;
  for (const auto& member : value.get_object()) {
    const std::string_view name = member.key();
    const auto& v = member.value();
    if (name == "name" && v.is_string()) {
      out.name = std::string(v.get_string());
    } else if (name == "type" && v.is_string()) {
      const auto found = std::ranges::find_if(types, [&](AttributeType one) { return word_of(one) == std::string_view(v.get_string()); });
      if (found == types.end()) return refused("member_malformed", "type");
      out.type = *found;
    } else if (name == "label_ja") {
      out.label_ja = TRY(label(v));
    } else if (name == "label_en") {
      out.label_en = TRY(label(v));
    } else if (name == "choices") {
      out.choices = TRY(choices_from(v));
    } else if (name == "self_editable" && v.is_bool()) {
      out.self_editable = v.get_bool();
    } else {
      return refused("member_unknown", name);
    }
  }
  if (!is_attribute_name(out.name)) return refused("attribute_name_malformed", out.name);
  return out;
}

Result<std::vector<CustomAttribute>> customs_from(const json::value& value) {
  if (!value.is_array()) return refused("member_malformed", "custom_attributes");
  if (value.get_array().size() > limits::custom_attributes) return refused("attribute_too_many", "custom_attributes");
  std::vector<CustomAttribute> all;
  for (const auto& one : value.get_array()) {
    auto made = TRY(custom_from(one));
    if (std::ranges::find(all, made.name, &CustomAttribute::name) != all.end()) return refused("attribute_taken", made.name);
    all.push_back(std::move(made));
  }
  return all;
}

Status read_masters(Schema& into, const json::value& value) {
  if (!value.is_object()) return refused("member_malformed", "masters");
  for (const auto& member : value.get_object()) {
    const std::string_view name = member.key();
    const bool known = attribute_named(name) != nullptr ||
                       (name.starts_with(custom_prefix) && std::ranges::find(into.custom, name.substr(custom_prefix.size()), &CustomAttribute::name) != into.custom.end());
    if (!known) return refused("attribute_unknown", name);
    const auto word = member.value().is_string() ? std::string_view(member.value().get_string()) : std::string_view();
    if (word != "source" && word != "console") return refused("member_malformed", name);
    into.masters[std::string(name)] = word == "source" ? Master::source : Master::console;
  }
  return {};
}

}  // namespace

Master Schema::master_of(std::string_view attribute) const {
  if (const auto settled = masters.find(attribute); settled != masters.end()) return settled->second;
  const bool is_ours = attribute.starts_with(custom_prefix) || std::ranges::find(ours, attribute) != std::end(ours);
  return is_ours ? Master::console : Master::source;
}

bool Schema::self_editable(std::string_view attribute) const {
  if (attribute == "private_email" || attribute == "private_phone") return self_edit_contacts;
  if (attribute == "locale" || attribute == "zoneinfo") return true;
  if (!attribute.starts_with(custom_prefix)) return false;
  const auto declared = std::ranges::find(custom, attribute.substr(custom_prefix.size()), &CustomAttribute::name);
  return declared != custom.end() && declared->self_editable;
}

Result<Schema> schema_from_json(std::string_view text) {
  const auto object = strict_object(text);
  if (!object) return refused("json_malformed", "the body isn't a JSON object");
  Schema out;
  if (const auto* custom = object->if_contains("custom_attributes")) out.custom = TRY(customs_from(*custom));
  for (const auto& member : *object) {
    const std::string_view name = member.key();
    const auto& v = member.value();
    if (name == "custom_attributes") continue;
    if (name == "masters") {
      TRY(read_masters(out, v));
    } else if (name == "retention_days") {
      if (!v.is_int64() || v.get_int64() < 0 || v.get_int64() > 3650) return refused("member_malformed", name);
      out.retention_days = static_cast<int>(v.get_int64());
    } else if (name == "self_edit_contacts") {
      if (!v.is_bool()) return refused("member_malformed", name);
      out.self_edit_contacts = v.get_bool();
    } else {
      return refused("member_unknown", name);
    }
  }
  return out;
}

std::string schema_json(const Schema& schema) {
  json::array custom;
  for (const CustomAttribute& one : schema.custom) {
    json::object object{{"name", one.name}, {"type", word_of(one.type)}, {"label_ja", one.label_ja}, {"label_en", one.label_en}, {"self_editable", one.self_editable}};
    if (!one.choices.empty()) {
      json::array choices;
      for (const auto& choice : one.choices) choices.emplace_back(choice);
      object["choices"] = std::move(choices);
    }
    custom.push_back(std::move(object));
  }
  json::object masters;
  for (const auto& [name, master] : schema.masters) masters[name] = master == Master::source ? "source" : "console";
  return json::serialize(json::object{{"custom_attributes", std::move(custom)},
                                      {"masters", std::move(masters)},
                                      {"retention_days", schema.retention_days},
                                      {"self_edit_contacts", schema.self_edit_contacts}});
}

}  // namespace kidoban::directory
