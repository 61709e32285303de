#include "federation/oidc/authorization_checks.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "federation/oidc/claims_request.h"
#include "federation/oidc/id_token_hint.h"
#include "federation/oidc/person_claims.h"

namespace kidoban::federation::oidc {

namespace {

const std::optional<Refused> fine = std::nullopt;

std::optional<Refused> invalid_request(std::string_view description) { return Refused{"invalid_request", description}; }

bool is_repeated(const Asking& a, std::string_view name) {
  return std::ranges::count(a.form.fields(), name, &std::pair<std::string, std::string>::first) > 1;
}

bool holds(const std::vector<std::string>& list, std::string_view word) { return std::ranges::find(list, word) != list.end(); }

Checked check_client_id(Asking& a) {
  const std::string_view id = a.value("client_id");
  if (id.empty() || id.size() > 256 || is_repeated(a, "client_id")) {
    return Refused{"invalid_request", "client_id is missing or repeated.", "Send the client_id that the application was given when it was connected, once."};
  }
  const auto find = [&](store::Transaction& tx) { return a.provider.clients.find(tx, id); };
  a.client = TRY(a.provider.store.read(tenant_of(a.http), a.http.deadline, find));
  if (!a.client) {
    return Refused{"invalid_client", "This client_id is unknown here.", "Compare client_id and the issuer's address with those shown where the application was connected. The application may have been disabled."};
  }
  a.request.client_id = a.client->client_id;
  a.asked.protocol = "oidc";
  a.asked.application = a.client->application;
  a.asked.application_name = a.client->name;
  return fine;
}

Checked check_redirect_uri_parameter(Asking& a) {
  const std::string_view uri = a.value("redirect_uri");
  if (uri.empty() || is_repeated(a, "redirect_uri")) {
    return Refused{"invalid_request", "redirect_uri is missing or repeated.", "Send one of the application's registered redirect URIs, once."};
  }
  if (!a.client->has_redirect_uri(uri)) {
    return Refused{"invalid_request", "redirect_uri isn't registered for this client.", "Register exactly this redirect URI for the application, character by character, or send one that is registered."};
  }
  a.request.redirect_uri = uri;
  a.asked.return_origins = {origin_of(uri)};
  return fine;
}

Checked check_response_mode(Asking& a) {
  const std::string_view mode = a.value("response_mode");
  if (mode == "fragment") a.request.response_mode = ResponseMode::fragment;
  else if (mode == "form_post") a.request.response_mode = ResponseMode::form_post;
  else if (!mode.empty() && mode != "query") return invalid_request("response_mode is not supported.");
  return fine;
}

Checked check_state(Asking& a) {
  if (a.value("state").size() > limits::oauth_state_bytes) return invalid_request("state is too long.");
  if (!is_repeated(a, "state")) a.request.state = a.value("state");
  return fine;
}

Checked check_repeated(Asking& a) {
  if (a.form.repeated()) return invalid_request("A parameter is sent more than once.");
  return fine;
}

Checked check_request_objects(Asking& a) {
  if (!a.value("request").empty()) return Refused{"request_not_supported", "Request objects are not supported."};
  if (!a.value("request_uri").empty()) return Refused{"request_uri_not_supported", "request_uri is not supported."};
  if (!a.value("registration").empty()) return Refused{"registration_not_supported", "registration is not supported."};
  return fine;
}

Checked check_response_type(Asking& a) {
  const std::string_view type = a.value("response_type");
  if (type.empty()) return invalid_request("response_type is missing.");
  if (type != "code") return Refused{"unsupported_response_type", "Only the code response_type exists here."};
  if (!a.client->may_use("authorization_code")) return Refused{"unauthorized_client", "This client may not use the code flow."};
  return fine;
}

// Unknown scopes are passed over (OIDC Core §3.1.2.1); the token response says what was granted.
Checked check_scope(Asking& a) {
  const std::string_view text = a.value("scope");
  if (text.size() > limits::oauth_scope_bytes) return Refused{"invalid_scope", "scope is too long."};
  for (const std::string& scope : words_of(text)) {
    if (a.client->may_ask_for(scope) && !holds(a.asked.scopes, scope)) a.asked.scopes.push_back(scope);
  }
  if (a.asked.scopes.empty()) return Refused{"invalid_scope", "scope names nothing that this client may ask for."};
  a.openid = holds(a.asked.scopes, "openid");
  return fine;
}

Checked check_nonce(Asking& a) {
  if (a.value("nonce").size() > limits::oauth_nonce_bytes) return invalid_request("nonce is too long.");
  a.request.nonce = a.value("nonce");
  return fine;
}

Checked check_pkce(Asking& a) {
  const std::string_view challenge = a.value("code_challenge");
  const std::string_view method = a.value("code_challenge_method");
  if (challenge.empty()) {
    if (!method.empty()) return invalid_request("code_challenge is missing.");
    if (a.client->require_pkce) return invalid_request("code_challenge is required (PKCE, S256).");
    return fine;
  }
  // Without the method it would be "plain" (RFC 7636 §4.3), which protects nothing and doesn't exist here.
  if (method != "S256") return invalid_request("code_challenge_method must be S256.");
  const auto digest = unbase64url(challenge);
  if (!digest || digest->size() != sizeof(crypto::Digest)) return invalid_request("code_challenge isn't a base64url SHA-256.");
  a.request.code_challenge = challenge;
  return fine;
}

Checked check_prompt(Asking& a) {
  const auto words = words_of(a.value("prompt"));
  for (const std::string& word : words) {
    if (word == "none") a.asked.silent = true;
    else if (word == "login") a.asked.fresh = true;
    else if (word == "select_account") a.asked.choose_account = true;
    else if (word != "consent") return invalid_request("prompt has an unknown value.");
  }
  if (a.asked.silent && words.size() > 1) return invalid_request("prompt=none stands alone.");
  using Consent = SignInRequest::Consent;
  a.asked.consent = a.client->consent == ClientConsent::not_needed ? Consent::not_needed : Consent::if_not_given;
  if (holds(words, "consent")) a.asked.consent = Consent::ask;
  return fine;
}

Checked check_max_age(Asking& a) {
  const std::string_view text = a.value("max_age");
  a.asked.max_age_s = a.client->default_max_age_s;
  if (text.empty()) return fine;
  const auto seconds = to_integer(text);
  if (!seconds || *seconds < 0) return invalid_request("max_age must be a number of seconds.");
  a.asked.max_age_s = seconds;
  return fine;
}

Checked check_acr_values(Asking& a) {
  if (a.value("acr_values").size() > limits::oauth_scope_bytes) return invalid_request("acr_values is too long.");
  a.asked.acr_values = words_of(a.value("acr_values"));
  if (a.asked.acr_values.empty()) a.asked.acr_values = a.client->default_acr_values;
  return fine;
}

Checked check_claims(Asking& a) {
  if (a.value("claims").empty() || !a.openid) return fine;
  auto claims = parse_claims_request(a.value("claims"));
  if (!claims) return invalid_request("claims isn't of the form of OpenID Connect Core 5.5.");
  if (!claims->acr.empty()) {
    a.asked.acr_values = std::move(claims->acr);
    a.asked.acr_essential = claims->acr_essential;
  }
  if (claims->sub) {
    const auto person = Id::parse(*claims->sub);
    // Nobody has this sub: nobody can sign in as them.
    if (!person) return Refused{"login_required", "Nobody here has the sub that claims asks for."};
    a.asked.person = *person;
  }
  a.request.userinfo_claims = std::move(claims->userinfo);
  a.request.id_token_claims = std::move(claims->id_token);
  a.request.auth_time_essential = claims->auth_time_essential;
  return fine;
}

Checked check_id_token_hint_parameter(Asking& a) {
  if (a.value("id_token_hint").empty()) return fine;
  const auto hint = read_id_token_hint(a.provider, a.http, a.value("id_token_hint"));
  if (!hint && hint.error().kind != Kind::malformed) return std::unexpected(hint.error());
  if (!hint || hint->client_id != a.client->client_id) return invalid_request("id_token_hint isn't an ID token of ours for this client.");
  if (a.asked.person && *a.asked.person != hint->person) return invalid_request("id_token_hint and claims name different people.");
  a.asked.person = hint->person;
  return fine;
}

Checked check_hints(Asking& a) {
  if (a.value("login_hint").size() > limits::login_bytes) return invalid_request("login_hint is too long.");
  if (a.value("ui_locales").size() > limits::oauth_scope_bytes) return invalid_request("ui_locales is too long.");
  a.asked.login_hint = a.value("login_hint");
  a.asked.ui_locales = a.request.ui_locales = a.value("ui_locales");
  return fine;
}

constexpr Check checks[] = {
    // parameter               rule                            refusal goes to    check
    {"client_id",              "RFC 6749 §4.1.1",              Answer::page,      check_client_id},
    {"redirect_uri",           "RFC 9700 §2.1",                Answer::page,      check_redirect_uri_parameter},
    {"state",                  "RFC 6749 §4.1.1",              Answer::redirect,  check_state},
    {"response_mode",          "OAuth Response Modes §2.1",    Answer::redirect,  check_response_mode},
    {"*",                      "RFC 6749 §3.1",                Answer::redirect,  check_repeated},
    {"request, request_uri",   "OIDC Core §6.1, §6.2, §7.2.1", Answer::redirect,  check_request_objects},
    {"response_type",          "RFC 9700 §2.1.2",              Answer::redirect,  check_response_type},
    {"scope",                  "RFC 6749 §3.3",                Answer::redirect,  check_scope},
    {"nonce",                  "OIDC Core §3.1.2.1",           Answer::redirect,  check_nonce},
    {"code_challenge",         "RFC 9700 §2.1.1",              Answer::redirect,  check_pkce},
    {"prompt",                 "OIDC Core §3.1.2.1",           Answer::redirect,  check_prompt},
    {"max_age",                "OIDC Core §3.1.2.1",           Answer::redirect,  check_max_age},
    {"acr_values",             "OIDC Core §3.1.2.1",           Answer::redirect,  check_acr_values},
    {"claims",                 "OIDC Core §5.5",               Answer::redirect,  check_claims},
    {"id_token_hint",          "OIDC Core §3.1.2.1",           Answer::redirect,  check_id_token_hint_parameter},
    {"login_hint, ui_locales", "OIDC Core §3.1.2.1",           Answer::redirect,  check_hints},
};

}  // namespace

std::span<const Check> authorization_checks() { return checks; }

}  // namespace kidoban::federation::oidc
