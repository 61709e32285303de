#pragma once
// Asking another server. The calling thread waits, so whoever calls stands on a lane or a thread of their own, never in
// a transaction. Any thread; connections are kept between a thread's calls.

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/network.h"
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

// Where a request may lead that somebody else than the operator chose: public addresses, and these networks.
struct Reach {
  Networks also;
  std::filesystem::path ca_file;  // certificates to believe; "" for the system's
};
// Whether it is an https URL that could be within reach: no user, no fragment, no control characters, and where its host is an
// address, one that may be reached (a name is looked at when it is resolved). The host, as it will be asked.
// malformed/"url_malformed", "url_not_https", "url_unreachable".
Result<std::string> check_url(const std::string& url, const Reach& reach);

struct Posted {
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view body;
  std::chrono::milliseconds time;  // for all of it
};
struct Taken {
  int status = 0;
  std::optional<std::chrono::seconds> retry_after;  // RFC 9110 §10.2.3
};
// POST over https to a server that may wish us ill. The address is checked at the moment it is connected to, whatever its name
// said before; nothing is redirected, proxied or decoded; of the answer the status counts, and the body is thrown away, 64 KiB
// of it at most. unavailable/"name_unresolvable", "address_forbidden", "server_unreachable", "tls_failed",
// "certificate_invalid", "server_too_slow", "answer_malformed".
Result<Taken> post_within(const Reach& reach, const Posted& posted, runtime::Deadline deadline);

}  // namespace kidoban::http
