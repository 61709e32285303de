#pragma once
// The edge: sockets, TLS and HTTP/1.1, asynchronous inside, and the only place that is. A whole,
// bounded request is handed to a worker; its answer goes back to the edge to be written.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/routes.h"
#include "runtime/workers.h"

namespace kidoban::http {

struct Listen {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;  // 0: any free one
  // Both or neither. PEM; read again on reload_certificates().
  std::filesystem::path certificate, private_key;
};

class RateLimits;  // rate_limits.h

struct ServerOptions {
  std::vector<Listen> listen;
  std::vector<std::string> trusted_proxies;    // addresses or CIDRs whose X-Forwarded-* we believe
  std::vector<std::string> internal_networks = {"127.0.0.0/8", "::1/128"};  // Guard::internal
  std::size_t connections = 20'000;            // more are closed at once with 503
  std::size_t edge_threads = 1;
  RateLimits* rate_limits = nullptr;           // outlives the server; none: nobody asks too often
};

class Server {
 public:
  // Listens, or says why not: unavailable/"port_busy", forbidden/"port_forbidden",
  // malformed/"certificate_unusable", … the note names address and file.
  static Result<std::unique_ptr<Server>> listen(const ServerOptions& options, const Routes& routes,
                                                SiteFinder& sites, runtime::Workers& workers);
  virtual ~Server() = default;
  // Accepts until stop(); returns when every request in flight has been answered or `grace` is over.
  virtual void run() = 0;
  virtual void stop(std::chrono::seconds grace) = 0;        // any thread; async-signal-unsafe
  virtual Status reload_certificates() = 0;
  virtual std::vector<std::uint16_t> ports() const = 0;     // as bound, in the order of `listen`
};

}  // namespace kidoban::http
