#include "directory/service_accounts.h"

#include <algorithm>

#include "directory/names.h"
#include "directory/service_account_store.h"

namespace kidoban::directory {

namespace {

seal::Place name_place(const Id& id) { return {"service_accounts", "name", id.span()}; }

Result<ServiceAccount> open(const seal::TenantKey& key, const ServiceAccountRow& row) {
  return ServiceAccount{row.id, TRY(key.open_text(name_place(row.id), row.name)), permissions_in(row.permissions), row.enabled, row.created_at, row.version,
                        std::chrono::seconds(row.access_lifetime_s)};
}

ServiceAccountRow closed(const seal::TenantKey& key, const ServiceAccount& account) {
  return {account.id, key.seal(name_place(account.id), account.name), words_of(account.permissions), account.enabled, account.created_at, account.version,
          account.access_lifetime.count()};
}

audit::Event about(audit::Event by, Reason name, const Id& account) {
  by.name = name;
  by.target_kind = "service_account";
  by.target = account;
  return by;
}

Status check(const ServiceAccount& account) {
  if (account.permissions.none()) return fail(Kind::malformed, "role_empty", "an account has a permission at least");
  if (account.access_lifetime >= access_lifetime_least && account.access_lifetime <= access_lifetime_most) return {};
  return fail(Kind::malformed, "lifetime_malformed", "an access token lives a minute at least and an hour at most");
}

}  // namespace

Result<std::vector<ServiceAccount>> ServiceAccounts::list(store::Transaction& tx, std::optional<Id> after, std::size_t limit) {
  const auto key = TRY(keys_.of(tx));
  std::vector<ServiceAccount> all;
  for (const auto& row : TRY(select_accounts(tx, after.value_or(Id{}), std::clamp<std::size_t>(limit, 1, 500)))) all.push_back(TRY(open(*key, row)));
  return all;
}

Result<ServiceAccount> ServiceAccounts::get(store::Transaction& tx, const Id& id) {
  const auto row = TRY(select_account(tx, id));
  if (!row) return fail(Kind::not_found, "service_account_unknown");
  return open(*TRY(keys_.of(tx)), *row);
}

Result<ServiceAccount> ServiceAccounts::create(store::Transaction& tx, std::string_view typed, const PermissionSet& permissions, const audit::Event& by,
                                               std::chrono::seconds lifetime) {
  const auto name = TRY(checked_name(typed));
  const ServiceAccount made{new_id(clock_, random_), name, permissions, true, clock_.now(), 1, lifetime};
  TRY(check(made));
  TRY(insert_account(tx, closed(*TRY(keys_.of(tx)), made)));
  audit::Event event = about(by, "service_account.created", made.id);
  event.detail.emplace_back("name", name);
  event.detail.emplace_back("permissions", words_of(permissions));
  TRY(audit_.append(tx, event));
  return made;
}

Result<ServiceAccount> ServiceAccounts::change(store::Transaction& tx, const Id& id, const Change& change, std::optional<std::int64_t> version, const audit::Event& by) {
  const auto before = TRY(get(tx, id));
  if (version && *version != before.version) return fail(Kind::conflict, "version_changed");
  ServiceAccount after = before;
  if (change.name) after.name = TRY(checked_name(*change.name));
  if (change.permissions) after.permissions = *change.permissions;
  after.enabled = change.enabled.value_or(before.enabled);
  after.access_lifetime = change.access_lifetime.value_or(before.access_lifetime);
  TRY(check(after));
  audit::Event event = about(by, "service_account.changed", id);
  const auto told = [&](std::string name, const std::string& was, const std::string& is) {
    if (was == is) return false;
    event.detail.emplace_back(name, is);
    event.detail.emplace_back(name + "_before", was);
    return true;
  };
  bool changed = told("name", before.name, after.name);
  changed |= told("permissions", words_of(before.permissions), words_of(after.permissions));
  changed |= told("enabled", before.enabled ? "true" : "false", after.enabled ? "true" : "false");
  changed |= told("access_token_lifetime_s", std::to_string(before.access_lifetime.count()), std::to_string(after.access_lifetime.count()));
  if (!changed) return before;
  after.version = before.version + 1;
  TRY(update_account(tx, closed(*TRY(keys_.of(tx)), after)));
  TRY(audit_.append(tx, event));
  return after;
}

Status ServiceAccounts::remove(store::Transaction& tx, const Id& id, const audit::Event& by) {
  const auto account = TRY(get(tx, id));
  TRY(delete_account(tx, id));
  audit::Event event = about(by, "service_account.deleted", id);
  event.detail.emplace_back("name", account.name);
  return audit_.append(tx, event);
}

}  // namespace kidoban::directory
