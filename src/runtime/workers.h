#pragma once
// Threads that do the work, and the bounds on how much of it there may be.

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "base/id.h"
#include "base/result.h"
#include "runtime/deadline.h"

namespace kidoban::runtime {

// A bounded pool. Idle threads are woken last-in-first-out, so that a light load keeps running on
// few warm threads. Any thread may submit.
class Workers {
 public:
  // `threads` workers; at most `queue` tasks wait. 
  Workers(std::size_t threads, std::size_t queue);
  ~Workers();  // drain()
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // False at once when the queue is full or the pool is draining. A task must not throw.
  bool submit(std::move_only_function<void()> task);
  // Takes no more tasks, finishes those taken, joins the threads. May be called twice.
  void drain();

  struct Load { std::size_t running, waiting; };
  Load load() const;

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

// A narrow place inside a worker: at most `width` callers at a time, at most `queue` waiting, and
// at most `per_tenant` of one tenant running or waiting, so that one tenant's burst can't stop the
// others. The caller's own thread does the work; enter() only waits for a place.
class Lane {
 public:
  Lane(std::string_view name, std::size_t width, std::size_t queue, std::size_t per_tenant);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  class Place {  // held while working; leaving is its destruction
   public:
    Place(Place&& other) noexcept : lane_(other.lane_), tenant_(other.tenant_) { other.lane_ = nullptr; }
    Place& operator=(Place&&) = delete;
    ~Place();

   private:
    friend class Lane;
    Place(Lane* lane, TenantId tenant) : lane_(lane), tenant_(tenant) {}
    Lane* lane_;
    TenantId tenant_;
  };

  // unavailable/"lane_full" when the queue is full, rate_limited/"tenant_lane_full" when this
  // tenant has its share, unavailable/"deadline_passed" when the wait took too long; all with
  // retry_after_s.
  Result<Place> enter(TenantId tenant, Deadline deadline);

  struct Load { std::size_t running, waiting; };
  Load load() const;

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace kidoban::runtime
