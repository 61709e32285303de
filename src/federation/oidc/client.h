#pragma once
// A client as its application's settings describe it: RFC 7591's names in a JSON object, read into
// a type once per version and kept. Immutable, shared; any thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "crypto/jose.h"
#include "federation/applications.h"
#include "federation/oidc/redirect_uri.h"
#include "runtime/cache.h"

namespace kidoban::federation::oidc {

enum class AuthMethod : std::uint8_t { none, client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt };
std::string_view name_of(AuthMethod method);
std::optional<AuthMethod> auth_method_named(std::string_view name);

enum class AccessTokenFormat : std::uint8_t { jwt, opaque };
enum class ClientConsent : std::uint8_t { not_needed, if_not_given };

struct Client {
  Id application;
  std::string client_id, name;
  bool enabled = true;

  ApplicationType application_type = ApplicationType::web;
  std::vector<std::string> redirect_uris, post_logout_redirect_uris;
  AuthMethod auth_method = AuthMethod::client_secret_basic;
  Secret client_secret;                        // empty for none and private_key_jwt
  std::vector<crypto::SigningKey> jwks;        // for private_key_jwt
  std::string jwks_json;                       // as it was given
  std::vector<std::string> grant_types = {"authorization_code"};
  std::vector<std::string> scopes = {"openid", "profile", "email", "offline_access"};  // it may ask for
  crypto::Algorithm id_token_alg = crypto::Algorithm::es256;
  std::optional<crypto::Algorithm> userinfo_alg;  // none: plain JSON
  crypto::Algorithm access_token_alg = crypto::Algorithm::es256;
  AccessTokenFormat access_token_format = AccessTokenFormat::jwt;
  std::string access_token_audience;           // "": the issuer
  bool require_pkce = true;                    // always so for public clients
  bool id_token_has_scope_claims = false;      // the scopes' claims in the ID token too
  bool refresh_without_offline_access = false; // a refresh token bound to the session
  ClientConsent consent = ClientConsent::not_needed;
  std::optional<std::int64_t> default_max_age_s;
  std::vector<std::string> default_acr_values;
  std::int64_t access_token_lifetime_s = 600;
  std::int64_t id_token_lifetime_s = 3600;
  std::int64_t refresh_idle_lifetime_s = 30 * 86400;
  std::int64_t refresh_lifetime_s = 365 * 86400;  // however often it is used

  bool is_public() const { return auth_method == AuthMethod::none; }
  bool may_use(std::string_view grant_type) const;
  bool may_ask_for(std::string_view scope) const;
  bool has_redirect_uri(std::string_view uri) const;
  bool has_post_logout_redirect_uri(std::string_view uri) const;
};
using ClientPointer = std::shared_ptr<const Client>;

// malformed/"client_metadata_invalid", "redirect_uri_malformed"; the note says which member.
Result<Client> read_client(const Application& application);
std::string print_settings(const Client& client);
// What must hold between the members (public clients have PKCE, JWT methods have keys …).
Status check_client(const Client& client);

// Clients by client_id. Each call reads the application's row, so that a change or a disabled
// client counts at once; parsing is done once per version.
class Clients {
 public:
  explicit Clients(Applications& applications);

  // Nothing for an unknown or disabled client.
  Result<ClientPointer> find(store::Transaction& tx, std::string_view client_id);
  Result<ClientPointer> get(store::Transaction& tx, const Id& application);

 private:
  struct Key {
    TenantId tenant;
    Id application;
    std::int64_t version;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const noexcept {
      return std::hash<TenantId>{}(key.tenant) ^ (std::hash<Id>{}(key.application) * 31) ^ static_cast<std::size_t>(key.version);
    }
  };
  Result<ClientPointer> parsed(TenantId tenant, const Application& application);

  Applications& applications_;
  runtime::Cache<Key, Client, Hash> cache_;
};

}  // namespace kidoban::federation::oidc
