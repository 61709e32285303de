#include "http/guard.h"

#include <algorithm>

#include "base/text.h"

namespace kidoban::http {

std::string_view origin_in(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  return url.substr(0, std::min(url.find('/', scheme + 3), url.size()));
}

Status check_same_origin(const Request& request) {
  if (request.method == Method::get || request.method == Method::head || request.method == Method::options) return {};
  const auto refused = [] { return fail(Kind::forbidden, "cross_site_request"); };
  if (const std::string_view site = request.header("sec-fetch-site"); !site.empty()) {
    if (site == "same-origin" || site == "none") return {};
    return refused();
  }
  const std::string_view ours = origin_in(request.site.base_url);
  if (const std::string_view origin = request.header("origin"); !origin.empty()) {
    if (!ours.empty() && ascii_iequals(origin, ours)) return {};
    return refused();
  }
  if (const std::string_view referer = request.header("referer"); !referer.empty()) {
    if (!ours.empty() && ascii_iequals(origin_in(referer), ours)) return {};
    return refused();
  }
  return {};
}

Status check_body_type(const Request& request, Body::Type type) {
  if (type == Body::Type::any || type == Body::Type::none || request.body.empty()) return {};
  const std::string given = request.content_type();
  const bool fits = type == Body::Type::form  ? given == "application/x-www-form-urlencoded"
                    : type == Body::Type::csv ? given == "text/csv"  // RFC 7111
                                              : given == "application/json" || (given.starts_with("application/") && given.ends_with("+json"));
  if (fits) return {};
  return fail(Kind::malformed, "content_type_unsupported");
}

bool is_preflight(const Request& request) {
  return request.method == Method::options && !request.header("origin").empty() &&
         !request.header("access-control-request-method").empty();
}

Reply answer_preflight(const Route& route) {
  Reply reply = Reply::empty(204);
  reply.with("Access-Control-Allow-Origin", "*")
      .with("Access-Control-Allow-Methods", std::string(name_of(route.method)))
      .with("Access-Control-Allow-Headers", "Authorization, Content-Type, DPoP, traceparent")
      .with("Access-Control-Max-Age", "7200")
      .with("Vary", "Origin, Access-Control-Request-Method");
  return reply;
}

}  // namespace kidoban::http
