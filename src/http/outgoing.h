#pragma once
// A reply as bytes: its head, with what every answer of this service carries.

#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/incoming.h"
#include "http/reply.h"
#include "http/request.h"

namespace kidoban::http {

struct Framing {
  bool head_only = false;   // answers HEAD
  bool keep_alive = true;
  bool secure = false;      // the site is https: Strict-Transport-Security
  bool any_origin = false;  // Guard::cors
  const Trace* trace = nullptr;
};

// The body as it will be sent: never one with 1xx, 204, 304 or HEAD.
std::string_view body_of(const Reply& reply, const Framing& framing);

// Status line and headers, with the empty line. A header of the reply's own stands before our default for it.
// A header that could end its line is a failed requirement.
std::string head_of(const Reply& reply, const Framing& framing, Time now);

// Of a request that no row will see.
Reply reply_to(const Refusal& refusal, const Trace& trace);

}  // namespace kidoban::http
