#include "http/rate_limits.h"

#include <doctest/doctest.h>

#include "base/text.h"

namespace kidoban::http {
namespace {

using namespace std::chrono_literals;

RateTable::Key key(std::uint8_t n) { return {n}; }

// Everybody's limits low, and a time that the test moves.
struct World {
  static RateOptions options() {
    RateOptions out;
    out.paths = {"/api/v1/"};
    out.session_cookie = [](const Site& site) { return "kidoban-" + site.slug; };
    out.for_anybody = {"/api/v1/openapi.json"};
    out.client.quota = 10;
    out.address.quota = 5;
    out.tenant.quota = 25;
    out.strangers.quota = 8;
    return out;
  }
  RateLimits limits{options()};
  RateTime now{};

  static Request request(const std::string& authorization = {}, const std::string& address = "192.0.2.1", const std::string& path = "/api/v1/people") {
    Request out;
    out.method = Method::get;
    out.path = path;
    out.client_address = address;
    if (!authorization.empty()) out.headers.emplace_back("authorization", authorization);
    return out;
  }
  RateLimits::Verdict ask(const Request& request, int status, const std::string& tenant = "acme") {
    Site site;
    site.slug = tenant;
    auto verdict = limits.ask(tenant, site, request, now);
    limits.answered(verdict, verdict.allowed ? status : 429);
    return verdict;
  }
  // How many of `times` are let through.
  int let(int times, const Request& request, int status, const std::string& tenant = "acme") {
    int through = 0;
    for (int i = 0; i < times; ++i) through += ask(request, status, tenant).allowed ? 1 : 0;
    return through;
  }
};

TEST_CASE("a budget may be spent at once, and grows back evenly") {
  RateTable table({"client", 60, 60s}, 100);
  RateTime now{};
  for (int i = 0; i < 60; ++i) REQUIRE(table.spend(key(1), now).allowed);
  const auto refused = table.spend(key(1), now);
  CHECK_FALSE(refused.allowed);
  CHECK(refused.next == 1s);
  now += 999ms;
  CHECK_FALSE(table.spend(key(1), now).allowed);
  now += 1ms;
  CHECK(table.spend(key(1), now).allowed);
  CHECK_FALSE(table.spend(key(1), now).allowed);
  now += 30s;
  CHECK(table.look(key(1), now).remaining == 30);
  now += 1h;
  CHECK(table.look(key(1), now).remaining == 60);
  CHECK(table.look(key(2), now).remaining == 60);
}

TEST_CASE("without a quota nobody is refused, and nothing is remembered") {
  RateTable table({"client", 0, 60s}, 100);
  for (int i = 0; i < 1000; ++i) REQUIRE(table.spend(key(1), RateTime{}).allowed);
  CHECK(table.size() == 0);
}

TEST_CASE("memory is bounded: the budget unused longest goes") {
  RateTable table({"client", 2, 60s}, 10);
  for (std::uint8_t i = 0; i < 10; ++i) REQUIRE(table.spend(key(i), RateTime{}).remaining == 1);
  REQUIRE(table.spend(key(0), RateTime{}).remaining == 0);
  for (std::uint8_t i = 10; i < 19; ++i) REQUIRE(table.spend(key(i), RateTime{}).allowed);
  CHECK(table.size() == 10);
  CHECK_FALSE(table.spend(key(0), RateTime{}).allowed);
  CHECK(table.look(key(1), RateTime{}).remaining == 2);
}

TEST_CASE("who shows who they are has a budget of their own from then on") {
  World w;
  const auto token = World::request("Bearer one");
  const auto first = w.ask(token, 200);
  CHECK(first.headers[0] == std::pair<std::string, std::string>("RateLimit-Policy", "\"address\";q=5;w=60, \"strangers\";q=8;w=60"));
  CHECK(first.headers[1] == std::pair<std::string, std::string>("RateLimit", "\"address\";r=4;t=12, \"strangers\";r=7;t=8"));
  const auto second = w.ask(token, 200);
  CHECK(second.headers[0].second == "\"client\";q=10;w=60, \"tenant\";q=25;w=60");
  CHECK(w.let(20, token, 200) == 9);
  const auto refused = w.ask(token, 200);
  CHECK_FALSE(refused.allowed);
  CHECK(refused.retry_after_s == 6);
  CHECK(refused.headers[1].second == "\"client\";r=0;t=6, \"tenant\";r=15;t=3");
  w.now += 6s;
  CHECK(w.let(5, token, 200) == 1);
}

TEST_CASE("one client's burst doesn't stop the tenant's others, nor one tenant the others") {
  World w;
  for (const char* one : {"Bearer one", "Bearer two", "Bearer three", "Bearer four"}) REQUIRE(w.ask(World::request(one), 200).allowed);
  CHECK(w.let(50, World::request("Bearer one"), 200) == 10);
  CHECK(w.let(50, World::request("Bearer two"), 200) == 10);
  // The tenant's own is 25.
  CHECK(w.let(50, World::request("Bearer three"), 200) == 5);
  CHECK_FALSE(w.ask(World::request("Bearer four"), 200).allowed);
  CHECK(w.ask(World::request("Bearer one"), 200, "globex").allowed);
  CHECK(w.let(50, World::request("Bearer one"), 200, "globex") == 10);
}

TEST_CASE("made-up tokens don't give a fresh budget, and strangers don't spend the tenant's") {
  World w;
  REQUIRE(w.ask(World::request("Bearer good", "198.51.100.7"), 200).allowed);
  int through = 0;
  for (int i = 0; i < 50; ++i) through += w.ask(World::request("Bearer made up " + std::to_string(i)), 401).allowed ? 1 : 0;
  CHECK(through == 5);
  // From many addresses: all strangers together have 8, one of which the good token's first request took.
  for (int i = 0; i < 50; ++i) through += w.ask(World::request({}, "203.0.113." + std::to_string(i)), 401).allowed ? 1 : 0;
  CHECK(through == 7);
  CHECK(w.let(50, World::request("Bearer good", "198.51.100.7"), 200) == 10);
}

TEST_CASE("a token that isn't one any more is a stranger's again") {
  World w;
  const auto token = World::request("Bearer one");
  w.ask(token, 200);
  CHECK(w.ask(token, 401).known);
  CHECK_FALSE(w.ask(token, 401).known);
}

TEST_CASE("to be answered where anybody is shows nothing") {
  World w;
  const auto open = World::request("Bearer made up", "192.0.2.1", "/api/v1/openapi.json");
  w.ask(open, 200);
  CHECK_FALSE(w.ask(open, 200).known);
  CHECK_FALSE(w.ask(World::request("Bearer made up"), 404).known);
  CHECK_FALSE(w.ask(World::request("Bearer made up"), 403).known);
}

TEST_CASE("a session is its cookie, whatever else is sent along") {
  World w;
  auto request = World::request();
  request.headers.emplace_back("cookie", "theme=dark; kidoban-acme=secret");
  w.ask(request, 200);
  request.headers.back().second = "kidoban-globex=1; kidoban-acme=secret; other=1";
  CHECK(w.ask(request, 200).known);
  request.headers.back().second = "kidoban-acme=another";
  CHECK_FALSE(w.ask(request, 200).known);
}

TEST_CASE("another spelling of a token is the same token") {
  World w;
  w.ask(World::request("Bearer one"), 200);
  CHECK(w.ask(World::request("bearer  one"), 200).known);
  CHECK_FALSE(w.ask(World::request("Bearer one2"), 200).known);
}

TEST_CASE("an IPv6 subscriber is one, from wherever in their network") {
  World w;
  int through = 0;
  for (int i = 1; i < 20; ++i) through += w.ask(World::request({}, "2001:db8::" + std::to_string(i)), 401).allowed ? 1 : 0;
  CHECK(through == 5);
  CHECK(w.ask(World::request({}, "2001:db8:0:1::1"), 401).allowed);
}

TEST_CASE("other pages aren't limited") {
  World w;
  const auto page = World::request({}, "192.0.2.1", "/sign-in/1");
  CHECK(w.let(1000, page, 200) == 1000);
  CHECK(w.ask(page, 200).headers.empty());
}

}  // namespace
}  // namespace kidoban::http
