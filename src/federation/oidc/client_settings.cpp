#include "federation/oidc/client_settings.h"

#include <boost/json.hpp>

#include "base/strict_json.h"
#include "base/text.h"
#include "federation/oidc/client.h"

namespace kidoban::federation::oidc {

namespace {

namespace json = boost::json;

Failure invalid(std::string note) { return fail(Kind::malformed, "client_metadata_invalid", std::move(note)); }

bool needs_secret(const json::object& settings) {
  const auto* method = settings.if_contains("token_endpoint_auth_method");
  if (method == nullptr || !method->is_string()) return true;
  return method->get_string() != "none" && method->get_string() != "private_key_jwt";
}

}  // namespace

Result<std::string> settings_without_secret(const Application& application) {
  auto settings = json::parse(print_settings(TRY(read_client(application)))).as_object();
  settings.erase("client_secret");
  return json::serialize(settings);
}

Result<NewClient> put_client(store::Transaction& tx, Applications& applications, Application wanted, const audit::Event& by, Random& random) {
  auto settings = strict_object(wanted.settings);
  if (!settings) return invalid("the settings aren't a JSON object");
  if (settings->contains("client_secret")) return invalid("client_secret: a secret isn't written down");
  const auto stands = TRY(applications.find(tx, "oidc", wanted.identifier));
  NewClient put{.application = {}, .client_id = wanted.identifier, .client_secret = {}};
  if (needs_secret(*settings)) {
    std::string secret;
    if (stands) secret = TRY(read_client(*stands)).client_secret.reveal_text();
    if (secret.empty()) secret = put.client_secret = base64url(std::span<const std::uint8_t>(random.bytes<32>()));
    (*settings)["client_secret"] = secret;
  }
  wanted.protocol = "oidc";
  wanted.settings = json::serialize(*settings);
  wanted.settings = print_settings(TRY(read_client(wanted)));  // refuses what can't be used later
  if (!stands) {
    put.application = TRY(applications.create(tx, std::move(wanted), by)).id;
    return put;
  }
  wanted.id = put.application = stands->id;
  wanted.version = stands->version;
  const auto before = TRY(settings_without_secret(*stands));
  const bool same = put.client_secret.empty() && wanted.name == stands->name && wanted.launch_url == stands->launch_url && wanted.enabled == stands->enabled &&
                    TRY(settings_without_secret(wanted)) == before;
  if (!same) TRY(applications.change(tx, wanted, by));
  return put;
}

}  // namespace kidoban::federation::oidc
