#pragma once
// How often a client's authentication failed from one address in the last minute, on this node.
// Secrets have 32 characters at least, so this is not what keeps guesses out; it bounds what a
// stranger can make us compute and write into the audit. Any thread.

#include <atomic>
#include <string>

#include "base/id.h"
#include "runtime/cache.h"

namespace kidoban::federation::oidc {

class Failures {
 public:
  Failures();
  // Has this pair had its share?
  bool exhausted(TenantId tenant, const std::string& client_id, const std::string& address);
  void count(TenantId tenant, const std::string& client_id, const std::string& address);

  static constexpr int allowed = 20;
  static constexpr std::int64_t window_s = 60;

 private:
  struct Counter {
    mutable std::atomic<int> failures{0};
  };
  runtime::Cache<std::string, Counter> counters_;
};

}  // namespace kidoban::federation::oidc
