#pragma once
// The way of one request through its row, on a worker or on the edge: site, guard, body type, handler,
// and every failure in the row's own words.

#include <string_view>

#include "http/routes.h"
#include "http/telemetry.h"

namespace kidoban::http {

struct Answer {
  Reply reply;
  std::string_view reason;  // the Error's slug, for the log; "" where it went well
};

// Never throws: what a handler throws is logged, counted and answered as internal.
Answer answer(const Route& route, Request& request, const SiteFinder::Located& place, SiteFinder& sites, Telemetry& telemetry) noexcept;
// The same once the site is known.
Answer answer_at_site(const Route& route, Request& request, Telemetry& telemetry) noexcept;
// An error in a row's words (or of no row: Routes::otherwise).
Answer refuse(const Translator& words, const Request& request, const Error& error, Telemetry& telemetry) noexcept;

}  // namespace kidoban::http
