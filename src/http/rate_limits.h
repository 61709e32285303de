#pragma once
// How often somebody may ask: a tenant's clients each, and the tenant as a whole. Kept by this node in bounded memory; counted by
// GCRA (ITU-T I.371), so that a budget is one number and grows back evenly. Looked at on the edge, before a worker, the store or a
// hash has anything to do with the request. Any thread.
//
// Whose budget is spent: a credential's (a bearer token, a session's cookie) once a request with it was answered as somebody's;
// until then, and without one, the address's. So nobody gets a fresh budget by making up tokens, and what strangers ask for never
// comes out of the tenant's own budget: they have one of their own, all of them together.

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "http/request.h"

namespace kidoban::http {

// A budget: `quota` at once, and that many again in `window`. Without a quota there is no limit.
struct RatePolicy {
  std::string_view name;  // ours: stands in answers and metrics
  std::int64_t quota = 0;
  std::chrono::seconds window{60};
};

struct RateOptions {
  std::vector<std::string> paths;            // what these begin is limited: "/api/v1/"
  std::function<std::string(const Site&)> session_cookie;  // its name
  std::vector<std::string> for_anybody;      // paths of those that answer without asking who it is: to be answered there shows nothing
  RatePolicy client{"client"}, address{"address"}, tenant{"tenant"}, strangers{"strangers"};
  std::size_t remembered = 100'000;          // budgets of a kind; the one that was unused longest goes
};

using RateTime = std::chrono::steady_clock::time_point;

// GCRA with many keys: of each, when its budget will be whole again.
class RateTable {
 public:
  using Key = std::array<std::uint8_t, 16>;  // a piece of a hash
  struct Hash {
    std::size_t operator()(const Key& key) const;
  };
  RateTable(const RatePolicy& policy, std::size_t capacity) : policy_(policy), capacity_(capacity) {}

  struct Left {
    bool allowed = true;
    std::int64_t remaining = 0;
    std::chrono::nanoseconds next{};  // until there is one more
  };
  Left look(const Key& key, RateTime now) const;
  Left spend(const Key& key, RateTime now);
  std::size_t size() const;
  const RatePolicy& policy() const { return policy_; }

 private:
  struct Entry {
    Key key;
    RateTime whole_at;
  };
  Left left(RateTime whole_at, RateTime now) const;
  std::chrono::nanoseconds each() const;

  RatePolicy policy_;
  std::size_t capacity_;
  mutable std::mutex mutex_;
  std::list<Entry> order_;  // used last first
  std::unordered_map<Key, std::list<Entry>::iterator, Hash> entries_;
};

class RateLimits {
 public:
  explicit RateLimits(RateOptions options);
  ~RateLimits();

  struct Verdict {
    bool limited = false;  // by any of this
    bool allowed = true;
    std::int64_t retry_after_s = 0;
    std::vector<std::pair<std::string, std::string>> headers;  // draft-ietf-httpapi-ratelimit-headers-11 §3, §4
    std::optional<RateTable::Key> credential;
    bool known = false;
    bool shows_who = false;  // an answer would
  };
  // `site` where the finder remembers it; else `place`, the slug or the host, stands for it.
  Verdict ask(std::string_view place, const std::optional<Site>& site, const Request& request, RateTime now);
  // How it was answered: who has shown who they are has a budget of their own from then on, and who can't any more has none.
  void answered(const Verdict& verdict, int status);

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace kidoban::http
