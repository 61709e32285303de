#pragma once
// Whose turn it is to write for a tenant. All go at once; one that others have undone again and again asks to go alone: it waits
// for those on their way, and no new one begins before it is done. So transactions that change the same row (a tenant's count of
// people) each get through after a few tries instead of undoing one another until the deadline. In this process alone: another
// node's may still come between. Any thread.

#include <condition_variable>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/id.h"
#include "runtime/deadline.h"

namespace kidoban::store::postgres {

class Turns {
 public:
  // Held for one run of a transaction.
  class Turn {
   public:
    ~Turn();
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)), tenant_(other.tenant_), kind_(other.kind_) {}
    Turn& operator=(Turn&&) = delete;

   private:
    friend class Turns;
    enum class Kind : std::uint8_t { together, alone };
    Turn(Turns& turns, TenantId tenant, Kind kind) : turns_(&turns), tenant_(tenant), kind_(kind) {}
    Turns* turns_;
    TenantId tenant_;
    Kind kind_;
  };

  // Waits no longer than a quarter of a second, nor past the deadline: a transaction may be long, and then it is worth a try.
  Turn together(TenantId tenant, runtime::Deadline deadline);
  Turn alone(TenantId tenant, runtime::Deadline deadline);

 private:
  struct Writers {
    std::size_t going = 0, waiting_alone = 0, waiting = 0;
    bool alone = false;
  };
  template <class Ready>
  bool wait(std::unique_lock<std::mutex>& lock, runtime::Deadline deadline, const Ready& ready);
  void forget_idle(TenantId tenant);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<TenantId, Writers> writers_;  // of tenants that somebody writes for
};

}  // namespace kidoban::store::postgres
