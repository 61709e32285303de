#include "federation/oidc/client.h"

#include <algorithm>
#include <array>

namespace kidoban::federation::oidc {

namespace {

constexpr std::array<std::pair<AuthMethod, std::string_view>, 5> auth_methods{{
    {AuthMethod::none, "none"},
    {AuthMethod::client_secret_basic, "client_secret_basic"},
    {AuthMethod::client_secret_post, "client_secret_post"},
    {AuthMethod::client_secret_jwt, "client_secret_jwt"},
    {AuthMethod::private_key_jwt, "private_key_jwt"},
}};

// Parsed clients kept: some 2 KiB each.
constexpr std::size_t clients_kept = 10'000;

}  // namespace

std::string_view name_of(AuthMethod method) { return auth_methods[static_cast<std::size_t>(method)].second; }

std::optional<AuthMethod> auth_method_named(std::string_view name) {
  const auto found = std::ranges::find(auth_methods, name, &std::pair<AuthMethod, std::string_view>::second);
  if (found == auth_methods.end()) return std::nullopt;
  return found->first;
}

bool Client::may_use(std::string_view grant_type) const { return std::ranges::find(grant_types, grant_type) != grant_types.end(); }
bool Client::may_ask_for(std::string_view scope) const { return std::ranges::find(scopes, scope) != scopes.end(); }
bool Client::has_redirect_uri(std::string_view uri) const {
  return std::ranges::any_of(redirect_uris, [&](const std::string& one) { return redirect_uri_matches(one, uri, application_type); });
}
bool Client::has_post_logout_redirect_uri(std::string_view uri) const {
  return std::ranges::any_of(post_logout_redirect_uris,
                             [&](const std::string& one) { return redirect_uri_matches(one, uri, application_type); });
}

Clients::Clients(Applications& applications) : applications_(applications), cache_(clients_kept, std::chrono::hours(1)) {}

Result<ClientPointer> Clients::parsed(TenantId tenant, const Application& application) {
  if (!application.enabled || application.protocol != "oidc") return ClientPointer();
  const Key key{tenant, application.id, application.version};
  if (auto kept = cache_.get(key)) return kept;
  auto client = std::make_shared<const Client>(TRY(read_client(application)));
  cache_.put(key, client);
  return ClientPointer(client);
}

Result<ClientPointer> Clients::find(store::Transaction& tx, std::string_view client_id) {
  const auto application = TRY(applications_.find(tx, "oidc", client_id));
  if (!application) return ClientPointer();
  return parsed(tx.tenant(), *application);
}

Result<ClientPointer> Clients::get(store::Transaction& tx, const Id& application) {
  const auto found = applications_.get(tx, application);
  if (!found) {
    if (found.error().kind == Kind::not_found) return ClientPointer();
    return std::unexpected(found.error());
  }
  return parsed(tx.tenant(), *found);
}

}  // namespace kidoban::federation::oidc
