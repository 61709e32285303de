#include "http/telemetry.h"

#include <array>

#include "runtime/log.h"

namespace kidoban::http {

namespace {

constexpr std::array<std::string_view, 5> classes{"1xx", "2xx", "3xx", "4xx", "5xx"};

// Rows that share a name (GET and POST of one endpoint) stand apart by their method.
runtime::Labels rows_by_class(const Routes& routes) {
  runtime::Labels labels{{"route", "method", "class"}, {}};
  const auto add = [&](const std::string& name, std::string_view method) {
    for (const std::string_view one : classes) labels.rows.push_back({name, std::string(method), std::string(one)});
  };
  for (const Route& route : routes.all()) add(route.name, name_of(route.method));
  add("none", "");
  return labels;
}

runtime::Labels rows(const Routes& routes) {
  runtime::Labels labels{{"route", "method"}, {}};
  for (const Route& route : routes.all()) labels.rows.push_back({route.name, std::string(name_of(route.method))});
  labels.rows.push_back({"none", ""});
  return labels;
}

}  // namespace

Telemetry::Telemetry(const Routes& routes)
    : connections_accepted("kidoban_http_connections_accepted_total", "Connections accepted."),
      connections_refused("kidoban_http_connections_refused_total", "Connections closed at once: too many are open."),
      requests_threw("kidoban_http_requests_threw_total", "Requests that ended in an exception: each is a fault of ours."),
      tls_failed("kidoban_http_tls_failed_total", "TLS handshakes that failed."),
      timed_out("kidoban_http_timed_out_total", "Connections closed for being slow.", "stage", {"handshake", "idle", "head", "body", "write"}),
      routes_(routes),
      requests_("kidoban_http_requests_total", "Requests answered.", rows_by_class(routes)),
      seconds_("kidoban_http_request_seconds", "From the last byte of a request to its answer's first.", rows(routes)),
      queue_seconds_("kidoban_http_queue_seconds", "How long requests waited for a worker.") {}

std::size_t Telemetry::row_of(const Route* route) const {
  return route == nullptr ? routes_.all().size() : static_cast<std::size_t>(route - routes_.all().data());
}

void Telemetry::waited(Steady::duration in_queue) {
  queue_seconds_.observe(std::chrono::duration<double>(in_queue).count());
}

void Telemetry::answered(Answered&& done) {
  const std::size_t row = row_of(done.route);
  const int by_hundred = done.status / 100 - 1;
  if (by_hundred >= 0 && by_hundred < 5) requests_.add(row * classes.size() + static_cast<std::size_t>(by_hundred));
  seconds_.observe(std::chrono::duration<double>(done.took).count(), row);
  if (!runtime::logs(runtime::Level::info)) return;
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(done.took).count();
  runtime::log(runtime::Level::info, "request",
               {{"method", std::string(name_of(done.method))},
                {"route", done.route == nullptr ? std::string("none") : done.route->name},
                {"status", std::int64_t{done.status}},
                {"us", std::int64_t{us}},
                {"bytes", static_cast<std::int64_t>(done.body_bytes)},
                {"tenant", done.tenant ? done.tenant->text() : std::string()},
                {"trace_id", std::move(done.trace.trace_id)},
                {"span_id", std::move(done.trace.span_id)},
                {"reason", std::string(done.reason)}});
}

}  // namespace kidoban::http
