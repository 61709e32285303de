#include "audit/audit.h"

#include <doctest/doctest.h>

#include <set>

#include "kit/two_tenants.h"

namespace kidoban::audit {
namespace {

using namespace std::chrono_literals;
const std::vector<store::Feature> features{{"seal", seal::resources()}, {"audit", resources()}};
constexpr store::Sql details{"details", "select detail from audit_records"};

struct World {
  kit::TwoTenants two;
  Audit audit{two.keys, two.clock, two.random};
  explicit World(store::Store& store) : two(store) {}
  Status append(const TenantId& tenant, Event event) {
    return two.write(tenant, [&](store::Transaction& tx) { return audit.append(tx, event); });
  }
  std::vector<Record> read(const TenantId& tenant, const Audit::Filter& filter = {}, std::optional<Id> before = {}, std::size_t limit = 500) {
    auto all = two.read(tenant, [&](store::Transaction& tx) { return audit.read(tx, filter, before, limit); });
    REQUIRE(all);
    return *std::move(all);
  }
};

TEST_CASE("a record says who did what to whom, and its detail is sealed") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    const Id actor = new_id(w.two.clock, w.two.random), target = new_id(w.two.clock, w.two.random), session = new_id(w.two.clock, w.two.random);
    http::Request request;
    request.client_address = "203.0.113.7";
    request.headers = {{"user-agent", std::string(300, 'x')}};
    request.trace.trace_id = "0af7651916cd43dd8448eb211c80319c";
    Event event{"person.created", Outcome::refused, {ActorKind::person, actor}, "person", target, session};
    event.reason = "login_taken";
    event.detail = {{"login", "hanako@example.com"}};
    REQUIRE(w.append(w.two.a, from(request, event)));
    const auto all = w.read(w.two.a);
    REQUIRE(all.size() == 1);
    const Record& one = all.front();
    CHECK(one.name == "person.created");
    CHECK(one.outcome == "refused");
    CHECK(one.reason == "login_taken");
    CHECK(one.actor_kind == "person");
    CHECK(one.actor == actor);
    CHECK(one.target == target);
    CHECK(one.session == session);
    CHECK(one.at == w.two.clock.now());
    for (const char* said : {"203.0.113.7", "hanako@example.com", "0af7651916cd43dd8448eb211c80319c"}) CHECK(one.detail_json.find(said) != std::string::npos);
    CHECK(one.detail_json.find(std::string(257, 'x')) == std::string::npos);
    const auto disk = w.two.everything(details);
    CHECK(disk.find("hanako") == std::string::npos);
    CHECK(disk.find("203.0.113.7") == std::string::npos);
    CHECK(w.read(w.two.b).empty());
    CHECK(w.read(w.two.b, {.actor = actor, .target = {}, .name = {}, .from = {}, .until = {}}).empty());
  });
}

TEST_CASE("a record stands or falls with the change it tells of") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    CHECK_FALSE(w.two.write(w.two.a, [&](store::Transaction& tx) -> Status {
      TRY(w.audit.append(tx, {.name = "never.happened"}));
      return fail(Kind::conflict, "undone");
    }));
    CHECK(w.read(w.two.a).empty());
  });
}

TEST_CASE("records are read newest first, page by page, by actor, target, event and time") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    const Id one = new_id(w.two.clock, w.two.random), other = new_id(w.two.clock, w.two.random);
    std::vector<Time> times;
    for (int i = 0; i < 25; ++i) {
      times.push_back(w.two.clock.now());
      REQUIRE(w.append(w.two.a, {i % 5 == 0 ? Reason("every.fifth") : Reason("other"), Outcome::success, {ActorKind::person, i % 2 == 0 ? one : other}, "person", i % 3 == 0 ? one : other}));
      w.two.clock.advance(10s);
    }
    REQUIRE(w.append(w.two.b, {.name = "theirs", .actor = {ActorKind::person, one}}));
    std::optional<Id> before;
    std::set<Id> seen;
    std::size_t pages = 0;
    for (;; ++pages) {
      const auto page = w.read(w.two.a, {}, before, 10);
      if (page.empty()) break;
      for (std::size_t i = 0; i < page.size(); ++i) {
        CHECK(seen.insert(page[i].id).second);
        CHECK(page[i].name != "theirs");
        if (i > 0) CHECK(page[i].at < page[i - 1].at);
      }
      before = page.back().id;
    }
    CHECK(pages == 3);
    CHECK(seen.size() == 25);
    const auto count = [&](const Audit::Filter& filter) { return w.read(w.two.a, filter).size(); };
    CHECK(count({.actor = one, .target = {}, .name = {}, .from = {}, .until = {}}) == 13);
    CHECK(count({.actor = {}, .target = one, .name = {}, .from = {}, .until = {}}) == 9);
    CHECK(count({.actor = one, .target = one, .name = {}, .from = {}, .until = {}}) == 5);
    CHECK(count({.actor = {}, .target = {}, .name = "every.fifth", .from = {}, .until = {}}) == 5);
    CHECK(count({.actor = {}, .target = {}, .name = {}, .from = times[5], .until = times[8]}) == 3);
    CHECK(count({.actor = {}, .target = {}, .name = {}, .from = times[24], .until = {}}) == 1);
    CHECK(count({.actor = {}, .target = {}, .name = {}, .from = {}, .until = times[1]}) == 1);
    CHECK(count({.actor = other, .target = {}, .name = "every.fifth", .from = times[3], .until = times[12]}) == 1);
  });
}

}  // namespace
}  // namespace kidoban::audit
