#pragma once
// W3C Trace Context: a caller's trace goes on; without one (or with a broken one) a trace begins here.

#include <string>
#include <string_view>

#include "http/request.h"

namespace kidoban::http {

// The trace id of `traceparent` where it is good (§3.2), else a new one; the span is always new. Any thread.
Trace trace_of(std::string_view traceparent);

// For the answer's `traceresponse`: "00-<trace>-<span>-00".
std::string response_of(const Trace& trace);

}  // namespace kidoban::http
