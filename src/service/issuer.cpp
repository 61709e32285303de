#include "service/issuer.h"

#include "federation/oidc/oidc.h"

namespace kidoban::service {

void add_issuer_routes(http::Routes& routes, tenant::Tenants& tenants, const tenant::Addressing& addressing) {
  routes.add({http::Scope::service, http::Method::get, "/.well-known/oauth-authorization-server/t/{slug}",
              http::Guard::cors, {http::Body::Type::none, 0}, http::problem,
              [&tenants, &addressing](http::Request& request) -> Result<http::Reply> {
                const auto tenant = TRY(tenants.find_by_slug(request.path_value("slug"), request.deadline));
                if (tenant.state == tenant::State::suspended) return fail(Kind::forbidden, "tenant_suspended");
                return federation::oidc::issuer_metadata(tenant::base_url(addressing, tenant));
              },
              "issuer_metadata"});
}

}  // namespace kidoban::service
