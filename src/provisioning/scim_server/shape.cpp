#include "provisioning/scim_server/shape.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/text.h"

namespace kidoban::scim {

namespace json = boost::json;

namespace {

Failure wrong(const Shape& shape, std::string_view what) {
  return fail(Kind::malformed, "value_malformed", shape.name + " " + std::string(what));
}

Result<json::value> coerced_text(const Shape& shape, const json::value& value) {
  if (value.is_int64() || value.is_uint64() || value.is_double()) return json::value(json::serialize(value));
  if (!value.is_string()) return wrong(shape, "is a string");
  const std::string_view text = value.get_string();
  if (shape.type == Type::date_time && !text.empty() && !directory::instant_of(text)) return wrong(shape, "is a dateTime");
  return text.empty() ? json::value(nullptr) : json::value(text);
}

Result<json::value> coerced_complex(const Shape& shape, const json::value& value) {
  // A plain text is the item's value: Entra ID writes a manager so, Okta a member.
  if (value.is_string() && shape.sub("value") != nullptr) {
    return value.get_string().empty() ? json::value(nullptr) : json::value(json::object{{"value", value.get_string()}});
  }
  if (!value.is_object()) return wrong(shape, "is an object");
  json::object out;
  for (const auto& member : value.get_object()) {
    const Shape* sub = shape.sub(std::string_view(member.key()));
    if (sub == nullptr || !sub->kept || sub->mutability == Mutability::read_only) continue;
    auto inner = TRY(coerced(*sub, member.value()));
    if (out.contains(sub->name)) return fail(Kind::malformed, "member_repeated", sub->name);
    if (!inner.is_null()) out[sub->name] = std::move(inner);
  }
  return out.empty() ? json::value(nullptr) : json::value(std::move(out));
}

}  // namespace

std::string_view word_of(Type type) {
  constexpr std::array<std::string_view, 6> words{"string", "boolean", "integer", "dateTime", "reference", "complex"};
  return words[static_cast<std::size_t>(type)];
}

std::string_view word_of(Mutability mutability) {
  constexpr std::array<std::string_view, 4> words{"readWrite", "readOnly", "immutable", "writeOnly"};
  return words[static_cast<std::size_t>(mutability)];
}

bool is_nothing(const json::value& value) {
  return value.is_null() || (value.is_string() && value.get_string().empty()) || (value.is_array() && value.get_array().empty()) ||
         (value.is_object() && value.get_object().empty());
}

const Shape* Shape::sub(std::string_view named) const {
  const auto found = std::ranges::find_if(subs, [&](const Shape& one) { return ascii_iequals(one.name, named); });
  return found == subs.end() ? nullptr : &*found;
}

const SchemaShape* ResourceShape::schema(std::string_view urn) const {
  const auto found = std::ranges::find_if(schemas, [&](const SchemaShape& one) { return ascii_iequals(one.urn, urn); });
  return found == schemas.end() ? nullptr : &*found;
}

namespace {

const Shape* attribute_in(const SchemaShape& schema, std::string_view name) {
  const auto found = std::ranges::find_if(schema.attributes, [&](const Shape& one) { return ascii_iequals(one.name, name); });
  return found == schema.attributes.end() ? nullptr : &*found;
}

}  // namespace

Result<Place> resolve(const ResourceShape& shape, const directory::AttributePath& path) {
  const auto unknown = [&] { return fail(Kind::malformed, "attribute_unknown", path.name); };
  Place place;
  place.schema = &shape.schemas.front();
  if (!path.schema.empty()) {
    place.schema = shape.schema(path.schema);
    if (place.schema == nullptr) {
      // The URN's last part was read as the attribute's name. The version's dot makes no sub-attribute there.
      const std::string whole = path.schema + ":" + path.name + (path.sub.empty() ? "" : "." + path.sub);
      place.schema = shape.schema(whole);
      if (place.schema == nullptr) return unknown();
      place.extension = place.schema != &shape.schemas.front();
      return place;
    }
  }
  place.extension = place.schema != &shape.schemas.front();
  place.attribute = attribute_in(*place.schema, path.name);
  if (place.attribute == nullptr) return unknown();
  if (path.sub.empty()) return place;
  place.sub = place.attribute->sub(path.sub);
  if (place.sub == nullptr && place.attribute->kept) return unknown();
  return place;
}

Result<json::value> coerced_item(const Shape& shape, const json::value& value) {
  if (value.is_null()) return json::value(nullptr);
  // One thing in a list of one: Entra ID sends a manager so.
  if (value.is_array() && value.get_array().size() == 1) return coerced_item(shape, value.get_array().front());
  switch (shape.type) {
    case Type::string:
    case Type::date_time:
    case Type::reference: return coerced_text(shape, value);
    case Type::complex: return coerced_complex(shape, value);
    case Type::boolean:
      if (value.is_bool()) return value;
      if (value.is_string() && ascii_iequals(std::string_view(value.get_string()), "true")) return json::value(true);
      if (value.is_string() && ascii_iequals(std::string_view(value.get_string()), "false")) return json::value(false);
      return wrong(shape, "is true or false");
    case Type::integer:
      if (value.is_int64()) return value;
      if (value.is_string()) {
        if (const auto number = to_integer(std::string_view(value.get_string()))) return json::value(*number);
      }
      return wrong(shape, "is a whole number");
  }
  return wrong(shape, "has no type");
}

Result<json::value> coerced(const Shape& shape, const json::value& value) {
  if (!shape.multi) return coerced_item(shape, value);
  json::array out;
  const auto add = [&](const json::value& one) -> Status {
    auto item = TRY(coerced_item(shape, one));
    if (!is_nothing(item)) out.push_back(std::move(item));
    return {};
  };
  if (value.is_array()) {
    for (const auto& one : value.get_array()) TRY(add(one));
  } else {
    TRY(add(value));
  }
  return out.empty() ? json::value(nullptr) : json::value(std::move(out));
}

namespace {

Status read_members(const SchemaShape& schema, const json::object& from, const ResourceShape* nested, json::object& into) {
  for (const auto& member : from) {
    const std::string_view name = member.key();
    const SchemaShape* extension = nested != nullptr ? nested->schema(name) : nullptr;
    if (extension != nullptr && member.value().is_object()) {
      json::object inner;
      TRY(read_members(*extension, member.value().get_object(), nullptr, inner));
      if (into.contains(extension->urn)) return fail(Kind::malformed, "member_repeated", std::string(extension->urn));
      if (!inner.empty()) into[extension->urn] = std::move(inner);
      continue;
    }
    const Shape* shape = attribute_in(schema, name);
    if (shape == nullptr || !shape->kept || shape->mutability == Mutability::read_only) continue;
    if (into.contains(shape->name)) return fail(Kind::malformed, "member_repeated", shape->name);
    auto value = TRY(coerced(*shape, member.value()));
    if (!is_nothing(value)) into[shape->name] = std::move(value);
  }
  return {};
}

}  // namespace

Result<json::object> coerced_resource(const ResourceShape& shape, const json::object& resource) {
  json::object out;
  TRY(read_members(shape.schemas.front(), resource, &shape, out));
  return out;
}

}  // namespace kidoban::scim
