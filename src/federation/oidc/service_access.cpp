#include "federation/oidc/service_access.h"

#include "base/limits.h"
#include "base/text.h"
#include "federation/oidc/json_object.h"

namespace kidoban::federation::oidc {

namespace {

using directory::PermissionSet;

// A scope is the word of a permission. Nothing asked for: everything the account may.
Result<std::optional<PermissionSet>> wanted_permissions(const http::Form& form) {
  const std::string_view text = form.get_or("scope");
  if (text.size() > limits::oauth_scope_bytes) return fail(Kind::malformed, "scope_not_granted");
  const auto words = words_of(text);
  if (words.empty()) return std::nullopt;
  PermissionSet wanted;
  for (const std::string& word : words) {
    const auto known = directory::permission_named(word);
    if (!known) return fail(Kind::malformed, "scope_not_granted");
    wanted.set(static_cast<std::size_t>(*known));
  }
  return std::optional(wanted);
}

audit::Event by(const http::Request& request, const Authenticated& caller) {
  return audit::from(request, {.name = "oidc.request", .actor = {audit::ActorKind::service_account, caller.service->account}});
}

template <class Body>
auto acting(Provider& provider, const http::Request& request, const Authenticated& caller, const Body& body) {
  return with_replays_recorded(provider, request, caller, provider.store.write_snapshot(tenant_of(request), request.deadline, body));
}

}  // namespace

Result<http::Reply> service_token(Provider& provider, const http::Request& request, const http::Form& form, const Authenticated& caller) {
  if (form.get_or("grant_type") != "client_credentials") return fail(Kind::malformed, "grant_type_not_allowed");
  const auto wanted = TRY(wanted_permissions(form));
  const auto event = by(request, caller);
  const auto grant = [&](store::Transaction& tx) -> Result<directory::ServiceAccounts::Granted> {
    TRY(take_assertion(tx, caller));
    return provider.directory.service_accounts().grant_access(tx, caller.service->account, caller.service->credential, wanted, event);
  };
  const auto granted = TRY(acting(provider, request, caller, grant));
  JsonObject body;  // RFC 6749 §5.1; §4.4.3: no refresh token
  body.text("access_token", granted.token.reveal_text()).text("token_type", "Bearer").number("expires_in", granted.lifetime.count())
      .text("scope", directory::words_of(granted.permissions));
  auto reply = http::Reply::json(200, body.str());  // no-store
  reply.with("Pragma", "no-cache");
  return reply;
}

Result<http::Reply> service_introspect(Provider& provider, const http::Request& request, const Authenticated& caller, std::string_view token) {
  const auto look = [&](store::Transaction& tx) -> Result<std::optional<directory::ServiceAccess>> {
    TRY(take_assertion(tx, caller));
    return provider.directory.service_accounts().access(tx, token);
  };
  const auto found = TRY(caller.assertion ? acting(provider, request, caller, look) : provider.store.read(tenant_of(request), request.deadline, look));
  if (!found || found->account.id != caller.service->account) return http::Reply::json(200, R"({"active":false})");
  const std::string id = found->account.id.text();
  const std::vector<std::string> apis{request.site.base_url + "/api/v1", request.site.base_url + "/scim/v2"};
  return http::Reply::json(200, JsonObject().flag("active", true).text("scope", directory::words_of(found->permissions)).text("client_id", id)
      .text("token_type", "Bearer").number("exp", to_s(found->expires_at)).number("iat", to_s(found->created_at)).text("sub", id)
      .texts("aud", apis).text("iss", request.site.base_url).str());
}

Result<http::Reply> service_revoke(Provider& provider, const http::Request& request, const Authenticated& caller, std::string_view token) {
  const auto event = by(request, caller);
  TRY(acting(provider, request, caller, [&](store::Transaction& tx) -> Status {
    TRY(take_assertion(tx, caller));
    return provider.directory.service_accounts().end_access(tx, caller.service->account, token, event);
  }));
  http::Reply reply;
  reply.with("Cache-Control", "no-store");
  return reply;
}

}  // namespace kidoban::federation::oidc
