// What service accounts show who they are by: tokens, secrets and keys, and the access tokens that come of the latter two.

#include <algorithm>
#include <array>

#include <boost/json.hpp>

#include "base/limits.h"
#include "base/text.h"
#include "crypto/jose.h"
#include "directory/names.h"
#include "directory/service_account_store.h"
#include "directory/service_accounts.h"

namespace kidoban::directory {

namespace {

constexpr std::string_view token_prefix = "kdb_", secret_prefix = "kds_", access_prefix = "kda_";
constexpr std::size_t random_bytes = 32, shown_bytes = 47, most_of_a_kind = 20;
// Good at once, of one account. Whoever keeps a token until it ends has one a process; who asks for one a request is stopped here.
constexpr std::int64_t most_access = 1000;
constexpr Duration least_life = std::chrono::minutes(1), longest_life = std::chrono::days(366);
constexpr std::size_t at_once = 100;
constexpr std::int64_t purged_at_once = 1000;

struct Words {
  std::string_view word;
  Reason issued, revoked, first_used, unknown, too_many;
};
constexpr Words words[] = {
    {"token", "service_token.issued", "service_token.revoked", "service_token.first_used", "token_unknown", "token_too_many"},
    {"secret", "service_secret.issued", "service_secret.revoked", "service_secret.first_used", "secret_unknown", "secret_too_many"},
    {"key", "service_key.registered", "service_key.revoked", "service_key.first_used", "key_unknown", "key_too_many"},
};
const Words& words_for(CredentialKind kind) { return words[static_cast<std::size_t>(kind)]; }

seal::Place label_place(const Id& id) { return {"service_tokens", "label", id.span()}; }

Result<ServiceCredential> open(const seal::TenantKey& key, const ServiceCredentialRow& row) {
  return ServiceCredential{row.id, row.account, row.kind, TRY(key.open_text(label_place(row.id), row.label)), row.created_at, row.expires_at, row.last_used_at,
                           row.public_key};
}

// 256 random bits need no slow hash to be kept: nobody tries them all. The prefix tells those who look for leaked secrets what it is.
Secret make(Random& random, std::string_view prefix) {
  std::array<std::uint8_t, random_bytes> bytes{};
  random.fill(bytes);
  return Secret::of(std::string(prefix) + base64url(bytes));
}

bool looks_like(std::string_view text, std::string_view prefix) { return text.size() == shown_bytes && text.starts_with(prefix); }

audit::Event about(audit::Event by, Reason name, const Id& account, const Id& credential) {
  by.name = name;
  by.target_kind = "service_account";
  by.target = account;
  by.detail.emplace_back("credential", credential.text());
  return by;
}

Failure invalid() { return fail(Kind::unauthenticated, "token_invalid"); }
auto soon() { return runtime::Deadline::after(std::chrono::seconds(30)); }

}  // namespace

std::string_view word_of(CredentialKind kind) { return words_for(kind).word; }

Result<PublicKey> read_public_key(std::string_view text) {
  const auto keys = TRY(crypto::jwk_parse(text));
  const auto& key = keys.front();
  if (key.kid().size() > limits::external_id_bytes || !is_plain_text(key.kid())) return fail(Kind::malformed, "jwk_malformed", "its kid is too long or not plain text");
  auto jwk = boost::json::parse(key.public_jwk()).as_object();
  if (keys.size() > 1) jwk.erase("alg");  // it named none: either padding
  return PublicKey{boost::json::serialize(jwk), key.thumbprint()};
}

Result<ServiceCredential> ServiceAccounts::keep(store::Transaction& tx, ServiceCredential made, const crypto::Digest& hash, const audit::Event& by) {
  const auto account = TRY(get(tx, made.account));
  made.label = TRY(checked_name(made.label));
  made.id = new_id(clock_, random_);
  made.created_at = clock_.now();
  if (made.expires_at < made.created_at + least_life || made.expires_at > made.created_at + longest_life) {
    return fail(Kind::malformed, "lifetime_malformed", "a credential lives a minute at least and 366 days at most");
  }
  if (TRY(select_credentials(tx, made.account, made.kind, most_of_a_kind)).size() == most_of_a_kind) return fail(Kind::conflict, words_for(made.kind).too_many);
  const auto key = TRY(keys_.of(tx));
  const ServiceCredentialRow row{made.id, made.account, made.kind, key->seal(label_place(made.id), made.label), made.created_at, made.expires_at, {}, made.public_key};
  if (!TRY(insert_credential(tx, row, hash))) return fail(Kind::conflict, "key_taken");
  audit::Event event = about(by, words_for(made.kind).issued, made.account, made.id);
  event.detail.emplace_back("label", made.label);
  event.detail.emplace_back("expires_at", rfc3339(to_us(made.expires_at)));
  event.detail.emplace_back("permissions", words_of(account.permissions));  // what whoever has it may do
  if (made.kind == CredentialKind::key) event.detail.emplace_back("thumbprint", base64url(hash));
  TRY(audit_.append(tx, event));
  return made;
}

Result<Issued> ServiceAccounts::issue(store::Transaction& tx, const Id& account, std::string_view label, Time expires_at, const audit::Event& by, CredentialKind kind) {
  Secret secret = make(random_, kind == CredentialKind::secret ? secret_prefix : token_prefix);
  auto made = TRY(keep(tx, {{}, account, kind, std::string(label), {}, expires_at, {}, {}}, crypto::sha256(secret.reveal()), by));
  return Issued{std::move(made), std::move(secret)};
}

Result<ServiceCredential> ServiceAccounts::register_key(store::Transaction& tx, const Id& account, const PublicKey& key, std::string_view label, Time expires_at,
                                                        const audit::Event& by) {
  return keep(tx, {{}, account, CredentialKind::key, std::string(label), {}, expires_at, {}, key.jwk}, key.thumbprint, by);
}

Result<std::vector<ServiceCredential>> ServiceAccounts::credentials(store::Transaction& tx, const Id& account, CredentialKind kind) {
  TRY(get(tx, account));
  const auto key = TRY(keys_.of(tx));
  std::vector<ServiceCredential> all;
  for (const auto& row : TRY(select_credentials(tx, account, kind, most_of_a_kind))) all.push_back(TRY(open(*key, row)));
  return all;
}

Status ServiceAccounts::revoke(store::Transaction& tx, const Id& account, const Id& credential, const audit::Event& by, CredentialKind kind) {
  if (!TRY(delete_credential(tx, account, kind, credential))) return fail(Kind::not_found, words_for(kind).unknown);
  return audit_.append(tx, about(by, words_for(kind).revoked, account, credential));
}

Result<std::optional<ServiceClient>> ServiceAccounts::client(store::Transaction& tx, const Id& account) {
  const auto row = TRY(select_account(tx, account));
  if (!row || !row->enabled) return std::nullopt;
  return ServiceClient{account, TRY(select_proofs(tx, account, clock_.now(), 2 * most_of_a_kind))};
}

Result<ServiceAccounts::Granted> ServiceAccounts::grant_access(store::Transaction& tx, const Id& account, const Id& credential,
                                                               const std::optional<PermissionSet>& wanted, const audit::Event& by) {
  const auto gone = [] { return fail(Kind::unauthenticated, "credential_invalid", "revoked, run out or switched off meanwhile"); };
  const Time now = clock_.now();
  const auto row = TRY(select_account(tx, account));
  if (!row || !row->enabled) return gone();
  const auto shown = TRY(select_credential(tx, account, credential));
  if (!shown || shown->kind == CredentialKind::token || shown->expires_at <= now) return gone();
  const PermissionSet may = permissions_in(row->permissions);
  const PermissionSet given = wanted.value_or(may);
  if ((given & ~may).any()) return fail(Kind::malformed, "scope_not_granted");
  // No longer than the credential: what runs out doesn't live on in what was got by it.
  const auto lifetime = std::min(std::chrono::seconds(row->access_lifetime_s), std::chrono::floor<std::chrono::seconds>(shown->expires_at - now));
  if (lifetime < std::chrono::seconds(1)) return gone();
  if (TRY(count_access(tx, account, now, most_access)) >= most_access) return fail_for_now(Kind::rate_limited, "access_tokens_too_many", 60);
  Secret token = make(random_, access_prefix);
  TRY(insert_access(tx, {account, credential, words_of(given), now, now + lifetime}, crypto::sha256(token.reveal())));
  TRY(note_use(tx, TRY(open(*TRY(keys_.of(tx)), *shown)), by));
  audit::Event event = about(by, "service_access.granted", account, credential);
  event.detail.emplace_back("scope", words_of(given));
  TRY(audit_.append(tx, event));
  return Granted{std::move(token), given, lifetime};
}

Result<std::optional<ServiceAccess>> ServiceAccounts::access(store::Transaction& tx, std::string_view token) {
  if (!looks_like(token, access_prefix)) return std::nullopt;
  const auto row = TRY(find_access(tx, crypto::sha256(token)));
  if (!row || row->expires_at <= clock_.now()) return std::nullopt;
  const auto credential = TRY(select_credential(tx, row->account, row->credential));
  if (!credential) return std::nullopt;  // revoked, or its account is gone
  auto account = TRY(get(tx, row->account));
  if (!account.enabled) return std::nullopt;
  // What was taken from the account since then is gone from its tokens too.
  const PermissionSet may = account.permissions & permissions_in(row->permissions);
  return ServiceAccess{std::move(account), TRY(open(*TRY(keys_.of(tx)), *credential)), may, row->created_at, row->expires_at};
}

Status ServiceAccounts::end_access(store::Transaction& tx, const Id& account, std::string_view token, const audit::Event& by) {
  if (!looks_like(token, access_prefix)) return {};
  const auto digest = crypto::sha256(token);
  const auto row = TRY(find_access(tx, digest));
  if (!row || row->account != account) return {};
  TRY(delete_access(tx, digest));
  audit::Event event = by;
  event.name = "service_access.ended";
  event.target_kind = "service_account";
  event.target = account;
  return audit_.append(tx, event);
}

Result<ServiceAccounts::Recognised> ServiceAccounts::authenticate(store::Transaction& tx, std::string_view token) {
  if (token.starts_with(access_prefix)) {
    auto known = TRY(access(tx, token));
    if (!known) return invalid();
    return Recognised{std::move(known->account), std::move(known->credential), known->permissions};
  }
  // A whole random token is its own proof: looked up by its hash, nothing is compared that time could tell of.
  if (!looks_like(token, token_prefix)) return invalid();
  const auto row = TRY(find_token(tx, crypto::sha256(token)));
  if (!row || row->expires_at <= clock_.now()) return invalid();
  auto account = TRY(get(tx, row->account));
  if (!account.enabled) return invalid();
  const PermissionSet may = account.permissions;
  return Recognised{std::move(account), TRY(open(*TRY(keys_.of(tx)), *row)), may};
}

Status ServiceAccounts::warn_of_ends(store::Store& store, Time until, const Warn& warn) {
  for (;;) {
    const auto all = TRY(store.system_read(soon(), [&](store::SystemTransaction& tx) { return select_ending(tx, clock_.now(), until, at_once); }));
    for (const CredentialOfTenant& one : all) {
      TRY(store.write(one.tenant, soon(), [&](store::Transaction& tx) -> Status {
        const auto account = TRY(get(tx, one.account));
        if (!TRY(note_warned(tx, one.credential, clock_.now()))) return {};
        const auto row = TRY(select_credential(tx, one.account, one.credential));
        if (!row) return {};
        return warn(tx, account, TRY(open(*TRY(keys_.of(tx)), *row)));
      }));
    }
    if (all.size() < at_once) return {};
  }
}

bool ServiceAccounts::is_use_due(const ServiceCredential& credential) const {
  return !credential.last_used_at || clock_.now() - *credential.last_used_at >= std::chrono::hours(1);
}

Status ServiceAccounts::note_use(store::Transaction& tx, const ServiceCredential& credential, const audit::Event& by) {
  if (!is_use_due(credential)) return {};
  if (!TRY(note_first_use(tx, credential.id, clock_.now()))) return update_last_used(tx, credential.id, clock_.now());
  audit::Event event = by;
  event.detail.clear();
  return audit_.append(tx, about(std::move(event), words_for(credential.kind).first_used, credential.account, credential.id));
}

Status ServiceAccounts::purge(store::Store& store) {
  for (;;) {
    const auto gone = TRY(store.system_write(soon(), [&](store::SystemTransaction& tx) { return delete_spent_access(tx, clock_.now(), purged_at_once); }));
    if (gone < purged_at_once) return {};
  }
}

}  // namespace kidoban::directory
