#include "store/postgres/turns.h"

#include <algorithm>
#include <chrono>

namespace kidoban::store::postgres {

namespace {
constexpr std::chrono::milliseconds patience{250};
}

template <class Ready>
bool Turns::wait(std::unique_lock<std::mutex>& lock, runtime::Deadline deadline, const Ready& ready) {
  const auto left = std::min<runtime::Deadline::Steady::duration>(deadline.left(), patience);
  return changed_.wait_for(lock, left, ready);
}

void Turns::forget_idle(TenantId tenant) {
  const auto found = writers_.find(tenant);
  if (found == writers_.end()) return;
  const Writers& w = found->second;
  if (w.going == 0 && w.waiting == 0 && w.waiting_alone == 0 && !w.alone) writers_.erase(found);
}

Turns::Turn Turns::together(TenantId tenant, runtime::Deadline deadline) {
  std::unique_lock lock(mutex_);
  Writers& writers = writers_[tenant];  // stays where it is while it is waited for
  ++writers.waiting;
  wait(lock, deadline, [&] { return !writers.alone && writers.waiting_alone == 0; });
  --writers.waiting;
  ++writers.going;
  return {*this, tenant, Turn::Kind::together};
}

Turns::Turn Turns::alone(TenantId tenant, runtime::Deadline deadline) {
  std::unique_lock lock(mutex_);
  Writers& writers = writers_[tenant];
  ++writers.waiting_alone;
  const bool mine = wait(lock, deadline, [&] { return !writers.alone && writers.going == 0; });
  --writers.waiting_alone;
  if (mine) writers.alone = true;
  else ++writers.going;
  changed_.notify_all();
  return {*this, tenant, mine ? Turn::Kind::alone : Turn::Kind::together};
}

Turns::Turn::~Turn() {
  if (turns_ == nullptr) return;
  const std::lock_guard lock(turns_->mutex_);
  Writers& writers = turns_->writers_[tenant_];
  if (kind_ == Kind::alone) writers.alone = false;
  else --writers.going;
  turns_->forget_idle(tenant_);
  turns_->changed_.notify_all();
}

}  // namespace kidoban::store::postgres
