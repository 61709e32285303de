#include "audit/stream.h"

#include <doctest/doctest.h>

#include "audit/sealing.h"
#include "audit/stirred.h"
#include "kit/two_tenants.h"

namespace kidoban::audit {
namespace {

using namespace std::chrono_literals;
const std::vector<store::Feature> features{{"seal", seal::resources()}, {"audit", resources()}};

struct World : kit::TwoTenants {
  Audit audit{keys, clock, random};
  Sealer sealer{store, keys, audit, clock};

  using TwoTenants::TwoTenants;
  void append(const TenantId& tenant, Reason name, int count = 1, std::size_t bytes = 1) {
    REQUIRE(write(tenant, [&](store::Transaction& tx) -> Status {
      for (int i = 0; i < count; ++i) {
        clock.advance(1ms);
        TRY(audit.append(tx, {.name = name, .detail = {{"number", std::to_string(i)}, {"text", std::string(bytes, 'x')}}}));
      }
      return {};
    }));
  }
  void seal(const TenantId& tenant) { REQUIRE(sealer.seal(tenant, soon())); }
  Stretch stretch(const TenantId& tenant, std::int64_t from, std::optional<std::int64_t> end = {}, const std::string& event = "", const StretchBounds& bounds = {}) {
    const auto wanted = [&](std::string_view name) { return name.starts_with(event); };
    auto found = read(tenant, [&](store::Transaction& tx) { return read_stretch(tx, keys, from, end, wanted, bounds); });
    REQUIRE(found);
    return *std::move(found);
  }
  std::int64_t placed(const TenantId& tenant) {
    return *read(tenant, [&](store::Transaction& tx) { return placed_records(tx); });
  }
};

void on_each(const std::function<void(World&)>& body) {
  kit::each_engine(features, [&](store::Store& store) {
    World world(store);
    body(world);
  });
}

TEST_CASE("whoever follows the audit sees every record once, in one order, and no other tenant's") {
  on_each([](World& w) {
    w.append(w.b, "other.acted", 3);
    w.append(w.a, "test.acted", 450);
    CHECK(w.stretch(w.a, 0).records.empty());  // none has a place yet
    CHECK(w.placed(w.a) == 0);
    CHECK(w.read(w.a, [](store::Transaction& tx) { return any_unplaced(tx); }) == true);
    w.seal(w.a);
    CHECK(w.read(w.a, [](store::Transaction& tx) { return any_unplaced(tx); }) == false);
    CHECK(w.read(w.b, [](store::Transaction& tx) { return any_unplaced(tx); }) == true);
    CHECK(w.placed(w.a) == 451);  // with that of the key
    std::vector<std::int64_t> seen;
    for (std::int64_t from = 0;;) {
      const Stretch part = w.stretch(w.a, from);
      CHECK(part.from == from);
      CHECK(part.records.size() <= 100);
      for (const Placed& one : part.records) {
        seen.push_back(one.position);
        CHECK(one.record.name != "other.acted");
      }
      if (part.end == from) break;
      from = part.end;
    }
    REQUIRE(seen.size() == 451);
    for (std::size_t i = 0; i < seen.size(); ++i) CHECK(seen[i] == static_cast<std::int64_t>(i));
    CHECK(w.placed(w.b) == 0);
    CHECK(w.stretch(w.b, 0).records.empty());
  });
}

TEST_CASE("a stretch that was read to its end once reads the same again, whatever came after") {
  on_each([](World& w) {
    w.append(w.a, "person.changed", 30);
    w.append(w.a, "group.changed", 30);
    w.append(w.a, "person.changed", 130);
    w.seal(w.a);
    const Stretch once = w.stretch(w.a, 0, {}, "person.");
    CHECK(once.records.size() == 100);
    w.append(w.a, "person.changed", 10);
    w.seal(w.a);
    const Stretch again = w.stretch(w.a, 0, once.end, "person.");
    REQUIRE(again.records.size() == 100);
    CHECK(again.end == once.end);
    for (std::size_t i = 0; i < 100; ++i) CHECK(again.records[i].record.id == once.records[i].record.id);
    // None is wanted: it ends where it has looked, so that nobody looks there again.
    const Stretch none = w.stretch(w.a, 0, {}, "domain.");
    CHECK(none.records.empty());
    CHECK(none.end == w.placed(w.a));
    CHECK(w.stretch(w.a, 0, {}, "domain.", {.looked_through = 50}).end == 50);
    CHECK(w.stretch(w.a, w.placed(w.a)).end == w.placed(w.a));
  });
}

TEST_CASE("a stretch of large records is short, and never empty because of it") {
  on_each([](World& w) {
    w.append(w.a, "test.acted", 20, 40'000);
    w.seal(w.a);
    const Stretch part = w.stretch(w.a, 0, {}, "test.");
    CHECK(part.records.size() == 7);
    CHECK(w.stretch(w.a, 0, {}, "test.", {.bytes = 1}).records.size() == 1);
  });
}

TEST_CASE("where records were removed by age, who is behind goes on behind them and can tell") {
  on_each([](World& w) {
    w.append(w.a, "test.acted", 10);
    w.seal(w.a);
    w.clock.advance(std::chrono::hours(24 * 40));
    w.append(w.a, "test.acted", 5);
    w.seal(w.a);
    REQUIRE(w.sealer.retire(w.a, w.clock.now() - std::chrono::hours(24 * 30), w.soon()));
    const Stretch part = w.stretch(w.a, 2, {}, "test.");
    CHECK(part.from > 2);
    CHECK(part.records.size() == 5);
  });
}

TEST_CASE("whose audit moved is hinted at, once") {
  on_each([](World& w) {
    (void)take_stirred();
    w.append(w.a, "test.acted", 3);
    CHECK(take_stirred() == std::vector<TenantId>{w.a});
    CHECK(take_stirred().empty());
  });
}

TEST_CASE("a head a second becomes a head a minute after an hour, and what stays proves the same") {
  on_each([](World& w) {
    for (int i = 0; i < 180; ++i) {
      w.clock.advance(1s);
      w.append(w.a, "test.acted");
      w.seal(w.a);
    }
    const auto heads = [&] { return w.read(w.a, [&](store::Transaction& tx) { return w.sealer.heads(tx, INT64_MAX, 1000); })->size(); };
    CHECK(heads() == 180);
    w.clock.advance(std::chrono::hours(2));
    REQUIRE(w.sealer.retire(w.a, w.clock.now() - std::chrono::hours(24 * 30), w.soon()));
    CHECK(heads() <= 5);
    CHECK(heads() >= 3);
    w.clock.advance(std::chrono::hours(24 * 40));
    REQUIRE(w.sealer.retire(w.a, w.clock.now() - std::chrono::hours(24 * 400), w.soon()));
    CHECK(heads() <= 2);
  });
}

}  // namespace
}  // namespace kidoban::audit
