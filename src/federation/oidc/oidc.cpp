#include "federation/oidc/oidc.h"

#include "base/limits.h"
#include "base/require.h"
#include "federation/oidc/grant.h"
#include "federation/oidc/oauth_error.h"
#include "federation/oidc/provider.h"

namespace kidoban::federation::oidc {

namespace {

using http::Body;
using http::Guard;
using http::Method;

constexpr std::size_t documents_kept = 10'000;
constexpr std::int64_t purged_at_once = 1000;
constexpr auto chore_time = std::chrono::seconds(30);
// A spent grant is known a little longer than anything it gave could be good.
constexpr Duration purge_delay = std::chrono::minutes(5);

}  // namespace

TenantId tenant_of(const http::Request& request) {
  require(request.site.tenant.has_value(), "a tenant's route has a tenant");
  return *request.site.tenant;
}

Oidc::Oidc(store::Store& store, seal::Keyring& keyring, Applications& applications, directory::Directory& directory,
           audit::Audit& audit, Gate& gate, const page::Pages& pages, const Clock& clock, Random& random)
    : provider_(new Provider{store, keyring, directory, audit, gate, pages, clock, random, Clients(applications),
                             SigningKeys(store, keyring, audit, clock, random), Failures(),
                             runtime::Cache<TenantId, Document>(documents_kept, std::chrono::hours(1))}) {}

Oidc::~Oidc() = default;

Result<http::Reply> Oidc::admit(store::Transaction& tx, const http::Request& request, const SignInRequest& asked, const SignIn& sign_in) {
  return oidc::admit(*provider_, tx, request, asked, sign_in);
}

Result<http::Reply> Oidc::refuse(const http::Request& request, const SignInRequest& asked, Refusal refusal) {
  return oidc::refuse(*provider_, request, asked, refusal);
}

void Oidc::add_routes(http::Routes& routes) {
  using Endpoint = Result<http::Reply> (*)(Provider&, http::Request&);
  Provider* p = provider_.get();
  const auto to = [p](Endpoint endpoint) -> http::Handler { return [p, endpoint](http::Request& r) { return endpoint(*p, r); }; };
  const http::Translator page = [p](const http::Request& r, const Error& e) { return p->pages.error(r, "federation/oidc", e); };
  const http::Translator oauth = oauth_error;
  const http::Translator bearer = bearer_error;
  const Body none{Body::Type::none, 0};
  const Body form{Body::Type::form, limits::form_body_bytes};
  const Body any{Body::Type::any, limits::form_body_bytes};
  const auto row = [&](Method method, std::string_view path, Guard guard, Body body, const http::Translator& errors, Endpoint endpoint,
                       std::string_view name, bool on_edge = false) {
    routes.add({http::Scope::tenant, method, std::string(path), guard, body, errors, to(endpoint), std::string(name), on_edge});
  };
  //  method        path                         guard         body  errors  handler     name
  row(Method::get,  paths::openid_configuration, Guard::cors,  none, oauth,  discovery,  "discovery", true);
  row(Method::get,  paths::authorization_server, Guard::cors,  none, oauth,  discovery,  "discovery", true);
  row(Method::get,  paths::jwks,                 Guard::cors,  none, oauth,  jwks,       "jwks");
  row(Method::get,  paths::authorize,            Guard::open,  none, page,   authorize,  "authorize");
  row(Method::post, paths::authorize,            Guard::open,  form, page,   authorize,  "authorize");
  row(Method::post, paths::token,                Guard::cors,  form, oauth,  token,      "token");
  row(Method::get,  paths::userinfo,             Guard::cors,  none, bearer, userinfo,   "userinfo");
  row(Method::post, paths::userinfo,             Guard::cors,  any,  bearer, userinfo,   "userinfo");
  row(Method::post, paths::introspect,           Guard::open,  form, oauth,  introspect, "introspect");
  row(Method::post, paths::revoke,               Guard::cors,  form, oauth,  revoke,     "revoke");
  row(Method::get,  paths::logout,               Guard::open,  none, page,   logout,     "logout");
  row(Method::post, paths::logout,               Guard::open,  form, page,   logout,     "logout");
}

Status Oidc::purge() {
  const auto body = [&](store::SystemTransaction& tx) { return purge_expired(tx, provider_->clock.now() - purge_delay, purged_at_once); };
  TRY(provider_->store.system_write(runtime::Deadline::after(chore_time), body));
  return {};
}

Status Oidc::rotate_due_keys() { return provider_->signing_keys.rotate_due(runtime::Deadline::after(chore_time)); }

Status Oidc::rotate_keys(TenantId tenant, runtime::Deadline deadline) { return provider_->signing_keys.rotate_all(tenant, deadline); }

}  // namespace kidoban::federation::oidc
