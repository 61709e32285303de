#pragma once
// What the edge counts and logs.

#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "http/request.h"
#include "http/routes.h"
#include "runtime/metrics.h"

namespace kidoban::http {

// One a server; rows are the routes', and one for what no row answers.
class Telemetry {
 public:
  using Steady = std::chrono::steady_clock;
  explicit Telemetry(const Routes& routes);

  struct Answered {
    const Route* route = nullptr;  // none: nothing matched
    Method method = Method::other;
    int status = 0;
    std::size_t body_bytes = 0;
    std::string_view reason;       // a literal; "" where it went well
    Trace trace;
    std::optional<TenantId> tenant;
    Steady::duration took{};
  };
  // Counts, and logs one line: ids, never a query, a body or a cookie.
  void answered(Answered&& done);
  void waited(Steady::duration in_queue);

  runtime::Counter connections_accepted, connections_refused, requests_threw, tls_failed, timed_out;

 private:
  std::size_t row_of(const Route* route) const;
  const Routes& routes_;
  runtime::Counter requests_;
  runtime::Histogram seconds_, queue_seconds_;
};

}  // namespace kidoban::http
