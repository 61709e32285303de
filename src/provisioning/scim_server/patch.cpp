#include "provisioning/scim_server/patch.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "provisioning/scim_server/json_subject.h"

namespace kidoban::scim {

namespace json = boost::json;
using directory::Filter, directory::ItemPath;
using Op = Operation::Op;

namespace {

enum class Named : std::uint8_t { by_path, within_value };

Failure wrong(std::string note) { return fail(Kind::malformed, "value_malformed", std::move(note)); }

// One who becomes the primary is the only one (§3.5.2).
void settle_primary(json::array& items, const json::value* newcomer) {
  const auto is_primary = [](const json::value& one) {
    const auto* flag = one.is_object() ? one.get_object().if_contains("primary") : nullptr;
    return flag != nullptr && flag->is_bool() && flag->get_bool();
  };
  if (newcomer == nullptr || !is_primary(*newcomer)) return;
  for (auto& one : items) {
    if (&one != newcomer && is_primary(one)) one.get_object()["primary"] = false;
  }
}

template <class Is>
void drop_if(json::array& items, const Is& is) {
  items.erase(std::remove_if(items.begin(), items.end(), is), items.end());
}

void put(json::object& holder, const std::string& name, json::value value) {
  if (is_nothing(value)) holder.erase(name);
  else holder[name] = std::move(value);
}

// Into one value: a text, an object's members.
Status put_single(const Shape& shape, Op op, const json::value& given, json::object& holder) {
  if (op == Op::remove) {
    holder.erase(shape.name);
    return {};
  }
  auto value = TRY(coerced(shape, given));
  if (shape.type == Type::complex && value.is_object()) {
    // §3.5.2.3: sub-attributes that aren't named stay as they are. One that is named as null goes.
    json::object merged = holder.contains(shape.name) && holder[shape.name].is_object() ? holder[shape.name].get_object() : json::object();
    for (const auto& member : value.get_object()) merged[member.key()] = member.value();
    if (given.is_object()) {
      for (const auto& member : given.get_object()) {
        const Shape* sub = shape.sub(std::string_view(member.key()));
        if (sub != nullptr && is_nothing(member.value())) merged.erase(sub->name);
      }
    }
    value = std::move(merged);
  }
  put(holder, shape.name, std::move(value));
  return {};
}

// Into a whole list.
Status put_list(const Shape& shape, Op op, const json::value& given, json::object& holder) {
  json::array items;
  if (auto* held = holder.if_contains(shape.name); held != nullptr && held->is_array()) items = held->get_array();
  const auto value = TRY(coerced(shape, given));
  const json::array wanted = value.is_array() ? value.get_array() : json::array();
  switch (op) {
    case Op::replace: items = wanted; break;
    case Op::remove:
      if (is_nothing(given)) {
        items.clear();
        break;
      }
      // Entra ID names what it removes in `value`.
      for (const auto& gone : wanted) {
        drop_if(items, [&](const json::value& one) {
          if (!gone.is_object() || !one.is_object()) return one == gone;
          const auto* a = gone.get_object().if_contains("value");
          const auto* b = one.get_object().if_contains("value");
          return a != nullptr && b != nullptr ? *a == *b : one == gone;
        });
      }
      break;
    case Op::add:
      for (const auto& one : wanted) {
        if (std::ranges::find(items, one) != items.end()) continue;
        items.push_back(one);
        settle_primary(items, &items.back());
      }
      break;
  }
  put(holder, shape.name, std::move(items));
  return {};
}

// What an item must have to be found by the filter: attribute eq value, joined by `and`. False where the filter says more.
bool described(const Filter::Node& node, const Shape& shape, json::object& item) {
  if (node.kind == Filter::Kind::all) return std::ranges::all_of(node.parts, [&](const auto& part) { return described(part, shape, item); });
  if (node.kind != Filter::Kind::compare || node.op != directory::Compare::eq) return false;
  const Shape* sub = shape.sub(node.attribute.name);
  if (sub == nullptr) return false;
  const auto plain = std::visit(
      [](const auto& literal) -> json::value {
        if constexpr (std::is_same_v<std::decay_t<decltype(literal)>, std::nullptr_t>) return nullptr;
        else return json::value(literal);
      },
      node.literal.value);
  const auto value = coerced(*sub, plain);
  if (!value) return false;
  if (!value->is_null()) item[sub->name] = *value;
  return true;
}

Status put_into_item(const Shape& shape, const Shape* sub, Op op, const json::value& given, json::value& item) {
  if (sub != nullptr) {
    if (!item.is_object()) return wrong(shape.name + " has no parts");
    return sub->multi ? put_list(*sub, op, given, item.get_object()) : put_single(*sub, op, given, item.get_object());
  }
  auto value = TRY(coerced_item(shape, given));
  if (value.is_null()) return wrong(shape.name + " has no value");
  if (item.is_object() && value.is_object() && op == Op::add) {
    for (const auto& member : value.get_object()) item.get_object()[member.key()] = member.value();
  } else {
    item = std::move(value);
  }
  return {};
}

// Into some items of a list: those that the filter finds, or all.
Status put_items(const Shape& shape, const std::optional<Filter>& filter, const Shape* sub, Op op, const json::value& given, json::object& holder) {
  json::array items;
  if (auto* held = holder.if_contains(shape.name); held != nullptr && held->is_array()) items = held->get_array();
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!filter || filter->matches(ItemSubject(shape, items[i]))) found.push_back(i);
  }
  if (op == Op::remove && sub == nullptr) {
    for (std::size_t i = found.size(); i-- > 0;) items.erase(items.begin() + static_cast<std::ptrdiff_t>(found[i]));
    put(holder, shape.name, std::move(items));
    return {};
  }
  if (found.empty() && op == Op::remove) return {};
  if (found.empty()) {
    if (filter && op == Op::replace) return fail(Kind::malformed, "patch_no_target", "no item is as the path says");
    // `add` to what isn't there yet makes it, as the filter describes it: Entra ID adds emails[type eq "work"].value so.
    json::object item;
    if (filter && !described(filter->root(), shape, item)) return fail(Kind::malformed, "patch_no_target", "the filter doesn't say what to make");
    items.push_back(shape.type == Type::complex ? json::value(std::move(item)) : json::value(nullptr));
    found.push_back(items.size() - 1);
    if (shape.type == Type::complex) TRY(put_into_item(shape, sub, Op::add, given, items.back()));
    else TRY(put_into_item(shape, sub, op, given, items.back()));
    settle_primary(items, &items.back());
  } else {
    for (const std::size_t i : found) {
      TRY(put_into_item(shape, sub, op, given, items[i]));
      settle_primary(items, &items[i]);
    }
  }
  // What has lost its value is no item any more.
  drop_if(items, [&](const json::value& one) { return is_nothing(one) || (one.is_object() && shape.sub("value") != nullptr && !one.get_object().contains("value")); });
  put(holder, shape.name, std::move(items));
  return {};
}

Status apply_to(const ResourceShape& shape, const Operation& operation, const ItemPath& path, Named named, json::object& resource);

// Each member of an object is an operation of its own.
Status apply_members(const ResourceShape& shape, Op op, const json::object& value, const std::string& prefix, json::object& resource) {
  for (const auto& member : value) {
    const std::string_view key = member.key();
    if (prefix.empty() && member.value().is_object() && shape.schema(key) != nullptr) {
      TRY(apply_members(shape, op, member.value().get_object(), std::string(key) + ":", resource));
      continue;
    }
    // Keys that are paths themselves ("name.familyName", a URN before the name) are what Entra ID sends.
    const auto path = ItemPath::parse(prefix + std::string(key));
    if (!path) continue;
    Operation one{op, std::nullopt, member.value()};
    if (op != Op::remove && is_nothing(member.value()) && !member.value().is_array()) one.op = Op::remove;
    TRY(apply_to(shape, one, *path, Named::within_value, resource));
  }
  return {};
}

Status apply_to(const ResourceShape& shape, const Operation& operation, const ItemPath& path, Named named, json::object& resource) {
  directory::AttributePath whole = path.attribute;
  if (!path.sub.empty()) whole.sub = path.sub;
  const auto place = resolve(shape, whole);
  if (!place) return named == Named::within_value ? Status() : std::unexpected(place.error());
  if (place->attribute == nullptr) {
    if (operation.op == Op::remove) resource.erase(place->schema->urn);
    else if (operation.value.is_object()) return apply_members(shape, operation.op, operation.value.get_object(), std::string(place->schema->urn) + ":", resource);
    else return wrong("an extension is an object");
    return {};
  }
  const Shape& attribute = *place->attribute;
  if (!attribute.kept || !place->leaf().kept) return {};
  if (attribute.mutability == Mutability::read_only || place->leaf().mutability == Mutability::read_only) {
    if (named == Named::within_value) return {};
    return fail(Kind::malformed, "attribute_read_only", place->leaf().name);
  }
  json::object* holder = &resource;
  if (place->extension) {
    if (auto* extension = resource.if_contains(place->schema->urn); extension == nullptr || !extension->is_object()) resource[place->schema->urn] = json::object();
    holder = &resource[place->schema->urn].get_object();
  }
  const auto act = [&]() -> Status {
    if (path.items && !attribute.multi) return fail(Kind::malformed, "path_malformed", attribute.name + " has no items");
    if (attribute.multi && (path.items || place->sub != nullptr)) return put_items(attribute, path.items, place->sub, operation.op, operation.value, *holder);
    if (attribute.multi) return put_list(attribute, operation.op, operation.value, *holder);
    if (place->sub == nullptr) return put_single(attribute, operation.op, operation.value, *holder);
    json::object inner = holder->contains(attribute.name) && (*holder)[attribute.name].is_object() ? (*holder)[attribute.name].get_object() : json::object();
    TRY(place->sub->multi ? put_list(*place->sub, operation.op, operation.value, inner) : put_single(*place->sub, operation.op, operation.value, inner));
    put(*holder, attribute.name, std::move(inner));
    return {};
  };
  TRY(act());
  if (place->extension && holder->empty()) resource.erase(place->schema->urn);
  return {};
}

}  // namespace

Result<std::vector<Operation>> operations_in(const json::object& body) {
  const auto malformed = [](std::string note) { return fail(Kind::malformed, "patch_malformed", std::move(note)); };
  const json::value* list = nullptr;
  for (const auto& member : body) {
    if (ascii_iequals(std::string_view(member.key()), "Operations")) list = &member.value();
  }
  if (list == nullptr || !list->is_array() || list->get_array().empty()) return malformed("Operations is a list of at least one");
  std::vector<Operation> all;
  for (const auto& one : list->get_array()) {
    if (!one.is_object()) return malformed("an operation is an object");
    Operation operation;
    std::optional<std::string> word;
    for (const auto& member : one.get_object()) {
      const std::string_view key = member.key();
      const auto& value = member.value();
      if (ascii_iequals(key, "op")) {
        if (!value.is_string()) return malformed("op is a string");
        word = ascii_lower(std::string_view(value.get_string()));
      } else if (ascii_iequals(key, "path")) {
        if (value.is_string()) operation.path = std::string(value.get_string());
        else if (!value.is_null()) return malformed("path is a string");
      } else if (ascii_iequals(key, "value")) {
        operation.value = value;
      }
    }
    if (word == "add") operation.op = Op::add;
    else if (word == "replace") operation.op = Op::replace;
    else if (word == "remove") operation.op = Op::remove;
    else return malformed("op is add, remove or replace");
    if (operation.path && operation.path->empty()) operation.path.reset();
    all.push_back(std::move(operation));
  }
  return all;
}

Status apply(const ResourceShape& shape, const Operation& operation, json::object& resource) {
  if (operation.path) return apply_to(shape, operation, TRY(ItemPath::parse(*operation.path)), Named::by_path, resource);
  if (operation.op == Op::remove) return fail(Kind::malformed, "patch_no_target", "remove has a path");
  if (!operation.value.is_object()) return wrong("without a path the value is an object");
  return apply_members(shape, operation.op, operation.value.get_object(), "", resource);
}

}  // namespace kidoban::scim
