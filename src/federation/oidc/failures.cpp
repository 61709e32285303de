#include "federation/oidc/failures.h"

namespace kidoban::federation::oidc {

namespace {
constexpr std::size_t counters_kept = 50'000;

std::string name_of(TenantId tenant, const std::string& client_id, const std::string& address) {
  return tenant.text() + ' ' + address + ' ' + client_id;
}
}  // namespace

Failures::Failures() : counters_(counters_kept, std::chrono::seconds(window_s)) {}

bool Failures::exhausted(TenantId tenant, const std::string& client_id, const std::string& address) {
  const auto counter = counters_.get(name_of(tenant, client_id, address));
  return counter && counter->failures.load(std::memory_order_relaxed) >= allowed;
}

void Failures::count(TenantId tenant, const std::string& client_id, const std::string& address) {
  const std::string name = name_of(tenant, client_id, address);
  auto counter = counters_.get(name);
  if (!counter) {
    auto fresh = std::make_shared<Counter>();
    counter = fresh;
    counters_.put(name, std::move(fresh));
  }
  counter->failures.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace kidoban::federation::oidc
