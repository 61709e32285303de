#include "directory/rule.h"

#include <algorithm>
#include <array>

namespace kidoban::directory {

namespace {

using Case = Comparison::Case;

constexpr std::string_view state_attribute = "state";
constexpr std::array<std::string_view, 4> parts_of_contact{"value", "type", "display", "primary"};

std::string_view word_of(PersonState state) {
  switch (state) {
    case PersonState::enabled: return "enabled";
    case PersonState::disabled: return "disabled";
    case PersonState::pending_deletion: return "pending_deletion";
  }
  return "";
}

std::string name_of(const AttributePath& path) { return path.sub.empty() ? path.name : path.name + "." + path.sub; }

Found found(bool holds) { return holds ? Found::matching : Found::other; }
Found text_found(std::string_view text, const Comparison& comparison) {
  return text.empty() ? Found::nothing : found(comparison.holds(text, Case::folded));
}

// A phone, an address, an entitlement.
class ContactSubject final : public Subject {
 public:
  explicit ContactSubject(const Contact& contact) : contact_(contact) {}
  Found compare(const AttributePath& path, const Comparison& comparison) const override { return part(path.name, comparison); }
  bool any_item(const AttributePath&, const ItemTest&) const override { return false; }
  Found part(std::string_view name, const Comparison& comparison) const {
    if (name == "type") return text_found(contact_.type, comparison);
    if (name == "display") return text_found(contact_.display, comparison);
    if (name == "primary") return found(comparison.holds(contact_.primary));
    return text_found(contact_.value, comparison);
  }

 private:
  const Contact& contact_;
};

class PersonSubject final : public Subject {
 public:
  explicit PersonSubject(const Person& person) : person_(person) {}
  Found compare(const AttributePath& path, const Comparison& comparison) const override {
    if (path.name == state_attribute) return text_found(word_of(person_.state), comparison);
    const bool is_custom = path.name == "custom";
    const Value value = value_of(person_.profile, is_custom ? name_of(path) : path.name);
    if (std::holds_alternative<std::monostate>(value)) return Found::nothing;
    if (const auto* text = std::get_if<std::string>(&value)) return text_found(*text, comparison);
    if (const auto* flag = std::get_if<bool>(&value)) return found(comparison.holds(*flag));
    if (const auto* number = std::get_if<std::int64_t>(&value)) return found(comparison.holds(*number));
    Found best = Found::nothing;
    const auto one = [&](Found is) { best = std::max(best, is); };
    if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
      for (const auto& text : *texts) one(text_found(text, comparison));
    } else if (const auto* contacts = std::get_if<Contacts>(&value)) {
      for (const auto& contact : *contacts) one(ContactSubject(contact).part(path.sub, comparison));
    }
    return best;
  }
  bool any_item(const AttributePath& path, const ItemTest& test) const override {
    const Value value = value_of(person_.profile, path.name);
    const auto* contacts = std::get_if<Contacts>(&value);
    return contacts != nullptr && std::ranges::any_of(*contacts, [&](const Contact& one) { return test.holds(ContactSubject(one)); });
  }

 private:
  const Person& person_;
};

bool is_part(std::string_view name) { return std::ranges::find(parts_of_contact, name) != parts_of_contact.end(); }

bool is_known(const Filter::Node& node, const AttributePath* around, std::span<const CustomAttribute> custom) {
  const AttributePath& path = node.attribute;
  if (!path.schema.empty()) return false;
  if (around != nullptr) return path.sub.empty() && is_part(path.name);
  if (path.name == "custom") return node.kind == Filter::Kind::compare && std::ranges::find(custom, path.sub, &CustomAttribute::name) != custom.end();
  if (path.name == state_attribute) return path.sub.empty() && node.kind == Filter::Kind::compare;
  const Attribute* one = attribute_named(path.name);
  if (one == nullptr) return false;
  const bool has_parts = one->type == AttributeType::contacts;
  if (node.kind == Filter::Kind::items) return has_parts && path.sub.empty();
  return path.sub.empty() || (has_parts && is_part(path.sub));
}

}  // namespace

Result<Filter> rule_of(std::string_view text, std::span<const CustomAttribute> custom) {
  auto filter = TRY(Filter::parse(text));
  TRY(filter.each([&](const Filter::Node& node, const AttributePath* around) -> Status {
    if (is_known(node, around, custom)) return {};
    return fail(Kind::malformed, "rule_attribute_unknown", name_of(node.attribute));
  }));
  return filter;
}

bool matches(const Filter& rule, const Person& person) { return rule.matches(PersonSubject(person)); }

}  // namespace kidoban::directory
