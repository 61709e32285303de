#pragma once
// /healthz: the process answers. /readyz: it can do its work (the store answers). /metrics.

#include "http/routes.h"
#include "service/house.h"

namespace kidoban::service {

void add_health_routes(http::Routes& routes, House& house);

}  // namespace kidoban::service
