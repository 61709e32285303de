// Introspection (RFC 7662) and revocation (RFC 7009): what an authenticated client may learn of, and
// do to, a token.

#include "base/text.h"
#include "federation/oidc/access_token.h"
#include "federation/oidc/client_authentication.h"
#include "federation/oidc/json_object.h"
#include "federation/oidc/service_access.h"
#include "federation/oidc/token_values.h"

namespace kidoban::federation::oidc {

namespace {

struct Call {
  http::Form form;
  Authenticated caller;
  std::string token;
};

Result<Call> read_call(Provider& provider, const http::Request& request) {
  http::Form form = TRY(request.body_form());
  if (form.repeated()) return fail(Kind::malformed, "parameter_repeated");
  auto caller = TRY(authenticate_client(provider, request, form));
  std::string text(form.get_or("token"));
  if (text.empty()) return fail(Kind::malformed, "parameter_missing");
  return Call{std::move(form), std::move(caller), std::move(text)};
}

// Runs `body` in a read; in a write where an assertion must be marked as used.
template <class Body>
auto run(Provider& provider, const http::Request& request, const Authenticated& caller, Body body)
    -> std::invoke_result_t<Body&, store::Transaction&> {
  if (!caller.assertion) return provider.store.read(tenant_of(request), request.deadline, body);
  const auto both = [&](store::Transaction& tx) -> std::invoke_result_t<Body&, store::Transaction&> {
    TRY(take_assertion(tx, caller));
    return body(tx);
  };
  return with_replays_recorded(provider, request, caller, provider.store.write_snapshot(tenant_of(request), request.deadline, both));
}

const std::string inactive = R"({"active":false})";

// A refresh token is its client's own: to others it doesn't exist.
Result<std::string> tell_refresh(Provider& provider, store::Transaction& tx, const Client& client, const http::Request& request,
                                 const RefreshToken& token) {
  const auto grant = TRY(find_grant(tx, provider.keyring, token.grant));
  if (!grant || grant->application != client.application || !grant->refresh_secret || !is_genuine(token, *grant->refresh_secret) ||
      grant->revoked_at || token.generation != grant->refresh_generation || !grant->refresh_expires_at ||
      *grant->refresh_expires_at <= provider.clock.now()) {
    return inactive;
  }
  return JsonObject().flag("active", true).text("scope", join(grant->scopes, " ")).text("client_id", client.client_id)
      .text("token_type", "refresh_token").number("exp", to_s(*grant->refresh_expires_at)).text("sub", grant->person.text())
      .text("iss", request.site.base_url).str();
}

std::string tell_access(const http::Request& request, const AccessToken& token, const std::optional<Grant>& grant) {
  JsonObject out;
  out.flag("active", true).text_if_any("scope", join(token.scopes, " ")).text("client_id", token.client_id)
      .text("token_type", "Bearer").number("exp", token.exp).number("iat", token.iat).text("sub", token.sub)
      .text("aud", token.aud).text("iss", request.site.base_url).text("jti", token.jti);
  if (grant) out.number("auth_time", to_s(grant->signed_in_at)).text_if_any("acr", grant->acr);  // RFC 9470 §6.2
  return out.str();
}

bool is_no_token(const Error& error) { return error.reason == "token_invalid"; }

}  // namespace

Result<http::Reply> introspect(Provider& provider, http::Request& request) {
  const Call call = TRY(read_call(provider, request));
  if (call.caller.service) return service_introspect(provider, request, call.caller, call.token);
  const Client& client = *call.caller.client;
  // RFC 7662 §2.1: the endpoint must not be open to token scanning; a public client proves nothing.
  if (client.is_public()) return fail(Kind::unauthenticated, "client_unauthenticated", "a public client");
  const auto refresh = parse_refresh_token(call.token);
  std::optional<AccessToken> access;
  if (!refresh) {
    auto found = read_access_token(provider, request, call.token);
    if (!found && !is_no_token(found.error())) return std::unexpected(std::move(found.error()));
    if (found) access = std::move(*found);
  }
  const auto tell = [&](store::Transaction& tx) -> Result<std::string> {
    if (refresh) return tell_refresh(provider, tx, client, request, *refresh);
    if (!access) return inactive;
    const auto grant = standing(provider, tx, *access);
    if (!grant && is_no_token(grant.error())) return inactive;
    if (!grant) return std::unexpected(grant.error());
    return tell_access(request, *access, *grant);
  };
  std::string body = TRY(run(provider, request, call.caller, tell));
  return http::Reply::json(200, std::move(body));
}

Result<http::Reply> revoke(Provider& provider, http::Request& request) {
  const Call call = TRY(read_call(provider, request));
  if (call.caller.service) return service_revoke(provider, request, call.caller, call.token);
  const Client& client = *call.caller.client;
  const auto refresh = parse_refresh_token(call.token);
  std::optional<AccessToken> access;
  if (!refresh) {
    auto found = read_access_token(provider, request, call.token);
    if (!found && !is_no_token(found.error())) return std::unexpected(std::move(found.error()));
    if (found && found->client_id == client.client_id) access = std::move(*found);
  }
  const auto end = [&](store::Transaction& tx) -> Status {
    TRY(take_assertion(tx, call.caller));
    std::optional<Id> id;
    if (refresh) id = refresh->grant;
    if (access) id = access->grant;
    audit::Event event{"oidc.token.revoked", audit::Outcome::success, {audit::ActorKind::application, client.application}, {}, {}, {}};
    if (id) {
      const auto grant = TRY(find_grant(tx, provider.keyring, *id));
      const bool ours = grant && grant->application == client.application &&
                        (access || (grant->refresh_secret && is_genuine(*refresh, *grant->refresh_secret)));
      if (!ours || grant->revoked_at) return {};  // RFC 7009 §2.2: an unknown token is no error
      TRY(revoke_grant(tx, *id, provider.clock.now()));
      event.target_kind = "person";
      event.target = grant->person;
      event.session = grant->session;
      event.detail = {{"grant", id->text()}};
    } else {
      TRY(revoke_token(tx, crypto::sha256(access->jti), from_us(access->exp * 1'000'000)));
      event.target_kind = "application";
      event.target = client.application;
    }
    const audit::Event told = audit::from(request, std::move(event));
    return provider.audit.append(tx, told);
  };
  if (refresh || access || call.caller.assertion) {
    const auto body = [&](store::Transaction& tx) -> Status {
      if (refresh || access) return end(tx);
      return take_assertion(tx, call.caller);
    };
    TRY(with_replays_recorded(provider, request, call.caller, provider.store.write_snapshot(tenant_of(request), request.deadline, body)));
  }
  http::Reply reply;
  reply.with("Cache-Control", "no-store");
  return reply;
}

}  // namespace kidoban::federation::oidc
