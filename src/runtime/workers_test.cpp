#include "runtime/workers.h"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

using namespace kidoban;
using namespace kidoban::runtime;
using namespace std::chrono_literals;

namespace {

template <class Done>
bool soon(Done done) {
  for (int i = 0; i < 2000; ++i) {
    if (done()) return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

TenantId tenant(std::uint8_t number) {
  TenantId t;
  t.id.bytes[15] = number;
  return t;
}

Deadline in(Deadline::Steady::duration d) { return Deadline::after(d); }

}  // namespace

TEST_CASE("every task that was taken is done once, whoever submits") {
  std::atomic<int> done = 0;
  std::atomic<int> taken = 0;
  {
    Workers workers(4, 10'000);
    std::vector<std::thread> submitters;
    for (int t = 0; t < 4; ++t) {
      submitters.emplace_back([&] {
        for (int i = 0; i < 2000; ++i) taken += workers.submit([&] { ++done; }) ? 1 : 0;
      });
    }
    for (auto& s : submitters) s.join();
  }
  CHECK(taken == 8000);
  CHECK(done == 8000);
}

TEST_CASE("a full pool says so at once, and takes work again when there is room") {
  Workers workers(2, 3);
  std::latch go(1);
  std::atomic<int> done = 0;
  for (int i = 0; i < 5; ++i) REQUIRE(workers.submit([&] { go.wait(); ++done; }));
  CHECK_FALSE(workers.submit([&] { ++done; }));
  CHECK(workers.load().running == 2);
  CHECK(workers.load().waiting == 3);
  go.count_down();
  REQUIRE(soon([&] { return done == 5; }));
  CHECK(soon([&] { return workers.load().running == 0; }));
  CHECK(workers.submit([&] { ++done; }));
  CHECK(soon([&] { return done == 6; }));
}

TEST_CASE("a light load keeps to one thread, the last that fell asleep") {
  Workers workers(8, 8);
  std::latch all(8);
  for (int i = 0; i < 8; ++i) REQUIRE(workers.submit([&] { all.arrive_and_wait(); }));
  REQUIRE(soon([&] { return workers.load().running == 0; }));
  std::set<std::thread::id> seen;
  for (int i = 0; i < 50; ++i) {
    std::atomic<bool> done = false;
    REQUIRE(workers.submit([&] { seen.insert(std::this_thread::get_id()); done = true; }));
    REQUIRE(soon([&] { return done.load() && workers.load().running == 0; }));
  }
  CHECK(seen.size() == 1);
}

TEST_CASE("drain finishes what was taken, takes nothing more, and may be called twice") {
  Workers workers(2, 100);
  std::atomic<int> done = 0;
  for (int i = 0; i < 40; ++i) REQUIRE(workers.submit([&] { std::this_thread::sleep_for(1ms); ++done; }));
  workers.drain();
  CHECK(done == 40);
  CHECK_FALSE(workers.submit([] {}));
  workers.drain();
}

TEST_CASE("what a task holds goes when it is done, not when the next one comes") {
  Workers workers(1, 1);
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> seen = held;
  REQUIRE(workers.submit([held = std::move(held)] {}));
  CHECK(soon([&] { return seen.expired(); }));
}

TEST_CASE("a lane lets as many in as it is wide, and the rest in their order") {
  Lane lane("width", 2, 10, 10);
  auto first = lane.enter(tenant(1), in(1s));
  auto second = lane.enter(tenant(2), in(1s));
  REQUIRE(first.has_value());
  REQUIRE(second.has_value());
  std::mutex mutex;
  std::vector<int> order;
  std::vector<std::thread> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.emplace_back([&, i] {
      auto place = lane.enter(tenant(3), in(5s));
      REQUIRE(place.has_value());
      const std::lock_guard lock(mutex);
      order.push_back(i);
    });
    REQUIRE(soon([&] { return lane.load().waiting == static_cast<std::size_t>(i + 1); }));
  }
  CHECK(lane.load().running == 2);
  { auto leave = std::move(*first); }
  for (auto& thread : waiting) thread.join();
  CHECK(order == std::vector<int>{0, 1, 2});
  CHECK(lane.load().running == 1);
}

TEST_CASE("a full lane refuses at once; a place that doesn't come in time is given up") {
  Lane lane("full", 1, 1, 10);
  const auto place = lane.enter(tenant(1), in(1s));
  REQUIRE(place.has_value());
  std::atomic<bool> waited = false;
  std::thread waiter([&] {
    const auto late = lane.enter(tenant(2), in(300ms));
    REQUIRE_FALSE(late.has_value());
    CHECK(late.error().kind == Kind::unavailable);
    CHECK(late.error().reason == "deadline_passed");
    CHECK(late.error().retry_after_s > 0);
    waited = true;
  });
  REQUIRE(soon([&] { return lane.load().waiting == 1; }));
  const auto refused = lane.enter(tenant(3), in(5s));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == Kind::unavailable);
  CHECK(refused.error().reason == "lane_full");
  CHECK(refused.error().retry_after_s > 0);
  CHECK_FALSE(waited.load());
  waiter.join();
  CHECK(lane.load().waiting == 0);
}

TEST_CASE("one tenant's burst leaves room for the others") {
  Lane lane("share", 4, 10, 2);
  auto one = lane.enter(tenant(1), in(1s));
  auto two = lane.enter(tenant(1), in(1s));
  REQUIRE(two.has_value());
  const auto three = lane.enter(tenant(1), in(1s));
  REQUIRE_FALSE(three.has_value());
  CHECK(three.error().kind == Kind::rate_limited);
  CHECK(three.error().reason == "tenant_lane_full");
  CHECK(lane.enter(tenant(2), in(1s)).has_value());
  { auto leave = std::move(*one); }
  CHECK(lane.enter(tenant(1), in(1s)).has_value());
}

TEST_CASE("who never gives up gets a place in the end") {
  Lane lane("patient", 1, 5, 5);
  auto place = lane.enter(tenant(1), Deadline::never());
  REQUIRE(place.has_value());
  std::thread waiter([&] { CHECK(lane.enter(tenant(1), Deadline::never()).has_value()); });
  REQUIRE(soon([&] { return lane.load().waiting == 1; }));
  { auto leave = std::move(*place); }
  waiter.join();
  CHECK(lane.load().running == 0);
}

TEST_CASE("a lane crowded by eight threads loses no place") {
  Lane lane("crowd", 3, 100, 100);
  std::atomic<int> inside = 0, most = 0, got = 0;
  std::vector<std::thread> threads;
  for (std::uint8_t t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 300; ++i) {
        const auto place = lane.enter(tenant(t), i % 7 == 0 ? in(50us) : in(10s));
        if (!place) continue;
        ++got;
        const int now = ++inside;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {}
        --inside;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(most <= 3);
  CHECK(got > 1000);
  CHECK(lane.load().running == 0);
  CHECK(lane.load().waiting == 0);
}
