#pragma once
// The table of what is answered where. A row states method, path, guard, body and error words;
// nothing has a default, so that reading the rows is reading the attack surface.

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/reply.h"
#include "http/request.h"

namespace kidoban::http {

enum class Scope : std::uint8_t {
  tenant,   // below a tenant's base URL
  service,  // of the service itself: /healthz, /metrics, the operator's set-up
};

// What the edge checks before the handler runs. Who the person or client is, and what they may do,
// is the handler's first question; this is what a browser and a stranger must satisfy before.
enum class Guard : std::uint8_t {
  open,        // anyone, from anywhere
  same_origin, // a state-changing form of our own pages: Sec-Fetch-Site / Origin must be ours
  cors,        // callable by scripts of any origin without cookies (token, userinfo, discovery): answers preflights
  internal,    // only from the addresses configured for metrics and health
};

struct Body {
  enum class Type : std::uint8_t { none, form, json, csv, any } type;
  std::size_t limit;
};

using Handler = std::function<Result<Reply>(Request&)>;
// Puts an Error into the protocol's own words.
using Translator = std::function<Reply(const Request&, const Error&)>;

struct Route {
  Scope scope;
  Method method;            // get also answers HEAD
  std::string path;         // "/sign-in/{journey}"; a {name} is one segment
  Guard guard;
  Body body;
  Translator errors;
  Handler handler;
  std::string name;         // for metrics and logs: "token"; never has anything from outside in it
  // Answers from memory at once: may run on the edge thread. A tenant's row runs there when the
  // finder remembers the site; a service's row runs there always, and has no site.
  bool inline_on_edge = false;
};

// RFC 9457 problem+json: {"type":"about:blank"…,"title","status","reason"}; reason is Error's. No note.
Reply problem(const Request& request, const Error& error);
// The HTTP status for a kind: malformed 400, unauthenticated 401, forbidden 403, not_found 404, conflict 409,
// expired 410, rate_limited 429, sealed 423, unavailable 503, internal 500.
int status_of(Kind kind);

// Whose a request is. tenant/ has the real one. Any thread.
class SiteFinder {
 public:
  virtual ~SiteFinder() = default;

  // What host and path say by their shape alone.
  struct Located {
    Scope scope = Scope::service;
    std::string slug;       // the tenant, named by the path or by the host's first label; or else
    std::string host;       // a host of the tenant's own
    std::string base_path;  // what came off the path: "/t/acme", or ""
    std::string path;       // what is left; always begins with "/"
  };
  // On the edge, before the body is read: which row answers, and how much body it takes. Must not
  // block. `host` is in lower case, with its port where one was sent; `path` is decoded.
  virtual Located locate(std::string_view host, std::string_view path) const = 0;

  // On a worker; may read the store. not_found/"tenant_unknown" where the place names a tenant that isn't there.
  virtual Result<Site> find(const Located& place, bool tls, runtime::Deadline deadline) = 0;

  // On the edge, for rows that are answered there: the site if memory has it, and none where only
  // find() could tell; the request then goes to a worker. Must not block.
  virtual std::optional<Site> remembered(const Located& place, bool tls) {
    (void)place, (void)tls;
    return std::nullopt;
  }
};

// Built once at start, then only read.
class Routes {
 public:
  void add(Route route);  // a second row for the same scope, method and path is a failed requirement
  const std::vector<Route>& all() const { return rows_; }
  // The words for what no row answers: 404, 405. problem() until it is said.
  void otherwise(Translator errors) { otherwise_ = std::move(errors); }
  const Translator& otherwise() const { return otherwise_; }

  struct Match {
    const Route* route = nullptr;
    std::string allowed;   // when only the method is wrong: "GET, HEAD" for 405's Allow
    std::map<std::string, std::string, std::less<>> path_values;
  };
  // For a stranger the rows of Guard::internal aren't there, by any method.
  enum class Caller : std::uint8_t { stranger, internal };
  Match match(Scope scope, Method method, std::string_view path, Caller caller = Caller::internal) const;

 private:
  struct Index;
  std::vector<Route> rows_;
  Translator otherwise_ = problem;
  std::shared_ptr<Index> index_;
};

}  // namespace kidoban::http
