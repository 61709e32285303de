#include "directory/service_accounts.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "directory/names.h"
#include "directory/service_account_store.h"

namespace kidoban::directory {

namespace {

constexpr std::string_view prefix = "kdb_";
constexpr std::size_t token_bytes = 32, tokens_most = 20;
constexpr Duration least_life = std::chrono::minutes(1), longest_life = std::chrono::days(366);

seal::Place name_place(const Id& id) { return {"service_accounts", "name", id.span()}; }
seal::Place label_place(const Id& id) { return {"service_tokens", "label", id.span()}; }

Result<ServiceAccount> open(const seal::TenantKey& key, const ServiceAccountRow& row) {
  return ServiceAccount{row.id, TRY(key.open_text(name_place(row.id), row.name)), permissions_in(row.permissions), row.enabled, row.created_at, row.version};
}

Result<ServiceToken> open(const seal::TenantKey& key, const ServiceTokenRow& row) {
  return ServiceToken{row.id, row.account, TRY(key.open_text(label_place(row.id), row.label)), row.created_at, row.expires_at, row.last_used_at};
}

audit::Event about(audit::Event by, Reason name, const Id& account) {
  by.name = name;
  by.target_kind = "service_account";
  by.target = account;
  return by;
}

Failure invalid() { return fail(Kind::unauthenticated, "token_invalid"); }

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

Result<ServiceAccount> ServiceAccounts::create(store::Transaction& tx, std::string_view typed, const PermissionSet& permissions, const audit::Event& by) {
  const auto name = TRY(checked_name(typed));
  if (permissions.none()) return fail(Kind::malformed, "role_empty", "an account has a permission at least");
  const auto key = TRY(keys_.of(tx));
  const ServiceAccount made{new_id(clock_, random_), name, permissions, true, clock_.now(), 1};
  TRY(insert_account(tx, {made.id, key->seal(name_place(made.id), name), words_of(permissions), true, made.created_at, 1}));
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
  if (after.permissions.none()) return fail(Kind::malformed, "role_empty", "an account has a permission at least");
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
  if (!changed) return before;
  after.version = before.version + 1;
  const auto key = TRY(keys_.of(tx));
  TRY(update_account(tx, {id, key->seal(name_place(id), after.name), words_of(after.permissions), after.enabled, after.created_at, after.version}));
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

Result<IssuedToken> ServiceAccounts::issue(store::Transaction& tx, const Id& account, std::string_view typed, Time expires_at, const audit::Event& by) {
  TRY(get(tx, account));
  const auto label = TRY(checked_name(typed));
  const Time now = clock_.now();
  if (expires_at < now + least_life || expires_at > now + longest_life) return fail(Kind::malformed, "lifetime_malformed", "a token lives a minute at least and 366 days at most");
  if (TRY(select_tokens(tx, account, tokens_most)).size() == tokens_most) return fail(Kind::conflict, "token_too_many");
  std::array<std::uint8_t, token_bytes> random{};
  random_.fill(random);
  const std::string token = std::string(prefix) + base64url(random);
  const auto key = TRY(keys_.of(tx));
  ServiceToken made{new_id(clock_, random_), account, label, now, expires_at, {}};
  TRY(insert_token(tx, {made.id, account, key->seal(label_place(made.id), label), now, expires_at, {}}, crypto::sha256(token)));
  audit::Event event = about(by, "service_token.issued", account);
  event.detail.emplace_back("token", made.id.text());
  event.detail.emplace_back("label", label);
  event.detail.emplace_back("expires_at", rfc3339(to_us(expires_at)));
  TRY(audit_.append(tx, event));
  return IssuedToken{std::move(made), Secret(std::vector<std::uint8_t>(token.begin(), token.end()))};
}

Result<std::vector<ServiceToken>> ServiceAccounts::tokens(store::Transaction& tx, const Id& account) {
  TRY(get(tx, account));
  const auto key = TRY(keys_.of(tx));
  std::vector<ServiceToken> all;
  for (const auto& row : TRY(select_tokens(tx, account, tokens_most))) all.push_back(TRY(open(*key, row)));
  return all;
}

Status ServiceAccounts::revoke(store::Transaction& tx, const Id& account, const Id& token, const audit::Event& by) {
  if (!TRY(delete_token(tx, account, token))) return fail(Kind::not_found, "token_unknown");
  audit::Event event = about(by, "service_token.revoked", account);
  event.detail.emplace_back("token", token.text());
  return audit_.append(tx, event);
}

Result<ServiceAccounts::Recognised> ServiceAccounts::authenticate(store::Transaction& tx, std::string_view token) {
  // A whole random token is its own proof: looked up by its hash, nothing is compared that time could tell of.
  if (!is_token(token) || token.size() > 64) return invalid();
  const auto row = TRY(find_token(tx, crypto::sha256(token)));
  if (!row || row->expires_at <= clock_.now()) return invalid();
  auto account = TRY(get(tx, row->account));
  if (!account.enabled) return invalid();
  return Recognised{std::move(account), TRY(open(*TRY(keys_.of(tx)), *row))};
}

Status ServiceAccounts::warn_of_ends(store::Store& store, Time until, const Warn& warn) {
  constexpr std::size_t at_once = 100;
  const auto soon = [] { return runtime::Deadline::after(std::chrono::seconds(30)); };
  for (;;) {
    const auto all = TRY(store.system_read(soon(), [&](store::SystemTransaction& tx) { return select_ending(tx, clock_.now(), until, at_once); }));
    for (const TokenOfTenant& one : all) {
      TRY(store.write(one.tenant, soon(), [&](store::Transaction& tx) -> Status {
        const auto account = TRY(get(tx, one.account));
        if (!TRY(note_warned(tx, one.token, clock_.now()))) return {};
        for (const ServiceToken& token : TRY(tokens(tx, one.account))) {
          if (token.id == one.token) TRY(warn(tx, account, token));
        }
        return {};
      }));
    }
    if (all.size() < at_once) return {};
  }
}

Status ServiceAccounts::note_use(store::Transaction& tx, const ServiceToken& token) {
  const Time now = clock_.now();
  if (token.last_used_at && now - *token.last_used_at < std::chrono::hours(1)) return {};
  return update_last_used(tx, token.id, now);
}

}  // namespace kidoban::directory
