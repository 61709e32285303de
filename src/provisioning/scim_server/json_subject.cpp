#include "provisioning/scim_server/json_subject.h"

#include <boost/json.hpp>

namespace kidoban::scim {

namespace json = boost::json;
using directory::AttributePath, directory::Comparison, directory::Found;

namespace {

Found compare_leaf(const Shape& shape, const json::value& value, const Comparison& comparison);

Found better(Found a, Found b) { return std::max(a, b); }

Found compare_object(const Shape& shape, const json::object& object, const Shape* sub, const Comparison& comparison) {
  if (sub != nullptr) {
    const auto* inner = object.if_contains(sub->name);
    return inner == nullptr ? Found::nothing : compare_leaf(*sub, *inner, comparison);
  }
  // Without a sub-attribute it is `value`; where there is none (a name), any part.
  if (const Shape* value_shape = shape.sub("value")) {
    if (const auto* inner = object.if_contains("value")) return compare_leaf(*value_shape, *inner, comparison);
  }
  Found found = Found::nothing;
  for (const Shape& one : shape.subs) {
    if (const auto* inner = object.if_contains(one.name)) found = better(found, compare_leaf(one, *inner, comparison));
  }
  return found;
}

Found compare_leaf(const Shape& shape, const json::value& value, const Comparison& comparison) {
  if (is_nothing(value)) return Found::nothing;
  bool holds = false;
  switch (value.kind()) {
    case json::kind::array: {
      Found found = Found::nothing;
      for (const auto& one : value.get_array()) found = better(found, compare_leaf(shape, one, comparison));
      return found;
    }
    case json::kind::object: return compare_object(shape, value.get_object(), nullptr, comparison);
    case json::kind::string: {
      const std::string_view text = value.get_string();
      const auto instant = shape.type == Type::date_time ? directory::instant_of(text) : std::nullopt;
      holds = instant ? comparison.holds(*instant) : comparison.holds(text, shape.case_exact ? Comparison::Case::exact : Comparison::Case::folded);
      break;
    }
    case json::kind::bool_: holds = comparison.holds(value.get_bool()); break;
    case json::kind::int64: holds = comparison.holds(value.get_int64()); break;
    case json::kind::uint64: holds = comparison.holds(static_cast<double>(value.get_uint64())); break;
    case json::kind::double_: holds = comparison.holds(value.get_double()); break;
    case json::kind::null: return Found::nothing;
  }
  return holds ? Found::matching : Found::other;
}

Found compare_sub(const Shape& shape, const json::value& value, const Shape& sub, const Comparison& comparison) {
  if (value.is_object()) return compare_object(shape, value.get_object(), &sub, comparison);
  Found found = Found::nothing;
  if (value.is_array()) {
    for (const auto& one : value.get_array()) found = better(found, compare_sub(shape, one, sub, comparison));
  }
  return found;
}

}  // namespace

const json::value* value_at(const json::object& resource, const Place& place) {
  const json::object* holder = &resource;
  if (place.extension) {
    const auto* extension = resource.if_contains(place.schema->urn);
    if (extension == nullptr || !extension->is_object()) return nullptr;
    holder = &extension->get_object();
  }
  return place.attribute == nullptr ? nullptr : holder->if_contains(place.attribute->name);
}

Found JsonSubject::compare(const AttributePath& path, const Comparison& comparison) const {
  const auto place = resolve(shape_, path);
  if (!place || place->attribute == nullptr) return Found::nothing;
  const auto* value = value_at(resource_, *place);
  if (value == nullptr) return Found::nothing;
  return place->sub != nullptr ? compare_sub(*place->attribute, *value, *place->sub, comparison) : compare_leaf(*place->attribute, *value, comparison);
}

bool JsonSubject::any_item(const AttributePath& path, const directory::ItemTest& test) const {
  const auto place = resolve(shape_, path);
  if (!place || place->attribute == nullptr) return false;
  const auto* value = value_at(resource_, *place);
  if (value == nullptr) return false;
  if (!value->is_array()) return test.holds(ItemSubject(*place->attribute, *value));
  for (const auto& one : value->get_array()) {
    if (test.holds(ItemSubject(*place->attribute, one))) return true;
  }
  return false;
}

Found ItemSubject::compare(const AttributePath& path, const Comparison& comparison) const {
  if (!item_.is_object()) return path.name == "value" ? compare_leaf(shape_, item_, comparison) : Found::nothing;
  const Shape* sub = shape_.sub(path.name);
  return sub == nullptr ? Found::nothing : compare_object(shape_, item_.get_object(), sub, comparison);
}

Status check(const ResourceShape& shape, const directory::Filter& filter) {
  return filter.each([&](const directory::Filter::Node& node, const AttributePath* around) -> Status {
    const auto unsupported = [&](std::string_view why) { return fail(Kind::malformed, "filter_unsupported", node.attribute.name + " " + std::string(why)); };
    const auto place = resolve(shape, around != nullptr ? *around : node.attribute);
    if (!place || place->attribute == nullptr) return unsupported("isn't an attribute");
    const Shape* leaf = &place->leaf();
    if (around != nullptr) {
      leaf = place->attribute->sub(node.attribute.name);
      const bool plain = place->attribute->type != Type::complex && node.attribute.name == "value";
      if (leaf == nullptr && place->attribute->kept && !plain) return unsupported("isn't a sub-attribute");
      if (leaf == nullptr) leaf = place->attribute;
    }
    if (place->attribute->mutability == Mutability::write_only) return unsupported("can't be asked for");  // RFC 7643 §7: returned "never"
    if (node.kind == directory::Filter::Kind::items || node.op == directory::Compare::pr) return {};
    const bool order = node.op == directory::Compare::gt || node.op == directory::Compare::ge || node.op == directory::Compare::lt || node.op == directory::Compare::le;
    const bool part = node.op == directory::Compare::co || node.op == directory::Compare::sw || node.op == directory::Compare::ew;
    if (leaf->type == Type::boolean && (order || part)) return unsupported("is true or false, no more and no less");
    if ((leaf->type == Type::date_time || leaf->type == Type::integer) && part) return unsupported("has no parts");
    return {};
  });
}

}  // namespace kidoban::scim
