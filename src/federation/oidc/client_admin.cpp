#include "federation/oidc/client_admin.h"

#include "base/text.h"
#include "federation/oidc/client.h"
#include "federation/oidc/json_object.h"

namespace kidoban::federation::oidc {

namespace {

bool needs_secret(const std::string& method) {
  return method.empty() || method == "client_secret_basic" || method == "client_secret_post" || method == "client_secret_jwt";
}

// A random UUID (version 4): a client id says nothing about when its application was connected.
std::string made_client_id(Random& random) {
  Id id;
  random.fill(id.bytes);
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x40);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);
  return id.text();
}

std::string settings_of(const ClientWanted& wanted, const std::string& secret) {
  JsonObject out;
  out.text_if_any("application_type", wanted.application_type)
      .texts("redirect_uris", wanted.redirect_uris)
      .texts("post_logout_redirect_uris", wanted.post_logout_redirect_uris)
      .text_if_any("token_endpoint_auth_method", wanted.token_endpoint_auth_method)
      .text_if_any("client_secret", secret)
      .text_if_any("scope", wanted.scope)
      .text_if_any("id_token_signed_response_alg", wanted.id_token_signed_response_alg)
      .text_if_any("userinfo_signed_response_alg", wanted.userinfo_signed_response_alg)
      .text_if_any("access_token_signed_response_alg", wanted.access_token_signed_response_alg)
      .text_if_any("access_token_format", wanted.access_token_format)
      .text_if_any("access_token_audience", wanted.access_token_audience)
      .text_if_any("consent", wanted.consent)
      .flag("require_pkce", wanted.require_pkce)
      .flag("id_token_has_scope_claims", wanted.id_token_has_scope_claims)
      .flag("refresh_without_offline_access", wanted.refresh_without_offline_access);
  const std::vector<std::string> usual = {"authorization_code", "refresh_token"};
  out.texts("grant_types", wanted.grant_types.empty() ? usual : wanted.grant_types);
  if (!wanted.jwks.empty()) out.raw("jwks", wanted.jwks);
  if (wanted.access_token_lifetime_s) out.number("access_token_lifetime_s", *wanted.access_token_lifetime_s);
  if (wanted.id_token_lifetime_s) out.number("id_token_lifetime_s", *wanted.id_token_lifetime_s);
  if (wanted.refresh_idle_lifetime_s) out.number("refresh_idle_lifetime_s", *wanted.refresh_idle_lifetime_s);
  if (wanted.refresh_lifetime_s) out.number("refresh_lifetime_s", *wanted.refresh_lifetime_s);
  if (wanted.default_max_age_s) out.number("default_max_age", *wanted.default_max_age_s);
  return out.str();
}

}  // namespace

Result<NewClient> create_client(store::Transaction& tx, Applications& applications, const ClientWanted& wanted,
                                const audit::Event& by, Random& random) {
  for (const std::string* text : {&wanted.name, &wanted.client_secret, &wanted.scope}) {
    if (!is_utf8(*text)) return fail(Kind::malformed, "client_metadata_invalid", "a value isn't UTF-8");
  }
  std::string secret = wanted.client_secret;
  if (secret.empty() && needs_secret(wanted.token_endpoint_auth_method)) {
    secret = base64url(std::span<const std::uint8_t>(random.bytes<32>()));
  }
  Application application;
  application.protocol = "oidc";
  application.identifier = wanted.client_id.empty() ? made_client_id(random) : wanted.client_id;
  application.name = wanted.name;
  application.launch_url = wanted.launch_url;
  application.settings = settings_of(wanted, secret);
  const Client client = TRY(read_client(application));  // refuses what can't be used later
  application.settings = print_settings(client);
  const Application made = TRY(applications.create(tx, std::move(application), by));
  return NewClient{made.id, made.identifier, std::move(secret)};
}

}  // namespace kidoban::federation::oidc
