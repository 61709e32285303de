#include "service/health.h"

#include "runtime/metrics.h"

namespace kidoban::service {

using namespace http;

void add_health_routes(Routes& routes, House& house) {
  const Body none{Body::Type::none, 0};
  routes.add({Scope::service, Method::get, "/healthz", Guard::open, none, problem,
              [](Request&) -> Result<Reply> { return Reply::text(200, "ok\n"); }, "healthz", true});
  routes.add({Scope::service, Method::get, "/readyz", Guard::open, none, problem,
              [&house](Request& request) -> Result<Reply> {
                TRY(house.store->ping(request.deadline));
                return Reply::text(200, "ready\n");
              },
              "readyz", false});
  routes.add({Scope::service, Method::get, "/metrics", Guard::internal, none, problem,
              [](Request&) -> Result<Reply> {
                Reply reply = Reply::text(200, runtime::metrics_text());
                for (auto& [name, value] : reply.headers) {
                  if (name == "Content-Type") value = "text/plain; version=0.0.4; charset=utf-8";
                }
                return reply;
              },
              "metrics", false});
}

}  // namespace kidoban::service
