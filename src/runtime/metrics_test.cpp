#include "runtime/metrics.h"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "runtime/cache.h"

using namespace kidoban::runtime;

namespace {
bool has_line(const std::string& text, const std::string& line) {
  std::istringstream lines(text);
  for (std::string one; std::getline(lines, one);) {
    if (one == line) return true;
  }
  return false;
}
}  // namespace

TEST_CASE("counters of many threads add up") {
  Counter plain("t_plain_total", "Plain.");
  Counter labelled("t_labelled_total", "Labelled.", "outcome", {"good", "bad"});
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) plain.add();
      labelled.add(1, 5);
    });
  }
  for (auto& thread : threads) thread.join();
  const std::string text = metrics_text();
  CHECK(has_line(text, "# HELP t_plain_total Plain."));
  CHECK(has_line(text, "# TYPE t_plain_total counter"));
  CHECK(has_line(text, "t_plain_total 60000"));
  CHECK(has_line(text, R"(t_labelled_total{outcome="good"} 0)"));
  CHECK(has_line(text, R"(t_labelled_total{outcome="bad"} 30)"));
}

TEST_CASE("a histogram's buckets hold what is up to their bound, in their order") {
  Histogram seconds("t_seconds", "How long.", "route", {"a", "b"});
  seconds.observe(0.0001, 1);
  seconds.observe(0.00011, 1);
  seconds.observe(3, 1);
  seconds.observe(100, 1);
  const std::string text = metrics_text();
  CHECK(has_line(text, R"(t_seconds_bucket{route="b",le="0.0001"} 1)"));
  CHECK(has_line(text, R"(t_seconds_bucket{route="b",le="0.00025"} 2)"));
  CHECK(has_line(text, R"(t_seconds_bucket{route="b",le="5"} 3)"));
  CHECK(has_line(text, R"(t_seconds_bucket{route="b",le="10"} 3)"));
  CHECK(has_line(text, R"(t_seconds_bucket{route="b",le="+Inf"} 4)"));
  CHECK(has_line(text, R"(t_seconds_count{route="b"} 4)"));
  CHECK(has_line(text, R"(t_seconds_sum{route="b"} 103.00021)"));
  CHECK(has_line(text, R"(t_seconds_count{route="a"} 0)"));
  CHECK(text.find(R"(route="b",le="2.5")") < text.find(R"(route="b",le="10")"));
  CHECK(text.find(R"(route="b",le="10")") < text.find(R"(route="b",le="+Inf")"));
}

TEST_CASE("a gauge is read when asked; a metric that has gone isn't shown; two of one name are added") {
  double value = 2.5;
  {
    const Gauge one("t_gauge", "Now.", [&] { return value; });
    CHECK(has_line(metrics_text(), "t_gauge 2.5"));
    value = 4;
    CHECK(has_line(metrics_text(), "t_gauge 4"));
    const Gauge two("t_gauge", "Now.", [] { return 1.0; });
    CHECK(has_line(metrics_text(), "t_gauge 5"));
  }
  CHECK(metrics_text().find("t_gauge") == std::string::npos);
}

TEST_CASE("several labels make a series each") {
  Counter requests("t_requests_total", "Requests.", Labels{{"route", "class"}, {{"token", "2xx"}, {"to\"ken", "4xx"}}});
  requests.add(1);
  CHECK(has_line(metrics_text(), R"(t_requests_total{route="token",class="2xx"} 0)"));
  CHECK(has_line(metrics_text(), R"(t_requests_total{route="to\"ken",class="4xx"} 1)"));
}

TEST_CASE("a cache forgets the least recently used, and what is too old") {
  Cache<int, int> cache(16, std::chrono::milliseconds(50));  // one entry a shard
  cache.put(1, std::make_shared<const int>(1));
  cache.put(17, std::make_shared<const int>(17));  // the same shard
  CHECK(cache.get(1) == nullptr);
  REQUIRE(cache.get(17) != nullptr);
  const auto held = cache.get(17);
  cache.forget(17);
  CHECK(cache.get(17) == nullptr);
  CHECK(*held == 17);
  cache.put(2, held);
  std::this_thread::sleep_for(std::chrono::milliseconds(70));
  CHECK(cache.get(2) == nullptr);
}
