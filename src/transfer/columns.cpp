#include "transfer/columns.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "transfer/cell.h"

namespace kidoban::transfer {

namespace {

using directory::AttributeType;

struct Alias {
  std::string_view theirs, ours;
};
constexpr std::array people_aliases{
    Alias{"login_id", "login"},
    Alias{"family_name_yomi", "family_name_kana"},
    Alias{"given_name_yomi", "given_name_kana"},
    Alias{"preferred_language", "locale"},
    Alias{"byod_email", "private_email"},
    Alias{"byod_phone_number", "private_phone"},
    Alias{"entitlement", "entitlements"},
    Alias{"downstream_id", "linking_id"},
    Alias{"is_active", "active"},
    Alias{"delete_flag", "delete"},
    Alias{"update_only_flag", "update_only"},
};
constexpr std::array group_aliases{Alias{"group_name", "name"}, Alias{"email", "mail"}, Alias{"delete_flag", "delete"}, Alias{"update_only_flag", "update_only"}};
constexpr std::array member_aliases{Alias{"group_name", "group"}, Alias{"login_id", "login"}, Alias{"delete_flag", "delete"}};

struct Known {
  std::string_view name;
  Role role;
};
constexpr std::array people_columns{
    Known{"id", Role::id},
    Known{"state", Role::state},
    Known{"active", Role::active},
    Known{"delete", Role::remove},
    Known{"update_only", Role::update_only},
    Known{"password", Role::password},
    Known{"password_hash", Role::password_hash},
    Known{"valid_from", Role::valid_from},
    Known{"valid_until", Role::valid_until},
    Known{"uuid", Role::ignored},
    Known{"last_sign_in_at", Role::ignored},
    Known{"last_password_changed_at", Role::ignored},
    Known{"created_at", Role::ignored},
    Known{"updated_at", Role::ignored},
    Known{"error", Role::ignored},
};
constexpr std::array group_columns{
    Known{"id", Role::id},
    Known{"name", Role::group},
    Known{"description", Role::attribute},
    Known{"mail", Role::attribute},
    Known{"type", Role::attribute},
    Known{"external_id", Role::attribute},
    Known{"delete", Role::remove},
    Known{"update_only", Role::update_only},
    Known{"uuid", Role::ignored},
    Known{"error", Role::ignored},
};
constexpr std::array member_columns{
    Known{"group", Role::group},
    Known{"login", Role::attribute},
    Known{"member_group", Role::attribute},  // a group within
    Known{"delete", Role::remove},
    Known{"error", Role::ignored},
};

template <class Table, class Key, class Projection>
auto found_in(const Table& table, const Key& key, Projection projection) -> const typename Table::value_type* {
  const auto found = std::ranges::find(table, key, projection);
  return found == table.end() ? nullptr : &*found;
}

std::optional<Column> person_column(std::string_view title, std::span<const directory::CustomAttribute> custom) {
  const auto* alias = found_in(people_aliases, title, &Alias::theirs);
  const std::string_view name = alias == nullptr ? title : alias->ours;
  if (const auto* known = found_in(people_columns, name, &Known::name)) return Column{{}, std::string(name), known->role};
  if (const auto* attribute = directory::attribute_named(name)) {
    return Column{{}, std::string(name), Role::attribute, attribute->type, title == "entitlement"};
  }
  if (!name.starts_with(directory::custom_prefix)) return std::nullopt;
  const auto declared = std::ranges::find(custom, name.substr(directory::custom_prefix.size()), &directory::CustomAttribute::name);
  if (declared == custom.end()) return std::nullopt;
  return Column{{}, std::string(name), Role::attribute, declared->type};
}

template <class Aliases, class Table>
std::optional<Column> column_of(std::string_view title, const Aliases& aliases, const Table& table) {
  const auto* alias = found_in(aliases, title, &Alias::theirs);
  const std::string_view name = alias == nullptr ? title : alias->ours;
  const auto* known = found_in(table, name, &Known::name);
  if (known == nullptr) return std::nullopt;
  return Column{{}, std::string(name), known->role};
}

bool is_complete(FileKind kind, const Columns& columns) {
  switch (kind) {
    case FileKind::people: return columns.find("login") || columns.find(Role::id);
    case FileKind::groups: return columns.find(Role::group) || columns.find(Role::id);
    case FileKind::members: return columns.find(Role::group) && (columns.find("login") || columns.find("member_group"));
  }
  return false;
}

}  // namespace

std::optional<std::size_t> Columns::find(Role role) const {
  const auto found = std::ranges::find(all_, role, &Column::role);
  if (found == all_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - all_.begin());
}

std::optional<std::size_t> Columns::find(std::string_view name) const {
  const auto found = std::ranges::find(all_, name, &Column::name);
  if (found == all_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - all_.begin());
}

Read<Columns> read_header(FileKind kind, std::span<const std::string> titles, std::span<const directory::CustomAttribute> custom, std::int64_t line) {
  std::vector<Column> all;
  for (const std::string& title : titles) {
    const auto place = static_cast<std::int64_t>(all.size()) + 1;
    const std::string plain = ascii_lower(trim(bare(title)));
    auto column = kind == FileKind::people   ? person_column(plain, custom)
                  : kind == FileKind::groups ? column_of(plain, group_aliases, group_columns)
                                             : column_of(plain, member_aliases, member_columns);
    if (!column) return std::unexpected(Fault{"column_unknown", line, place});
    const bool repeated = column->role != Role::ignored && std::ranges::find(all, column->name, &Column::name) != all.end();
    if (repeated) return std::unexpected(Fault{"column_repeated", line, place});
    column->title = title;
    all.push_back(std::move(*column));
  }
  Columns columns(std::move(all));
  if (!is_complete(kind, columns)) return std::unexpected(Fault{"column_missing", line, 0});
  return columns;
}

std::vector<Column> export_columns(FileKind kind, std::span<const directory::CustomAttribute> custom) {
  std::vector<Column> all;
  const auto add = [&](std::string_view name, Role role, AttributeType type = AttributeType::text) {
    all.push_back({std::string(name), std::string(name), role, type});
  };
  if (kind == FileKind::people) {
    add("id", Role::id);
    for (const auto& one : directory::attributes()) add(one.name, Role::attribute, one.type);
    for (const auto& one : custom) add(std::string(directory::custom_prefix) + one.name, Role::attribute, one.type);
    add("state", Role::state);
    add("valid_from", Role::valid_from);
    add("valid_until", Role::valid_until);
    add("created_at", Role::ignored);
    add("updated_at", Role::ignored);
  } else if (kind == FileKind::groups) {
    for (const Known& one : group_columns) {
      if (one.role == Role::id || one.role == Role::group || one.role == Role::attribute) add(one.name, one.role);
    }
  } else {
    for (const Known& one : member_columns) {
      if (one.role == Role::group || one.role == Role::attribute) add(one.name, one.role);
    }
  }
  return all;
}

}  // namespace kidoban::transfer
