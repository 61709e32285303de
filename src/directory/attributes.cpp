#include "directory/attributes.h"

#include <algorithm>
#include <array>

namespace kidoban::directory {

namespace {

using Type = AttributeType;

constexpr std::array table{
    Attribute{"login", Type::text, 1, &Profile::login},
    Attribute{"display_name", Type::text, 1, &Profile::display_name},
    Attribute{"family_name", Type::text, 1, &Profile::family_name},
    Attribute{"given_name", Type::text, 1, &Profile::given_name},
    Attribute{"family_name_kana", Type::text, 1, &Profile::family_name_kana},
    Attribute{"given_name_kana", Type::text, 1, &Profile::given_name_kana},
    Attribute{"email", Type::text, 1, &Profile::email},
    Attribute{"other_emails", Type::contacts, 4, &Profile::other_emails},
    Attribute{"title", Type::text, 1, &Profile::title},
    Attribute{"department", Type::text, 1, &Profile::department},
    Attribute{"organization", Type::text, 1, &Profile::organization},
    Attribute{"employee_number", Type::text, 1, &Profile::employee_number},
    Attribute{"manager", Type::person, 1, &Profile::manager},
    Attribute{"phones", Type::contacts, 10, &Profile::phones},
    Attribute{"ims", Type::contacts, 10, &Profile::ims},
    Attribute{"entitlements", Type::contacts, 50, &Profile::entitlements},
    Attribute{"private_email", Type::text, 1, &Profile::private_email},
    Attribute{"private_phone", Type::text, 1, &Profile::private_phone},
    Attribute{"locale", Type::text, 1, &Profile::locale},
    Attribute{"zoneinfo", Type::text, 1, &Profile::zoneinfo},
    Attribute{"external_id", Type::text, 1, &Profile::external_id},
    Attribute{"linking_id", Type::text, 1, &Profile::linking_id},
};

// The places in `table` by name: each profile that is opened looks up each of its attributes.
constexpr auto by_name = [] {
  std::array<std::uint8_t, table.size()> places{};
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = static_cast<std::uint8_t>(i);
  std::ranges::sort(places, {}, [](std::uint8_t i) { return table[i].name; });
  return places;
}();

bool is_of(const Value& value, Type type) {
  switch (type) {
    case Type::text:
    case Type::date:
    case Type::person: return std::holds_alternative<std::string>(value);
    case Type::flag: return std::holds_alternative<bool>(value);
    case Type::number: return std::holds_alternative<std::int64_t>(value);
    case Type::texts: return std::holds_alternative<std::vector<std::string>>(value);
    case Type::contacts: return std::holds_alternative<Contacts>(value);
  }
  return false;
}

Failure of_another_type(std::string_view name, Type type) {
  return fail(Kind::malformed, "attribute_type", std::string(name) + " is a " + std::string(word_of(type)));
}

bool is_nothing(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text->empty();
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) return texts->empty();
  if (const auto* contacts = std::get_if<Contacts>(&value)) return contacts->empty();
  return std::holds_alternative<std::monostate>(value);
}

}  // namespace

std::string_view word_of(AttributeType type) {
  switch (type) {
    case Type::text: return "text";
    case Type::flag: return "flag";
    case Type::number: return "number";
    case Type::date: return "date";
    case Type::texts: return "texts";
    case Type::contacts: return "contacts";
    case Type::person: return "person";
  }
  return "";
}

std::span<const Attribute> attributes() { return table; }

const Attribute* attribute_named(std::string_view name) {
  const auto* found = std::ranges::lower_bound(by_name, name, {}, [](std::uint8_t i) { return table[i].name; });
  return found == by_name.end() || table[*found].name != name ? nullptr : &table[*found];
}

Value value_of(const Profile& profile, std::string_view name) {
  if (name.starts_with(custom_prefix)) {
    const auto found = profile.custom.find(std::string(name.substr(custom_prefix.size())));
    return found == profile.custom.end() ? Value() : found->second;
  }
  const Attribute* one = attribute_named(name);
  if (one == nullptr) return {};
  Value value = std::visit([&](auto place) { return Value(profile.*place); }, one->place);
  return is_nothing(value) ? Value() : value;
}

Status set_value(Profile& profile, std::string_view name, Value value, std::span<const CustomAttribute> custom) {
  const bool nothing = is_nothing(value);
  if (name.starts_with(custom_prefix)) {
    const auto declared = std::ranges::find(custom, name.substr(custom_prefix.size()), &CustomAttribute::name);
    if (declared == custom.end()) return fail(Kind::malformed, "attribute_unknown", std::string(name));
    if (nothing) {
      profile.custom.erase(declared->name);
      return {};
    }
    if (!is_of(value, declared->type)) return of_another_type(name, declared->type);
    profile.custom[declared->name] = std::move(value);
    return {};
  }
  const Attribute* one = attribute_named(name);
  if (one == nullptr) return fail(Kind::malformed, "attribute_unknown", std::string(name));
  if (!nothing && !is_of(value, one->type)) return of_another_type(name, one->type);
  std::visit(
      [&](auto place) {
        using Held = std::remove_reference_t<decltype(profile.*place)>;
        profile.*place = nothing ? Held() : std::get<Held>(std::move(value));
      },
      one->place);
  return {};
}

std::vector<std::string> mail_addresses(const Profile& profile) {
  std::vector<std::string> out;
  const auto add = [&](const std::string& address) {
    if (!address.empty() && std::ranges::find(out, address) == out.end()) out.push_back(address);
  };
  add(profile.email);
  for (const Contact& one : profile.other_emails) add(one.value);
  add(profile.private_email);
  return out;
}

std::string text_of(const Value& value) {
  struct Teller {
    std::string operator()(std::monostate) const { return {}; }
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(bool yes) const { return yes ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(const std::vector<std::string>& texts) const {
      std::string all;
      for (const auto& one : texts) all += (all.empty() ? "" : "; ") + one;
      return all;
    }
    std::string operator()(const Contacts& contacts) const {
      std::string all;
      for (const Contact& one : contacts) {
        all += (all.empty() ? "" : "; ") + one.value;
        if (!one.type.empty()) all += " (" + one.type + ")";
        if (one.primary) all += " *";
      }
      return all;
    }
  };
  return std::visit(Teller{}, value);
}

}  // namespace kidoban::directory
