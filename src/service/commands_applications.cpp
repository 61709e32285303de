// application and keys subcommands.

#include <memory>

#include "base/text.h"
#include "federation/oidc/client_admin.h"
#include "federation/oidc/signing_keys.h"
#include "service/commands.h"
#include "service/operator_api.h"

namespace kidoban::service {

namespace {

federation::oidc::ClientWanted wanted_client(const ApplicationArguments& a) {
  federation::oidc::ClientWanted wanted;
  wanted.client_id = a.client_id;
  wanted.name = a.name;
  wanted.launch_url = a.launch_url;
  wanted.redirect_uris = a.redirect_uris;
  wanted.post_logout_redirect_uris = a.post_logout_redirect_uris;
  if (!a.grants.empty()) wanted.grant_types = a.grants;
  if (a.is_public) wanted.token_endpoint_auth_method = "none";
  else if (!a.auth_method.empty()) wanted.token_endpoint_auth_method = a.auth_method;
  wanted.access_token_format = a.access_token;
  wanted.id_token_signed_response_alg = a.algorithm;
  return wanted;
}

}  // namespace

Status application_create(const Config& config, const Output& out, const ApplicationArguments& a) {
  const auto house = TRY(House::open(config));
  const auto tenant = TRY(house->tenants.find_by_slug(a.tenant, command_deadline()));
  const auto wanted = wanted_client(a);
  const auto made = TRY(house->store->write(tenant.id, command_deadline(), [&](store::Transaction& tx) {
    return federation::oidc::create_client(tx, house->applications, wanted, by_operator(), house->random);
  }));
  Fields fields{{"client_id", made.client_id}};
  if (!made.client_secret.empty()) fields.emplace_back("client_secret", made.client_secret);
  out.one(fields);
  return {};
}

Status application_list(const Config& config, const Output& out, const std::string& tenant_slug) {
  const auto house = TRY(House::open(config));
  const auto tenant = TRY(house->tenants.find_by_slug(tenant_slug, command_deadline()));
  std::vector<Fields> rows;
  for (std::optional<Id> after;;) {
    const auto page = TRY(house->store->read(tenant.id, command_deadline(), [&](store::Transaction& tx) {
      return house->applications.list(tx, after, 500);
    }));
    for (const auto& one : page) {
      rows.push_back({{"id", one.id.text()}, {"protocol", one.protocol}, {"identifier", one.identifier},
                      {"name", one.name}, {"enabled", one.enabled ? "yes" : "no"}});
    }
    if (page.size() < 500) break;
    after = page.back().id;
  }
  out.many("applications", rows);
  return {};
}

Status keys_rotate(const Config& config, const Output& out, const std::string& tenant_slug) {
  const auto house = TRY(House::open(config));
  const auto tenant = TRY(house->tenants.find_by_slug(tenant_slug, command_deadline()));
  federation::oidc::SigningKeys keys(*house->store, house->keys, house->audit, house->clock, house->random);
  TRY(keys.rotate_all(tenant.id, command_deadline()));
  out.one({{"tenant", tenant.slug}, {"rotated", "yes"}});
  return {};
}

}  // namespace kidoban::service
