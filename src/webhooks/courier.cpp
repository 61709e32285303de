#include "webhooks/courier.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "runtime/log.h"
#include "runtime/workers.h"
#include "webhooks/delivery.h"
#include "webhooks/look_around.h"

namespace kidoban::webhooks {

namespace {

using runtime::Deadline, runtime::Level;

// Of a tenant those beyond its share are passed over: with ten webhooks each, some tenants' worth of them.
constexpr std::size_t candidates = 128;
// Who asks for a test waits on a request's thread.
constexpr std::size_t tests_at_once = 4, tests_waiting = 8, tests_of_one = 1;

Deadline soon() { return Deadline::after(std::chrono::seconds(15)); }

}  // namespace

struct Courier::Inside {
  // What this node has in hand, so that its threads don't reach for the same.
  struct Hands {
    std::mutex mutex{};
    std::unordered_set<Id> webhooks{};
    std::unordered_map<TenantId, std::size_t> tenants{};
  };

  Delivery delivery;
  LookAround around;
  CourierOptions options;
  std::array<Hands, 2> hands{};
  runtime::Lane test_lane{"webhook_test", tests_at_once, tests_waiting, tests_of_one};

  std::mutex mutex{};
  std::condition_variable wake{};
  bool stopping = false;
  std::array<bool, 2> due{};
  std::vector<std::thread> threads{};

  Inside(const Outfit& outfit, const CourierOptions& wanted) : delivery(outfit, wanted), around(outfit), options(wanted) {}

  Result<std::optional<Due>> reach_for(Kind kind);
  void let_go(Kind kind, const Due& one);
  Result<bool> deliver_one(Kind kind);
  void send(Kind kind);
  void watch();
};

Result<std::optional<Due>> Courier::Inside::reach_for(Kind kind) {
  Hands& mine = hands[static_cast<std::size_t>(kind)];
  const std::lock_guard lock(mine.mutex);
  const Outfit& o = delivery.outfit();
  const auto all = TRY(o.store.system_read(soon(), [&](store::SystemTransaction& tx) { return select_due(tx, kind == Kind::slow, o.clock.now(), candidates); }));
  for (const Due& one : all) {
    const auto theirs = mine.tenants.find(one.tenant);
    if (mine.webhooks.contains(one.id) || (theirs != mine.tenants.end() && theirs->second >= options.at_once)) continue;
    mine.webhooks.insert(one.id);
    ++mine.tenants[one.tenant];
    return one;
  }
  return std::nullopt;
}

void Courier::Inside::let_go(Kind kind, const Due& one) {
  Hands& mine = hands[static_cast<std::size_t>(kind)];
  const std::lock_guard lock(mine.mutex);
  mine.webhooks.erase(one.id);
  if (const auto theirs = mine.tenants.find(one.tenant); --theirs->second == 0) mine.tenants.erase(theirs);
}

Result<bool> Courier::Inside::deliver_one(Kind kind) {
  const auto one = TRY(reach_for(kind));
  if (!one) return false;
  Status done;
  try {
    done = delivery.deliver(*one);
  } catch (const std::exception& thrown) {
    done = fail(kidoban::Kind::internal, "webhook_threw", thrown.what());
  }
  if (!done) {
    runtime::log(Level::warning, "webhook_failed_here", done.error(), {{"webhook", one->id.text()}, {"tenant", one->tenant.text()}});
    delivery.put_aside(*one);
  }
  let_go(kind, *one);
  return true;
}

// A sender's life: while there is something due, it delivers.
void Courier::Inside::send(Kind kind) {
  const std::size_t mine = static_cast<std::size_t>(kind);
  for (;;) {
    {
      std::unique_lock lock(mutex);
      wake.wait(lock, [&] { return stopping || due[mine]; });
      if (stopping) return;
    }
    const auto did = deliver_one(kind);
    if (!did) runtime::log(Level::warning, "webhooks_unreachable", did.error());
    if (did && *did) continue;
    const std::lock_guard lock(mutex);
    due[mine] = false;  // until the next look
  }
}

void Courier::Inside::watch() {
  for (;;) {
    try {
      if (const Status looked = around.look(); !looked) runtime::log(Level::warning, "webhooks_look_failed", looked.error());
    } catch (const std::exception& thrown) {
      runtime::log(Level::error, "webhooks_look_threw", {{"what", std::string(thrown.what())}});
    }
    const auto found = around.anything_due();
    std::unique_lock lock(mutex);
    if (found) due = *found;
    if (found && ((*found)[0] || (*found)[1])) wake.notify_all();
    if (wake.wait_for(lock, options.look_every, [&] { return stopping; })) return;
  }
}

Courier::Courier(store::Store& store, seal::Keyring& keys, audit::Audit& audit, audit::Sealer& sealer, const Clock& clock, Random& random, http::Reach reach,
                 SwitchedOff switched_off, const CourierOptions& options)
    : inside_(new Inside(Outfit{store, keys, audit, sealer, clock, random, std::move(reach), std::move(switched_off)}, options)) {}

Courier::~Courier() { stop(); }

void Courier::start() {
  Inside* const in = inside_.get();
  in->threads.emplace_back([in] { in->watch(); });
  for (std::size_t i = 0; i < in->options.senders; ++i) {
    in->threads.emplace_back([in] { in->send(Kind::quick); });
    in->threads.emplace_back([in] { in->send(Kind::slow); });
  }
}

void Courier::stop() {
  {
    const std::lock_guard lock(inside_->mutex);
    inside_->stopping = true;
  }
  inside_->wake.notify_all();
  for (std::thread& one : inside_->threads) one.join();
  inside_->threads.clear();
}

Result<Attempt> Courier::test(const TenantId& tenant, const Id& id, const std::function<Result<audit::Event>(store::Transaction&)>& by, Deadline deadline) {
  const auto place = TRY(inside_->test_lane.enter(tenant, deadline));
  return inside_->delivery.test(tenant, id, by, deadline);
}

Status Courier::look() { return inside_->around.look(); }
Result<bool> Courier::deliver_one(Kind kind) { return inside_->deliver_one(kind); }

}  // namespace kidoban::webhooks
