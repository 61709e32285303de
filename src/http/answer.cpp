#include "http/answer.h"

#include <exception>

#include "http/guard.h"
#include "runtime/log.h"

namespace kidoban::http {

namespace {

using runtime::Level;

// Only what is our own fault is worth a line beside the request's own.
void note(const Request& request, const Error& error) {
  const bool ours = error.kind == Kind::internal || error.kind == Kind::unavailable || error.kind == Kind::sealed;
  const Level level = ours ? Level::error : Level::debug;
  if (runtime::logs(level)) runtime::log(level, "request_failed", error, {{"trace_id", request.trace.trace_id}});
}

Result<Reply> through(const Route& route, Request& request) {
  if (route.guard == Guard::same_origin) TRY(check_same_origin(request));
  TRY(check_body_type(request, route.body.type));
  return route.handler(request);
}

// Runs what may throw; an exception becomes an Error, so that the request fails closed and in order.
template <class Work>
Result<Reply> guarded(const Request& request, Telemetry& telemetry, Work work) {
  try {
    return work();
  } catch (const std::exception& thrown) {
    telemetry.requests_threw.add();
    runtime::log(Level::error, "request_threw", {{"what", std::string(thrown.what())}, {"trace_id", request.trace.trace_id}});
  } catch (...) {
    telemetry.requests_threw.add();
    runtime::log(Level::error, "request_threw", {{"trace_id", request.trace.trace_id}});
  }
  return fail(Kind::internal, "internal_error");
}

}  // namespace

Answer refuse(const Translator& words, const Request& request, const Error& error, Telemetry& telemetry) noexcept {
  note(request, error);
  auto said = guarded(request, telemetry, [&]() -> Result<Reply> { return words(request, error); });
  if (said) return {std::move(*said), error.reason.text()};
  return {problem(request, said.error()), said.error().reason.text()};  // the translator itself threw
}

Answer answer_at_site(const Route& route, Request& request, Telemetry& telemetry) noexcept {
  auto reply = guarded(request, telemetry, [&] { return through(route, request); });
  if (!reply) return refuse(route.errors, request, reply.error(), telemetry);
  return {std::move(*reply), {}};
}

Answer answer(const Route& route, Request& request, const SiteFinder::Located& place, SiteFinder& sites, Telemetry& telemetry) noexcept {
  const auto with_site = [&]() -> Result<Reply> {
    if (request.deadline.passed()) return fail_for_now(Kind::unavailable, "deadline_passed", 1, "waited too long for a worker");
    request.site = TRY(sites.find(place, request.tls, request.deadline));
    return through(route, request);
  };
  auto reply = guarded(request, telemetry, with_site);
  if (!reply) return refuse(route.errors, request, reply.error(), telemetry);
  return {std::move(*reply), {}};
}

}  // namespace kidoban::http
