#include "audit/stirred.h"

#include <mutex>
#include <unordered_set>

namespace kidoban::audit {

namespace {

// Where nobody takes them (a command), or more come than anybody can: who follows finds the others by looking around.
constexpr std::size_t most = 4096;

struct Stirred {
  std::mutex mutex;
  std::unordered_set<TenantId> tenants;
};
Stirred& stirred() {
  static Stirred all;
  return all;
}

}  // namespace

void stir(const TenantId& tenant) {
  Stirred& all = stirred();
  const std::lock_guard lock(all.mutex);
  if (all.tenants.size() < most) all.tenants.insert(tenant);
}

std::vector<TenantId> take_stirred() {
  Stirred& all = stirred();
  const std::lock_guard lock(all.mutex);
  std::vector<TenantId> out(all.tenants.begin(), all.tenants.end());
  all.tenants.clear();
  return out;
}

}  // namespace kidoban::audit
