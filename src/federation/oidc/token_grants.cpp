#include "federation/oidc/token_grants.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace kidoban::federation::oidc {

namespace {

Duration seconds(std::int64_t n) { return std::chrono::seconds(n); }

Outcome refuse_and_commit(Kind kind, Reason reason) { return {Error{kind, reason, {}, 0, std::source_location::current()}, {}}; }

Status record(const Redeeming& r, store::Transaction& tx, Reason name, const Grant& grant, Reason reason, audit::Outcome outcome) {
  audit::Event event{name, outcome, {audit::ActorKind::application, r.client.application}, "person", grant.person, grant.session};
  event.reason = reason.text();
  event.detail = {{"grant", grant.id.text()}};
  const audit::Event told = audit::from(r.request, std::move(event));
  return r.provider.audit.append(tx, told);
}

bool wants_groups(const std::vector<std::string>& scopes, const Grant& grant) {
  const auto has = [](const std::vector<std::string>& list) { return std::ranges::find(list, "groups") != list.end(); };
  return has(scopes) || has(grant.details.id_token_claims);
}

// ---- authorization_code -------------------------------------------------------------------------

// RFC 7636 §4.1.
bool is_code_verifier(std::string_view text) {
  return text.size() >= 43 && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
  });
}

Result<Presented> read_code(const http::Form& form, const Client&) {
  if (form.get_or("code").empty()) return fail(Kind::malformed, "parameter_missing");
  const auto code = parse_code(form.get_or("code"));
  if (!code) return fail(Kind::malformed, "code_invalid");
  return Presented(PresentedCode{*code, std::string(form.get_or("redirect_uri")), std::string(form.get_or("code_verifier"))});
}

// A genuine code in hands that can't prove to be the right ones.
std::optional<Reason> why_not(const Redeeming& r, const PresentedCode& presented, const Grant& grant) {
  if (grant.application != r.client.application) return Reason("code_invalid");
  if (r.now >= grant.code_expires_at) return Reason("code_expired");
  if (crypto::sha256(presented.redirect_uri) != grant.redirect_uri_hash) return Reason("redirect_uri_differs");
  if (grant.code_challenge.empty()) {
    // A verifier without a challenge is a downgrade attack's trace (RFC 9700 §4.8.2).
    if (!presented.code_verifier.empty()) return Reason("code_verifier_wrong");
    return std::nullopt;
  }
  if (!is_code_verifier(presented.code_verifier)) return Reason("code_verifier_wrong");
  const auto digest = crypto::sha256(presented.code_verifier);
  if (!constant_time_equal(base64url(std::span<const std::uint8_t>(digest)), grant.code_challenge)) return Reason("code_verifier_wrong");
  return std::nullopt;
}

bool gets_refresh_token(const Client& client, const Grant& grant) {
  return client.may_use("refresh_token") && (client.refresh_without_offline_access || grant.has_scope("offline_access"));
}

Result<Outcome> redeem_code(Redeeming& r, store::Transaction& tx, const Presented& any) {
  const auto& presented = std::get<PresentedCode>(any);
  auto grant = TRY(find_grant(tx, r.provider.keyring, presented.code.grant));
  if (!grant || !constant_time_equal(std::span<const std::uint8_t>(grant->code_hash), std::span<const std::uint8_t>(presented.code.secret_hash))) {
    return fail(Kind::malformed, "code_invalid");
  }
  // RFC 6749 §4.1.2: a code used twice ends all it gave, whoever comes second.
  if (grant->redeemed_at) {
    TRY(revoke_grant(tx, grant->id, r.now));
    TRY(record(r, tx, "oidc.code.replayed", *grant, "code_used", audit::Outcome::refused));
    return refuse_and_commit(Kind::malformed, "code_used");
  }
  if (grant->revoked_at) return fail(Kind::malformed, "code_invalid");
  if (const auto reason = why_not(r, presented, *grant)) {
    TRY(record(r, tx, "oidc.code.refused", *grant, *reason, audit::Outcome::refused));
    return refuse_and_commit(Kind::malformed, *reason);
  }
  auto subject = TRY(read_subject(tx, r.provider.directory, grant->person, wants_groups(grant->scopes, *grant), r.provider.clock.now()));
  if (!subject) return fail(Kind::malformed, "person_gone");

  Given given;
  given.first = true;
  given.sealer = TRY(r.provider.keyring.of(tx));
  grant->redeemed_at = r.now;
  grant->expires_at = std::max(grant->expires_at, r.now + seconds(r.client.access_token_lifetime_s));
  if (gets_refresh_token(r.client, *grant)) {
    grant->refresh_secret = Secret::of(std::span<const std::uint8_t>(r.provider.random.bytes<32>()));
    grant->refresh_generation = 1;
    grant->refresh_until = r.now + seconds(r.client.refresh_lifetime_s);
    grant->refresh_expires_at = std::min(*grant->refresh_until, r.now + seconds(r.client.refresh_idle_lifetime_s));
    grant->expires_at = std::max(grant->expires_at, *grant->refresh_expires_at);
    given.refresh_token = refresh_token(grant->id, grant->refresh_generation, *grant->refresh_secret);
  }
  if (!TRY(redeem_grant(tx, *given.sealer, *grant))) return fail(Kind::malformed, "code_used");
  TRY(record(r, tx, "oidc.code.redeemed", *grant, "", audit::Outcome::success));
  given.scopes = grant->scopes;
  given.grant = std::move(grant);
  given.subject = std::move(subject);
  return Outcome{std::nullopt, std::move(given)};
}

// ---- refresh_token ------------------------------------------------------------------------------

Result<Presented> read_refresh(const http::Form& form, const Client&) {
  if (form.get_or("refresh_token").empty()) return fail(Kind::malformed, "parameter_missing");
  const auto token = parse_refresh_token(form.get_or("refresh_token"));
  if (!token) return fail(Kind::malformed, "refresh_token_invalid");
  if (form.get_or("scope").size() > limits::oauth_scope_bytes) return fail(Kind::malformed, "scope_not_granted");
  return Presented(PresentedRefresh{*token, words_of(form.get_or("scope"))});
}

Result<bool> session_stands(const Redeeming& r, store::Transaction& tx, const Grant& grant) {
  if (grant.has_scope("offline_access")) return true;  // OIDC Core §11: outlives the session
  const auto session = TRY(r.provider.gate.session(tx, grant.session));
  return session && session->alive;
}

Result<Outcome> redeem_refresh(Redeeming& r, store::Transaction& tx, const Presented& any) {
  const auto& presented = std::get<PresentedRefresh>(any);
  auto grant = TRY(find_grant(tx, r.provider.keyring, presented.token.grant));
  if (!grant || !grant->refresh_secret || !is_genuine(presented.token, *grant->refresh_secret) ||
      grant->application != r.client.application) {
    return fail(Kind::malformed, "refresh_token_invalid");
  }
  if (grant->revoked_at) return fail(Kind::malformed, "refresh_token_expired");
  // Genuine but not the newest: it was used before, by its owner or by a thief (RFC 9700 §4.14.2).
  if (presented.token.generation != grant->refresh_generation) {
    TRY(revoke_grant(tx, grant->id, r.now));
    TRY(record(r, tx, "oidc.refresh_token.reused", *grant, "refresh_token_reused", audit::Outcome::refused));
    return refuse_and_commit(Kind::malformed, "refresh_token_reused");
  }
  if (!grant->refresh_expires_at || r.now >= *grant->refresh_expires_at) return fail(Kind::malformed, "refresh_token_expired");
  for (const std::string& scope : presented.scopes) {
    if (!grant->has_scope(scope)) return fail(Kind::malformed, "scope_not_granted");  // RFC 6749 §6
  }
  if (!TRY(session_stands(r, tx, *grant))) return fail(Kind::malformed, "session_ended");
  Given given;
  given.scopes = presented.scopes.empty() ? grant->scopes : presented.scopes;
  given.subject = TRY(read_subject(tx, r.provider.directory, grant->person, wants_groups(given.scopes, *grant), r.provider.clock.now()));
  if (!given.subject) return fail(Kind::malformed, "person_gone");
  given.sealer = TRY(r.provider.keyring.of(tx));
  grant->refresh_generation += 1;
  grant->refresh_expires_at = std::min(grant->refresh_until.value_or(r.now), r.now + seconds(r.client.refresh_idle_lifetime_s));
  grant->expires_at = std::max(*grant->refresh_expires_at, r.now + seconds(r.client.access_token_lifetime_s));
  if (!TRY(advance_grant(tx, *grant))) return fail(Kind::conflict, "refresh_token_moved");
  TRY(record(r, tx, "oidc.token.refreshed", *grant, "", audit::Outcome::success));
  given.refresh_token = refresh_token(grant->id, grant->refresh_generation, *grant->refresh_secret);
  given.grant = std::move(grant);
  return Outcome{std::nullopt, std::move(given)};
}

// ---- client_credentials -------------------------------------------------------------------------

// Scopes that speak of a person have no meaning for a client alone.
bool is_about_people(const std::string& scope) { return std::ranges::find(known_scopes, scope) != std::end(known_scopes); }

Result<Presented> read_client_scopes(const http::Form& form, const Client& client) {
  PresentedClient presented;
  const std::string_view text = form.get_or("scope");
  if (text.size() > limits::oauth_scope_bytes) return fail(Kind::malformed, "scope_not_granted");
  presented.scopes = words_of(text);
  for (const std::string& scope : presented.scopes) {
    if (is_about_people(scope) || !client.may_ask_for(scope)) return fail(Kind::malformed, "scope_not_granted");
  }
  if (text.empty()) {
    std::ranges::copy_if(client.scopes, std::back_inserter(presented.scopes), [](const auto& s) { return !is_about_people(s); });
  }
  return Presented(std::move(presented));
}

Result<Outcome> redeem_client(Redeeming& r, store::Transaction& tx, const Presented& any) {
  Outcome outcome;
  outcome.given.scopes = std::get<PresentedClient>(any).scopes;
  outcome.given.sealer = TRY(r.provider.keyring.of(tx));
  audit::Event event{"oidc.token.client_credentials", audit::Outcome::success, {audit::ActorKind::application, r.client.application},
                     "application", r.client.application, {}};
  const audit::Event told = audit::from(r.request, std::move(event));
  TRY(r.provider.audit.append(tx, told));
  return outcome;
}

constexpr TokenGrant grants[] = {
    {"authorization_code", read_code, redeem_code},
    {"refresh_token", read_refresh, redeem_refresh},
    {"client_credentials", read_client_scopes, redeem_client},
};

}  // namespace

const TokenGrant* find_token_grant(std::string_view grant_type) {
  const auto found = std::ranges::find(grants, grant_type, &TokenGrant::grant_type);
  return found == std::end(grants) ? nullptr : found;
}

}  // namespace kidoban::federation::oidc
