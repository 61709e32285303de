#pragma once
// Questions to DNS (RFC 1035), by c-ares. Answers are strangers' words: bounded, and never proof of anything but that a
// server said so. Not validated by DNSSEC: that is for the resolver that is asked.
//
// Any thread. The questions of one call are under way together; the caller waits for them, and so must hold no transaction.

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "runtime/deadline.h"

namespace kidoban::dns {

struct Options {
  // "127.0.0.1:5353", "[::1]:53", "192.0.2.1"; none: the system's (/etc/resolv.conf, read at each call).
  std::vector<std::string> servers;
  std::chrono::milliseconds first_try{1500};  // the second waits twice as long
  int tries = 2;
};

// The TXT records of a name, each with its strings joined (RFC 7208 §3.3); none where the name is there without any.
//   not_found/"dns_name_unknown"       NXDOMAIN
//   unavailable/"dns_server_failed"    SERVFAIL
//   unavailable/"dns_refused"          REFUSED, or another refusal
//   unavailable/"dns_timeout"          no answer in time
//   unavailable/"dns_unreachable"      nobody listens there
//   unavailable/"dns_answer_malformed" not an answer
//   unavailable/"dns_answer_too_large" more than limits::dns_records
//   malformed/"dns_name_malformed"     no name to ask for
// A record of more than limits::dns_text_bytes is passed over.
using Texts = Result<std::vector<std::string>>;

class Resolver {
 public:
  // malformed/"configuration_invalid" with a note that names the server.
  static Result<std::unique_ptr<Resolver>> open(Options options);

  Texts txt(const std::string& name, runtime::Deadline deadline) const;
  // One answer a name, in their order. Each question goes out from a port of its own (RFC 5452 §9.2).
  std::vector<Texts> txt(std::span<const std::string> names, runtime::Deadline deadline) const;

 private:
  explicit Resolver(Options options) : options_(std::move(options)) {}
  Options options_;
};

}  // namespace kidoban::dns
