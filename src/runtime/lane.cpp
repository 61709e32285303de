#include <algorithm>
#include <condition_variable>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/require.h"
#include "runtime/metrics.h"
#include "runtime/workers.h"

namespace kidoban::runtime {

struct Lane::Inside {
  struct Waiter {
    std::condition_variable called;
    bool has_place = false;
  };

  Inside(std::string_view name, std::size_t w, std::size_t q, std::size_t t)
      : width(w), queue(q), per_tenant(t),
        running_gauge("kidoban_lane_" + std::string(name) + "_running", "Callers at work in this lane.",
                      [this] { return static_cast<double>(load().running); }),
        waiting_gauge("kidoban_lane_" + std::string(name) + "_waiting", "Callers that wait for a place in this lane.",
                      [this] { return static_cast<double>(load().waiting); }),
        refused("kidoban_lane_" + std::string(name) + "_refused_total", "Callers turned away.", "reason",
                {"lane_full", "tenant_lane_full", "deadline_passed"}) {}

  Load load() const {
    const std::lock_guard lock(mutex);
    return {running, waiters.size()};
  }
  void forget(const TenantId& tenant) {
    const auto found = tenants.find(tenant);
    if (found != tenants.end() && --found->second == 0) tenants.erase(found);
  }

  const std::size_t width, queue, per_tenant;
  mutable std::mutex mutex;
  std::size_t running = 0;
  std::list<Waiter*> waiters;  // the first came first
  std::unordered_map<TenantId, std::size_t> tenants;  // running or waiting; never a zero
  Gauge running_gauge, waiting_gauge;
  Counter refused;
};

Lane::Lane(std::string_view name, std::size_t width, std::size_t queue, std::size_t per_tenant)
    : inside_(std::make_unique<Inside>(name, width, queue, per_tenant)) {
  require(width > 0 && per_tenant > 0, "a lane lets somebody through");
}
Lane::~Lane() = default;

Result<Lane::Place> Lane::enter(TenantId tenant, Deadline deadline) {
  Inside& in = *inside_;
  std::unique_lock lock(in.mutex);
  const auto here = in.tenants.find(tenant);
  if (here != in.tenants.end() && here->second >= in.per_tenant) {
    in.refused.add(1);
    return fail_for_now(Kind::rate_limited, "tenant_lane_full", 1);
  }
  if (in.running < in.width && in.waiters.empty()) {
    ++in.running;
    ++in.tenants[tenant];
    return Place(this, tenant);
  }
  if (in.waiters.size() >= in.queue) {
    in.refused.add(0);
    return fail_for_now(Kind::unavailable, "lane_full", 1);
  }
  ++in.tenants[tenant];
  Inside::Waiter me;
  const auto place = in.waiters.insert(in.waiters.end(), &me);
  const auto has_place = [&] { return me.has_place; };
  // A time point near the clock's end overflows inside wait_until: whoever never gives up waits without.
  const bool patient = deadline.at() == Deadline::Steady::time_point::max();
  if (patient) me.called.wait(lock, has_place);
  else if (!me.called.wait_until(lock, deadline.at(), has_place)) {
    in.waiters.erase(place);
    in.forget(tenant);
    in.refused.add(2);
    return fail_for_now(Kind::unavailable, "deadline_passed", 1);
  }
  return Place(this, tenant);  // whoever left handed us theirs: `running` already counts us
}

Lane::Place::~Place() {
  if (lane_ == nullptr) return;
  Inside& in = *lane_->inside_;
  const std::lock_guard lock(in.mutex);
  in.forget(tenant_);
  if (in.waiters.empty()) {
    --in.running;
    return;
  }
  Inside::Waiter* next = in.waiters.front();
  in.waiters.pop_front();
  next->has_place = true;
  next->called.notify_one();  // under the lock: the waiter lives on the stack of who waits
}

Lane::Load Lane::load() const { return inside_->load(); }

}  // namespace kidoban::runtime
