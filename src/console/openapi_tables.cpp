// The schemas that tables elsewhere say already.

#include <boost/json.hpp>

#include "console/console.h"
#include "console/openapi.h"
#include "directory/attributes.h"
#include "directory/permission.h"
#include "mail/wording.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;
using directory::AttributeType;

json::object schema_of(AttributeType type, std::size_t items) {
  switch (type) {
    case AttributeType::text: return {{"type", "string"}};
    case AttributeType::flag: return {{"type", "boolean"}};
    case AttributeType::number: return {{"type", "integer"}};
    case AttributeType::date: return {{"type", "string"}, {"format", "date"}};
    case AttributeType::texts: return {{"type", "array"}, {"items", {{"type", "string"}}}};
    case AttributeType::person: return {{"type", "string"}, {"format", "uuid"}};
    case AttributeType::contacts: return {{"type", "array"}, {"items", {{"$ref", "#/components/schemas/Contact"}}}, {"maxItems", items}};
  }
  return {};
}

// Of a change, null takes away.
enum class For : std::uint8_t { answer, change };
json::object attribute_schemas(For use) {
  json::object all;
  for (const auto& one : directory::attributes()) {
    auto schema = schema_of(one.type, one.items);
    if (use == For::change) schema["type"] = json::array{schema["type"], "null"};
    all[one.name] = std::move(schema);
  }
  return all;
}

json::array custom_types() {
  json::array words;
  for (const auto type : {AttributeType::text, AttributeType::flag, AttributeType::number, AttributeType::date, AttributeType::texts}) {
    words.emplace_back(directory::word_of(type));
  }
  return words;
}

json::array permissions() {
  json::array words;
  for (const auto& [word, one] : directory::permission_words) words.emplace_back(word);
  return words;
}

json::array mails() {
  json::array words;
  for (std::size_t i = 0; i < mail::occasions; ++i) words.emplace_back(mail::word_of(static_cast<mail::Occasion>(i)));
  return words;
}

json::object one_of(json::array words) { return {{"type", "string"}, {"enum", std::move(words)}}; }

}  // namespace

json::object schemas_of_tables(const Inside& in) {
  return {{"Permission", one_of(permissions())},
          {"PersonAttributes", {{"type", "object"}, {"properties", attribute_schemas(For::answer)}}},
          {"PersonChanges", {{"type", "object"}, {"properties", attribute_schemas(For::change)}}},
          {"CustomAttributeType", one_of(custom_types())},
          {"MailName", one_of(mails())},
          {"PasswordRules", json::parse(in.passwords.rules_schema())}};
}

}  // namespace kidoban::console
