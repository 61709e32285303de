#pragma once
// What a route's guard asks of a request.

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/routes.h"

namespace kidoban::http {

// "https://id.example.com:8443/t/acme" → "https://id.example.com:8443"
std::string_view origin_in(std::string_view url);

// Guard::same_origin: a request that changes something comes from a page of ours. Sec-Fetch-Site
// decides where the browser sends it (same-origin, or none: the person's own doing), else Origin, else Referer,
// against the site's own origin. A request that has none of the three doesn't come from a page
// of another site: browsers send Origin with every cross-origin POST. forbidden/"cross_site_request".
Status check_same_origin(const Request& request);

// The body is of the type that the row takes; malformed/"content_type_unsupported".
Status check_body_type(const Request& request, Body::Type type);

// Fetch §4.8: a question before a request of another origin. Nothing unless `request` is one.
bool is_preflight(const Request& request);
Reply answer_preflight(const Route& route);

}  // namespace kidoban::http
