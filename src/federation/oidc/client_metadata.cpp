// A client's metadata, from and to the JSON of its application's settings.

#include <boost/json.hpp>

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "base/text.h"
#include "federation/oidc/client.h"
#include "federation/oidc/json_object.h"

namespace kidoban::federation::oidc {

namespace {

namespace json = boost::json;

constexpr std::size_t uris_of_a_client = 100;
constexpr std::array<std::string_view, 3> known_grant_types{"authorization_code", "refresh_token", "client_credentials"};

Failure invalid(std::string note) { return fail(Kind::malformed, "client_metadata_invalid", std::move(note)); }

// Reads members of one object; a member of another type than wanted makes the whole invalid.
class Reader {
 public:
  explicit Reader(const json::object& from) : from_(from) {}

  void text(std::string_view name, std::string& into) {
    if (const auto* value = from_.if_contains(name)) {
      if (value->is_string()) into.assign(value->get_string().data(), value->get_string().size());
      else wrong_ = name;
    }
  }
  void flag(std::string_view name, bool& into) {
    if (const auto* value = from_.if_contains(name)) {
      if (value->is_bool()) into = value->get_bool();
      else wrong_ = name;
    }
  }
  void number(std::string_view name, std::int64_t& into) {
    if (const auto* value = from_.if_contains(name)) {
      if (value->is_int64() && value->get_int64() >= 0) into = value->get_int64();
      else wrong_ = name;
    }
  }
  void texts(std::string_view name, std::vector<std::string>& into) {
    const auto* value = from_.if_contains(name);
    if (value == nullptr) return;
    if (!value->is_array()) { wrong_ = name; return; }
    into.clear();
    for (const auto& one : value->get_array()) {
      if (!one.is_string()) { wrong_ = name; return; }
      into.emplace_back(one.get_string().data(), one.get_string().size());
    }
  }
  void algorithm(std::string_view name, crypto::Algorithm& into) {
    std::string text_value;
    text(name, text_value);
    if (text_value.empty()) return;
    const auto found = crypto::algorithm_named(text_value);
    // ES384 verifies what clients sign; a tenant has no such keys of its own.
    if (found && *found != crypto::Algorithm::hs256 && *found != crypto::Algorithm::es384) into = *found;
    else wrong_ = name;
  }
  // One word of a few.
  template <class T>
  void choice(std::string_view name, T& into, std::initializer_list<std::pair<std::string_view, T>> words) {
    std::string text_value;
    text(name, text_value);
    if (text_value.empty()) return;
    for (const auto& [word, value] : words) {
      if (word == text_value) { into = value; return; }
    }
    wrong_ = name;
  }
  std::string_view wrong() const { return wrong_; }

 private:
  const json::object& from_;
  std::string_view wrong_;
};

Status read_keys(const json::object& from, Client& client) {
  const auto* jwks = from.if_contains("jwks");
  if (jwks == nullptr) return {};
  client.jwks_json = json::serialize(*jwks);
  auto keys = crypto::jwks_parse(client.jwks_json);
  if (!keys) return invalid("jwks isn't a JWK Set of public keys: " + keys.error().note);
  client.jwks = std::move(*keys);
  return {};
}

Result<Client> read_members(const json::object& from) {
  Client client;
  Reader reader(from);
  reader.choice("application_type", client.application_type, {{"web", ApplicationType::web}, {"native", ApplicationType::native}});
  reader.texts("redirect_uris", client.redirect_uris);
  reader.texts("post_logout_redirect_uris", client.post_logout_redirect_uris);
  std::string method = std::string(name_of(client.auth_method));
  reader.text("token_endpoint_auth_method", method);
  const auto known_method = auth_method_named(method);
  if (!known_method) return invalid("token_endpoint_auth_method " + method + " is not supported");
  client.auth_method = *known_method;
  std::string secret;
  reader.text("client_secret", secret);
  client.client_secret = Secret::of(secret);
  reader.texts("grant_types", client.grant_types);
  std::string scope = join(client.scopes, " ");
  reader.text("scope", scope);
  client.scopes = words_of(scope);
  reader.algorithm("id_token_signed_response_alg", client.id_token_alg);
  if (from.contains("userinfo_signed_response_alg")) {
    client.userinfo_alg = crypto::Algorithm::es256;
    reader.algorithm("userinfo_signed_response_alg", *client.userinfo_alg);
  }
  reader.algorithm("access_token_signed_response_alg", client.access_token_alg);
  reader.choice("access_token_format", client.access_token_format, {{"jwt", AccessTokenFormat::jwt}, {"opaque", AccessTokenFormat::opaque}});
  reader.text("access_token_audience", client.access_token_audience);
  reader.flag("require_pkce", client.require_pkce);
  reader.flag("id_token_has_scope_claims", client.id_token_has_scope_claims);
  reader.flag("refresh_without_offline_access", client.refresh_without_offline_access);
  reader.choice("consent", client.consent, {{"not_needed", ClientConsent::not_needed}, {"if_not_given", ClientConsent::if_not_given}});
  if (from.contains("default_max_age")) reader.number("default_max_age", client.default_max_age_s.emplace());
  reader.texts("default_acr_values", client.default_acr_values);
  reader.number("access_token_lifetime_s", client.access_token_lifetime_s);
  reader.number("id_token_lifetime_s", client.id_token_lifetime_s);
  reader.number("refresh_idle_lifetime_s", client.refresh_idle_lifetime_s);
  reader.number("refresh_lifetime_s", client.refresh_lifetime_s);
  if (!reader.wrong().empty()) return invalid(std::string(reader.wrong()) + " has a value that can't be used");
  TRY(read_keys(from, client));
  return client;
}

std::string_view format_name(AccessTokenFormat format) { return format == AccessTokenFormat::jwt ? "jwt" : "opaque"; }

Status check_uris(const Client& client) {
  if (client.redirect_uris.size() > uris_of_a_client || client.post_logout_redirect_uris.size() > uris_of_a_client) {
    return invalid("too many redirect URIs");
  }
  for (const auto& uri : client.redirect_uris) TRY(check_redirect_uri(uri, client.application_type));
  for (const auto& uri : client.post_logout_redirect_uris) TRY(check_redirect_uri(uri, client.application_type));
  if (client.may_use("authorization_code") && client.redirect_uris.empty()) return invalid("redirect_uris is empty");
  return {};
}

Status check_authentication(const Client& client) {
  const bool by_secret = client.auth_method == AuthMethod::client_secret_basic ||
                         client.auth_method == AuthMethod::client_secret_post ||
                         client.auth_method == AuthMethod::client_secret_jwt;
  // RFC 7518 §3.2 asks 32 bytes of an HS256 key; the same serves for the others.
  if (by_secret && client.client_secret.size() < 32) return invalid("client_secret must have 32 characters at least");
  if (!by_secret && !client.client_secret.empty()) return invalid("client_secret has no use with this token_endpoint_auth_method");
  if (client.auth_method == AuthMethod::private_key_jwt && client.jwks.empty()) return invalid("private_key_jwt needs jwks");
  if (client.is_public() && client.may_use("client_credentials")) {
    return invalid("client_credentials is for confidential clients (RFC 6749 §4.4)");
  }
  if (client.is_public() && !client.require_pkce) return invalid("a public client must use PKCE (RFC 9700 §2.1.1)");
  return {};
}

}  // namespace

Status check_client(const Client& client) {
  if (client.client_id.empty() || client.client_id.size() > 256 ||
      !std::ranges::all_of(client.client_id, [](char c) { return c > 0x20 && c < 0x7f; })) {
    return invalid("client_id must be 1 to 256 printable ASCII characters");
  }
  if (client.name.empty() || client.name.size() > limits::name_bytes || !is_display_text(client.name)) return invalid("client_name");
  if (client.grant_types.empty()) return invalid("grant_types is empty");
  for (const auto& type : client.grant_types) {
    if (std::ranges::find(known_grant_types, type) == known_grant_types.end()) return invalid("grant_type " + type + " is not supported");
  }
  for (const auto& scope : client.scopes) {
    // RFC 6749 §3.3's scope-token.
    if (!std::ranges::all_of(scope, [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; })) return invalid("scope");
  }
  TRY(check_uris(client));
  TRY(check_authentication(client));
  const auto lifetime_is_sane = [](std::int64_t seconds, std::int64_t most) { return seconds >= 1 && seconds <= most; };
  if (!lifetime_is_sane(client.access_token_lifetime_s, 86400) || !lifetime_is_sane(client.id_token_lifetime_s, 86400) ||
      !lifetime_is_sane(client.refresh_idle_lifetime_s, 10LL * 365 * 86400) ||
      !lifetime_is_sane(client.refresh_lifetime_s, 10LL * 365 * 86400)) {
    return invalid("a lifetime is out of bounds (tokens: a day at most)");
  }
  return {};
}

Result<Client> read_client(const Application& application) {
  boost::system::error_code error;
  const auto value = json::parse(application.settings, error);
  if (error || !value.is_object()) return invalid("the settings of " + application.identifier + " aren't a JSON object");
  auto client = TRY(read_members(value.get_object()));
  client.application = application.id;
  client.client_id = application.identifier;
  client.name = application.name;
  client.enabled = application.enabled;
  TRY(check_client(client));
  return client;
}

std::string print_settings(const Client& client) {
  JsonObject out;
  out.text("application_type", client.application_type == ApplicationType::web ? "web" : "native")
      .texts("redirect_uris", client.redirect_uris)
      .texts("post_logout_redirect_uris", client.post_logout_redirect_uris)
      .text("token_endpoint_auth_method", name_of(client.auth_method))
      .texts("grant_types", client.grant_types)
      .text("scope", join(client.scopes, " "))
      .text("id_token_signed_response_alg", crypto::name_of(client.id_token_alg))
      .text("access_token_signed_response_alg", crypto::name_of(client.access_token_alg))
      .text("access_token_format", format_name(client.access_token_format))
      .text_if_any("access_token_audience", client.access_token_audience)
      .flag("require_pkce", client.require_pkce)
      .flag("id_token_has_scope_claims", client.id_token_has_scope_claims)
      .flag("refresh_without_offline_access", client.refresh_without_offline_access)
      .text("consent", client.consent == ClientConsent::not_needed ? "not_needed" : "if_not_given")
      .texts("default_acr_values", client.default_acr_values)
      .number("access_token_lifetime_s", client.access_token_lifetime_s)
      .number("id_token_lifetime_s", client.id_token_lifetime_s)
      .number("refresh_idle_lifetime_s", client.refresh_idle_lifetime_s)
      .number("refresh_lifetime_s", client.refresh_lifetime_s);
  if (!client.client_secret.empty()) out.text("client_secret", client.client_secret.reveal_text());
  if (client.userinfo_alg) out.text("userinfo_signed_response_alg", crypto::name_of(*client.userinfo_alg));
  if (client.default_max_age_s) out.number("default_max_age", *client.default_max_age_s);
  if (!client.jwks_json.empty()) out.raw("jwks", client.jwks_json);
  return out.str();
}

}  // namespace kidoban::federation::oidc
