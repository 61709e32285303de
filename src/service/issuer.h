#pragma once
// RFC 8414 §3.1: the metadata of an issuer with a path stands at the root of its host, with the issuer's
// path behind the well-known part: outside every tenant.

#include "http/routes.h"
#include "tenant/tenant.h"

namespace kidoban::service {

// `addressing` and `tenants` outlive `routes`; `addressing` may still change until the first request.
void add_issuer_routes(http::Routes& routes, tenant::Tenants& tenants, const tenant::Addressing& addressing);

}  // namespace kidoban::service
