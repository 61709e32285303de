#include "provisioning/scim_server/index_names.h"

#include <algorithm>
#include <array>

#include "directory/attributes.h"

namespace kidoban::scim {

using search::Field, search::Moment;

namespace {

struct Column {
  std::string_view urn, name, sub, ours;
};
constexpr std::array columns{
    Column{user_urn, "userName", "", "login"},
    Column{user_urn, "displayName", "", "display_name"},
    Column{user_urn, "name", "familyName", "family_name"},
    Column{user_urn, "name", "givenName", "given_name"},
    Column{user_urn, "name", "formatted", "display_name"},
    Column{user_urn, "title", "", "title"},
    Column{user_urn, "preferredLanguage", "", "locale"},
    Column{user_urn, "timezone", "", "zoneinfo"},
    Column{user_urn, "active", "", "active"},
    Column{enterprise_urn, "employeeNumber", "", "employee_number"},
    Column{enterprise_urn, "department", "", "department"},
    Column{enterprise_urn, "organization", "", "organization"},
    Column{our_user_urn, "familyNameKana", "", "family_name_kana"},
    Column{our_user_urn, "givenNameKana", "", "given_name_kana"},
    Column{our_user_urn, "privateEmail", "", "private_email"},
    Column{our_user_urn, "privatePhone", "", "private_phone"},
};
constexpr std::array exact_columns{Column{user_urn, "externalId", "", "external_id exact"}, Column{our_user_urn, "linkingId", "", "linking_id exact"},
                                   Column{enterprise_urn, "manager", "", "manager exact"}, Column{enterprise_urn, "manager", "value", "manager exact"}};
constexpr std::array lists{Column{user_urn, "emails", "", "other_emails"}, Column{user_urn, "phoneNumbers", "", "phones"}, Column{user_urn, "ims", "", "ims"},
                           Column{user_urn, "entitlements", "", "entitlements"}};
struct Instant {
  std::string_view urn, name, sub;
  Moment moment;
};
constexpr std::array instants{Instant{user_urn, "meta", "created", Moment::created}, Instant{user_urn, "meta", "lastModified", Moment::updated},
                              Instant{our_user_urn, "validFrom", "", Moment::valid_from}, Instant{our_user_urn, "validUntil", "", Moment::valid_until}};

template <class Table>
const auto* row_of(const Table& table, const Place& place, std::string_view sub) {
  const auto found = std::ranges::find_if(table, [&](const auto& one) { return one.urn == place.schema->urn && one.name == place.attribute->name && one.sub == sub; });
  return found == table.end() ? nullptr : &*found;
}

Field list_of(const Column& column, search::Part part) {
  Field out{.kind = Field::Kind::items, .columns = {std::string(column.ours)}, .part = part, .primary_or_nothing = true};
  if (column.name == "emails") out.ahead = "email";
  return out;
}

std::optional<Field> field_of(const ResourceShape& shape, const directory::AttributePath& path, const directory::AttributePath* around) {
  const auto place = resolve(shape, around != nullptr ? *around : path);
  if (!place || place->attribute == nullptr) return std::nullopt;
  const std::string_view sub = place->sub != nullptr ? std::string_view(place->sub->name) : std::string_view();
  if (const auto* list = row_of(lists, *place, "")) {
    const std::string_view named = around != nullptr ? std::string_view(path.name) : sub;
    const auto part = named.empty() ? search::Part::value : search::part_named(named);
    if (!part || (around != nullptr && !path.sub.empty())) return std::nullopt;
    return list_of(*list, *part);
  }
  if (around != nullptr) return std::nullopt;
  if (const auto* one = row_of(columns, *place, sub)) return Field{.columns = {std::string(one->ours)}};
  if (const auto* one = row_of(exact_columns, *place, sub)) return Field{.columns = {std::string(one->ours)}, .exact = true};
  if (const auto* one = row_of(instants, *place, sub)) return Field{.kind = Field::Kind::moment, .moment = one->moment};
  if (place->attribute->name == "id") return Field{.kind = Field::Kind::id};
  // A name without more is any part of it.
  if (place->attribute->name == "name" && sub.empty()) return Field{.columns = {"family_name", "given_name", "display_name"}};
  if (place->schema->urn == our_user_urn && place->attribute->name == "custom" && !sub.empty()) return Field{.columns = {std::string(directory::custom_prefix) + std::string(sub)}};
  if (!place->leaf().kept) return Field{};  // nobody has any
  return std::nullopt;
}

}  // namespace

search::Names index_names(const ResourceShape& user_shape) {
  return [&user_shape](const directory::AttributePath& path, const directory::AttributePath* around) { return field_of(user_shape, path, around); };
}

std::optional<Field> index_order(const ResourceShape& user_shape, const directory::AttributePath& path) {
  auto field = field_of(user_shape, path, nullptr);
  if (!field || (field->kind == Field::Kind::items && field->part == search::Part::primary)) return std::nullopt;
  if (field->kind == Field::Kind::values && field->columns.size() > 1) field->columns.clear();  // no one value
  return field;
}

}  // namespace kidoban::scim
