#include "directory/roles.h"

#include <algorithm>

#include "base/text.h"
#include "directory/names.h"
#include "directory/role_store.h"

namespace kidoban::directory {

namespace {

using P = Permission;

constexpr PermissionSet set_of(std::initializer_list<Permission> all) {
  unsigned long long bits = 0;
  for (const Permission one : all) bits |= 1ULL << static_cast<unsigned>(one);
  return PermissionSet(bits);
}

struct Fixed {
  std::string_view key;
  PermissionSet permissions;
};
// Those that every tenant has. Everything is what an `administrator` may do, and no role.
const Fixed fixed[] = {
    {"people", set_of({P::people_read, P::people_write, P::people_unlock, P::people_reset, P::groups_read, P::groups_write, P::jobs_read, P::jobs_write})},
    {"applications", set_of({P::applications_read, P::applications_write, P::people_read, P::groups_read})},
    {"policies", set_of({P::policies_read, P::policies_write, P::settings_read, P::settings_write, P::domains_write, P::people_read, P::groups_read})},
    {"help_desk", set_of({P::people_read, P::people_unlock, P::people_reset})},
    {"auditor", set_of({P::people_read, P::groups_read, P::applications_read, P::policies_read, P::settings_read, P::roles_read, P::audit_read,
                        P::audit_export, P::jobs_read})},
};
constexpr std::size_t roles_most = 200, assignments_most = 100;

seal::Place name_of(const Id& id) { return {"roles", "name", id.span()}; }

const Fixed* fixed_named(std::string_view key) {
  const auto* found = std::ranges::find(fixed, key, &Fixed::key);
  return found == std::end(fixed) ? nullptr : found;
}

Result<Role> open(const seal::TenantKey& key, const RoleRow& row) {
  return Role{row.id.text(), TRY(key.open_text(name_of(row.id), row.name)), permissions_in(row.permissions), row.version};
}

audit::Event about(audit::Event by, Reason name, std::string_view kind, std::optional<Id> target) {
  by.name = name;
  by.target_kind = kind;
  by.target = target;
  return by;
}

std::string told_of(const Scope& scope) {
  switch (scope.kind) {
    case Scope::Kind::everywhere: return "everywhere";
    case Scope::Kind::group: return "group " + scope.what;
    case Scope::Kind::domain: return "domain " + scope.what;
  }
  return {};
}

Status check(const Scope& scope) {
  const bool fits = scope.kind == Scope::Kind::everywhere ? scope.what.empty()
                    : scope.kind == Scope::Kind::group    ? Id::parse(scope.what).has_value()
                                                          : scope.what.size() <= 253 && scope.what.find('.') != std::string::npos && is_plain_text(scope.what);
  if (fits) return {};
  return fail(Kind::malformed, "scope_malformed");
}

}  // namespace

std::string words_of(const PermissionSet& set) {
  std::string out;
  for (const auto& [word, one] : permission_words) {
    if (holds(set, one)) out += (out.empty() ? "" : " ") + std::string(word);
  }
  return out;
}

PermissionSet permissions_in(std::string_view words) {
  PermissionSet out;
  for (const auto& word : kidoban::words_of(words)) {
    if (const auto one = permission_named(word)) out.set(static_cast<std::size_t>(*one));
  }
  return out;
}

PermissionSet Grant::anywhere() const {
  PermissionSet out = everywhere;
  for (const auto& [scope, set] : scoped) out |= set;
  return out;
}

std::string Grant::roles_with(Permission one) const {
  std::string out, last;
  for (const auto& [role, set] : by_role) {
    if (!holds(set, one) || role == last) continue;  // one role for several groups stands together
    out += (out.empty() ? "" : ",") + role;
    last = role;
  }
  return out;
}

Result<std::vector<Role>> Roles::list(store::Transaction& tx) {
  std::vector<Role> all;
  for (const Fixed& one : fixed) all.push_back({std::string(one.key), {}, one.permissions, 0});
  const auto key = TRY(keys_.of(tx));
  for (const RoleRow& row : TRY(select_roles(tx, roles_most))) all.push_back(TRY(open(*key, row)));
  return all;
}

Result<Role> Roles::get(store::Transaction& tx, std::string_view wanted) {
  if (const Fixed* one = fixed_named(wanted)) return Role{std::string(wanted), {}, one->permissions, 0};
  const auto id = Id::parse(wanted);
  const auto row = id ? TRY(select_role(tx, *id)) : std::nullopt;
  if (!row) return fail(Kind::not_found, "role_unknown");
  return open(*TRY(keys_.of(tx)), *row);
}

Result<Role> Roles::create(store::Transaction& tx, std::string_view typed, const PermissionSet& permissions, const audit::Event& by) {
  const auto name = TRY(checked_name(typed));
  if (permissions.none()) return fail(Kind::malformed, "role_empty", "a role has a permission at least");
  if (TRY(select_roles(tx, roles_most)).size() == roles_most) return fail(Kind::conflict, "role_too_many");
  const auto key = TRY(keys_.of(tx));
  const Id id = new_id(clock_, random_);
  TRY(insert_role(tx, {id, key->seal(name_of(id), name), words_of(permissions), 1}));
  audit::Event event = about(by, "role.created", "role", id);
  event.detail.emplace_back("name", name);
  event.detail.emplace_back("permissions", words_of(permissions));
  TRY(audit_.append(tx, event));
  return Role{id.text(), name, permissions, 1};
}

Result<Role> Roles::change(store::Transaction& tx, std::string_view wanted, std::optional<std::string_view> name, std::optional<PermissionSet> permissions,
                           std::optional<std::int64_t> version, const audit::Event& by) {
  if (fixed_named(wanted) != nullptr) return fail(Kind::conflict, "role_fixed");
  const Role before = TRY(get(tx, wanted));
  if (version && *version != before.version) return fail(Kind::conflict, "version_changed");
  Role after = before;
  if (name) after.name = TRY(checked_name(*name));
  if (permissions) after.permissions = *permissions;
  if (after.permissions.none()) return fail(Kind::malformed, "role_empty", "a role has a permission at least");
  if (after.name == before.name && after.permissions == before.permissions) return before;
  after.version = before.version + 1;
  const Id id = TRY(Id::parse(wanted));
  const auto key = TRY(keys_.of(tx));
  TRY(update_role(tx, {id, key->seal(name_of(id), after.name), words_of(after.permissions), after.version}));
  audit::Event event = about(by, "role.changed", "role", id);
  event.detail.emplace_back("name", after.name);
  event.detail.emplace_back("name_before", before.name);
  event.detail.emplace_back("permissions", words_of(after.permissions));
  event.detail.emplace_back("permissions_before", words_of(before.permissions));
  TRY(audit_.append(tx, event));
  return after;
}

Status Roles::remove(store::Transaction& tx, std::string_view wanted, const audit::Event& by) {
  if (fixed_named(wanted) != nullptr) return fail(Kind::conflict, "role_fixed");
  const Role role = TRY(get(tx, wanted));
  if (TRY(is_assigned(tx, wanted))) return fail(Kind::conflict, "role_in_use", "somebody has this role");
  const Id id = TRY(Id::parse(wanted));
  TRY(delete_role(tx, id));
  audit::Event event = about(by, "role.deleted", "role", id);
  event.detail.emplace_back("name", role.name);
  return audit_.append(tx, event);
}

Result<std::vector<Assignment>> Roles::of(store::Transaction& tx, const Id& person) { return select_assignments(tx, person, assignments_most); }

Status Roles::assign(store::Transaction& tx, const Id& person, const Assignment& wanted, const audit::Event& by) {
  TRY(check(wanted.scope));
  const Role role = TRY(get(tx, wanted.role));
  if (TRY(of(tx, person)).size() == assignments_most) return fail(Kind::conflict, "role_too_many");
  if (!TRY(insert_assignment(tx, person, wanted))) return {};
  audit::Event event = about(by, "role.assigned", "person", person);
  event.detail.emplace_back("role", wanted.role);
  event.detail.emplace_back("scope", told_of(wanted.scope));
  // A role can become another afterwards: what it gave then.
  if (!role.name.empty()) event.detail.emplace_back("role_name", role.name);
  event.detail.emplace_back("permissions", words_of(role.permissions));
  return audit_.append(tx, event);
}

Status Roles::withdraw(store::Transaction& tx, const Id& person, const Assignment& had, const audit::Event& by) {
  if (!TRY(delete_assignment(tx, person, had))) return {};
  audit::Event event = about(by, "role.withdrawn", "person", person);
  event.detail.emplace_back("role", had.role);
  event.detail.emplace_back("scope", told_of(had.scope));
  return audit_.append(tx, event);
}

Result<Grant> Roles::grant_of(store::Transaction& tx, const Id& person, bool administrator) {
  Grant out;
  if (administrator) {
    out.everywhere = every_permission();
    out.by_role.emplace_back("administrator", out.everywhere);
    return out;
  }
  for (const Assignment& one : TRY(of(tx, person))) {
    const auto set = TRY(get(tx, one.role)).permissions;
    out.by_role.emplace_back(one.role, set);
    if (one.scope.kind == Scope::Kind::everywhere) out.everywhere |= set;
    else out.scoped.emplace_back(one.scope, set);
  }
  return out;
}

Status Roles::leave_more_powerful(store::Transaction& tx, const PermissionSet& mine, const Id& person, bool administrator) {
  const auto theirs = TRY(grant_of(tx, person, administrator)).anywhere();
  if ((theirs & ~mine).none()) return {};
  return fail(Kind::forbidden, "person_more_powerful");
}

Result<std::vector<Id>> Roles::holders(store::Transaction& tx, std::string_view role, std::size_t limit) { return select_holders(tx, role, limit); }

Status Roles::forget(store::Transaction& tx, const Id& person) { return delete_assignments(tx, person); }

}  // namespace kidoban::directory
