#pragma once
// Asking another server. The calling thread waits, so whoever calls stands on a lane or a thread of their own, never in
// a transaction. Any thread; connections are kept between a thread's calls.

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "runtime/deadline.h"

namespace kidoban::http {

struct Asked {
  std::string url;  // https, or http
  std::vector<std::pair<std::string, std::string>> headers;
  std::size_t most_bytes;          // of the answer's body, decoded
  std::chrono::milliseconds time;  // for all of it
};
struct Answered {
  int status = 0;
  std::string body;
};
// GET. Certificates are verified against the system's roots; no redirect is followed: who is asked is who was configured.
// unavailable/"server_unreachable", "server_too_slow", "answer_too_large".
Result<Answered> ask(const Asked& asked, runtime::Deadline deadline);

}  // namespace kidoban::http
