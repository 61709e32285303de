#pragma once
// What somebody may do to a tenant. Each row of the administrators' API asks for one; a role is a set of them.

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kidoban::directory {

enum class Permission : std::uint8_t {
  people_read,
  people_write,          // make, change, disable, delete, restore
  people_unlock,
  people_reset,          // passwords, factors, sessions
  groups_read,
  groups_write,
  domains_write,
  applications_read,
  applications_write,
  policies_read,
  policies_write,
  settings_read,
  settings_write,
  roles_read,
  roles_write,           // who may do what: whoever has it can give themselves everything
  service_accounts_write,
  audit_read,
  audit_export,
  jobs_read,
  jobs_write,
  approvals_write,       // the second pair of eyes
};

constexpr std::array<std::pair<std::string_view, Permission>, 21> permission_words{{
    {"people_read", Permission::people_read},
    {"people_write", Permission::people_write},
    {"people_unlock", Permission::people_unlock},
    {"people_reset", Permission::people_reset},
    {"groups_read", Permission::groups_read},
    {"groups_write", Permission::groups_write},
    {"domains_write", Permission::domains_write},
    {"applications_read", Permission::applications_read},
    {"applications_write", Permission::applications_write},
    {"policies_read", Permission::policies_read},
    {"policies_write", Permission::policies_write},
    {"settings_read", Permission::settings_read},
    {"settings_write", Permission::settings_write},
    {"roles_read", Permission::roles_read},
    {"roles_write", Permission::roles_write},
    {"service_accounts_write", Permission::service_accounts_write},
    {"audit_read", Permission::audit_read},
    {"audit_export", Permission::audit_export},
    {"jobs_read", Permission::jobs_read},
    {"jobs_write", Permission::jobs_write},
    {"approvals_write", Permission::approvals_write},
}};

using PermissionSet = std::bitset<permission_words.size()>;

constexpr PermissionSet every_permission() { return PermissionSet{(1ULL << permission_words.size()) - 1}; }

constexpr std::string_view word_of(Permission one) { return permission_words[static_cast<std::size_t>(one)].first; }

inline bool holds(const PermissionSet& set, Permission one) { return set.test(static_cast<std::size_t>(one)); }

constexpr std::optional<Permission> permission_named(std::string_view word) {
  for (const auto& [name, one] : permission_words) {
    if (name == word) return one;
  }
  return std::nullopt;
}

// As a store keeps them: "people_read groups_read". Words that nobody knows any more mean nothing.
std::string words_of(const PermissionSet& set);
PermissionSet permissions_in(std::string_view words);

}  // namespace kidoban::directory
