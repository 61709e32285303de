// What the store promises on both engines.

#include "store/store.h"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <thread>

#include "base/require.h"
#include "kit/world.h"
#include "store/system.h"

using namespace kidoban;
using store::Rows;
using store::Sql;
using store::Store;
using store::SystemTransaction;
using store::Transaction;

namespace {

constexpr Resource files[] = {
    {"migrations/0001_things.sql",
     "-- Things.\n"
     "create table things (tenant BLOB not null, id BLOB not null, name TEXT not null, number BIGINT,\n"
     "  bytes BLOB, primary key (tenant, id)) /*!sqlite without rowid */;\n"
     "create unique index things_name on things (tenant, name);\n"},
    {"migrations/0002_counters.sql",
     "create table counters (tenant BLOB not null, name TEXT not null, value BIGINT not null,\n"
     "  primary key (tenant, name)) /*!sqlite without rowid */;\n"},
};
const store::Feature features[] = {{"things", files}};

constexpr Sql put{"put_thing", "insert into things (tenant, id, name, number, bytes) values ($1, $2, $3, $4, $5)"};
constexpr Sql find{"find_thing", "select id, name, number, bytes from things where tenant = $1 and id = $2"};
constexpr Sql all{"all_things", "select name from things where tenant = $1 order by name"};
constexpr Sql count_all{"count_things", "select count(*) from things where tenant = $1"};
constexpr Sql rename_one{"rename_thing", "update things set name = $3 where tenant = $1 and id = $2"};
constexpr Sql erase{"erase_thing", "delete from things where tenant = $1 and id = $2"};
constexpr Sql forgets_tenant{"forgets_tenant", "select name from things -- $1\n where name <> '$1' and number <> $10"};
constexpr Sql start_counter{"start_counter", "insert into counters (tenant, name, value) values ($1, $2, 0)"};
constexpr Sql read_counter{"read_counter", "select value from counters where tenant = $1 and name = $2"};
constexpr Sql set_counter{"set_counter", "update counters set value = $3 where tenant = $1 and name = $2"};

runtime::Deadline soon() { return runtime::Deadline::after(std::chrono::seconds(20)); }

struct World {
  kit::ManualClock clock;
  kit::SeededRandom random;
  TenantId a{new_id(clock, random)}, b{new_id(clock, random)};
  Id id() { return new_id(clock, random); }
};

Status put_thing(Transaction& tx, const Id& id, std::string_view name) {
  TRY(tx.execute(put, id, name, 7, nullptr));
  return {};
}

std::int64_t things_of(Store& s, TenantId t) {
  auto counted = s.read(t, soon(), [&](Transaction& tx) -> Result<std::int64_t> {
    return TRY(tx.query(count_all)).front().integer(0);
  });
  REQUIRE(counted.has_value());
  return *counted;
}

}  // namespace

TEST_CASE("what is written is read back, value by value") {
  kit::each_engine(features, [](Store& s) {
    World w;
    const Id id = w.id();
    const std::string bytes("\0\xff\x01", 3);
    auto written = s.write(w.a, soon(), [&](Transaction& tx) -> Status {
      CHECK(TRY(tx.execute(put, id, "träd", std::optional<std::int64_t>(), store::Value::blob(bytes))) == 1);
      TRY(tx.execute(put, w.id(), "", INT64_MIN, store::Value::blob("")));
      TRY(tx.execute(put, w.id(), "1", INT64_MAX, nullptr));
      return {};
    });
    REQUIRE_MESSAGE(written.has_value(), written.error().note);
    auto read = s.read(w.a, soon(), [&](Transaction& tx) -> Status {
      const Rows rows = TRY(tx.query(find, id));
      REQUIRE(rows.size() == 1);
      CHECK(rows[0].id(0) == id);
      CHECK(rows[0].text(1) == "träd");
      CHECK(rows[0].is_null(2));
      CHECK_FALSE(rows[0].maybe_integer(2).has_value());
      CHECK(rows[0].blob_text(3) == bytes);
      CHECK_THROWS_AS(rows[0].integer(1), RequirementFailed);
      CHECK_THROWS_AS(rows[0].integer(2), RequirementFailed);
      CHECK_THROWS_AS(rows[0].text(4), RequirementFailed);
      constexpr static Sql others{"others",
                                  "select name, number, bytes from things where tenant = $1 and id <> $2 order by name"};
      const Rows more = TRY(tx.query(others, id));
      REQUIRE(more.size() == 2);
      CHECK(more[0].text(0).empty());
      CHECK(more[0].integer(1) == INT64_MIN);
      CHECK_FALSE(more[0].is_null(2));
      CHECK(more[0].blob(2).empty());
      CHECK(more[1].integer(1) == INT64_MAX);
      CHECK(more[1].is_null(2));
      return {};
    });
    REQUIRE_MESSAGE(read.has_value(), read.error().note);
  });
}

TEST_CASE("a second tenant finds nothing and changes nothing") {
  kit::each_engine(features, [](Store& s) {
    World w;
    const Id id = w.id();
    REQUIRE(s.write(w.a, soon(), [&](Transaction& tx) { return put_thing(tx, id, "mine"); }));
    auto other = s.write(w.b, soon(), [&](Transaction& tx) -> Status {
      CHECK(TRY(tx.query(find, id)).empty());
      CHECK(TRY(tx.query(all)).empty());
      CHECK(TRY(tx.execute(rename_one, id, "stolen")) == 0);
      CHECK(TRY(tx.execute(erase, id)) == 0);
      // The same id and name are free to it.
      return put_thing(tx, id, "mine");
    });
    REQUIRE_MESSAGE(other.has_value(), other.error().note);
    CHECK(things_of(s, w.a) == 1);
    CHECK(things_of(s, w.b) == 1);
  });
}

TEST_CASE("a statement that doesn't bind the tenant is refused before it reaches the engine") {
  kit::each_engine(features, [](Store& s) {
    World w;
    auto refused = s.read(w.a, soon(), [&](Transaction& tx) -> Status {
      TRY(tx.query(forgets_tenant));
      return {};
    });
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().kind == Kind::internal);
    CHECK(refused.error().reason == "tenant_not_bound");
    auto changed = s.write(w.a, soon(), [&](Transaction& tx) -> Status {
      constexpr static Sql erase_all{"erase_all", "delete from things"};
      TRY(tx.execute(erase_all));
      return {};
    });
    REQUIRE_FALSE(changed.has_value());
    CHECK(changed.error().reason == "tenant_not_bound");
  });
}

TEST_CASE("a taken unique value is a conflict, and undoes the transaction even when it is swallowed") {
  kit::each_engine(features, [](Store& s) {
    World w;
    const Id id = w.id();
    REQUIRE(s.write(w.a, soon(), [&](Transaction& tx) { return put_thing(tx, id, "one"); }));
    for (const Id& again : {id, w.id()}) {  // by primary key, by unique index
      auto refused = s.write(w.a, soon(), [&](Transaction& tx) { return put_thing(tx, again, "one"); });
      REQUIRE_FALSE(refused.has_value());
      CHECK(refused.error().kind == Kind::conflict);
      CHECK(refused.error().reason == "unique_taken");
    }
    auto swallowed = s.write(w.a, soon(), [&](Transaction& tx) -> Status {
      TRY(put_thing(tx, w.id(), "two"));
      CHECK_FALSE(put_thing(tx, w.id(), "one").has_value());
      CHECK_FALSE(put_thing(tx, w.id(), "three").has_value());
      return {};
    });
    REQUIRE_FALSE(swallowed.has_value());
    CHECK(swallowed.error().reason == "unique_taken");
    CHECK(things_of(s, w.a) == 1);
  });
}

TEST_CASE("a body's error undoes what it wrote and comes back as it is") {
  kit::each_engine(features, [](Store& s) {
    World w;
    auto refused = s.write(w.a, soon(), [&](Transaction& tx) -> Result<int> {
      TRY(put_thing(tx, w.id(), "gone"));
      return fail(Kind::forbidden, "policy_says_no");
    });
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().reason == "policy_says_no");
    CHECK(things_of(s, w.a) == 0);
  });
}

TEST_CASE("a body that throws is undone, its caller sees the exception, and the store goes on") {
  kit::each_engine(features, [](Store& s) {
    World w;
    const auto broken = [&](Transaction& tx) -> Status {
      TRY(put_thing(tx, w.id(), "gone"));
      require(false, "an assumption");
      return {};
    };
    CHECK_THROWS_AS((void)s.write(w.a, soon(), broken), RequirementFailed);
    CHECK_THROWS_AS((void)s.read(w.a, soon(), [](Transaction&) -> Status { throw std::runtime_error("no"); }),
                    std::runtime_error);
    CHECK(things_of(s, w.a) == 0);
    CHECK(s.write(w.a, soon(), [&](Transaction& tx) { return put_thing(tx, w.id(), "stays"); }));
    CHECK(things_of(s, w.a) == 1);
  });
}

TEST_CASE("a read can't change anything") {
  kit::each_engine(features, [](Store& s) {
    World w;
    auto refused = s.read(w.a, soon(), [&](Transaction& tx) { return put_thing(tx, w.id(), "sneaked in"); });
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().reason == "store_read_only");
    CHECK(things_of(s, w.a) == 0);
  });
}

TEST_CASE("a read sees one moment, whatever is written meanwhile") {
  kit::each_engine(features, [](Store& s) {
    World w;
    auto seen = s.read(w.a, soon(), [&](Transaction& tx) -> Result<bool> {
      const auto before = TRY(tx.query(count_all)).front().integer(0);
      Status meanwhile;
      std::thread([&] {
        meanwhile = s.write(w.a, soon(), [&](Transaction& other) { return put_thing(other, w.id(), "new"); });
      }).join();
      CHECK(meanwhile.has_value());
      return TRY(tx.query(count_all)).front().integer(0) == before;
    });
    REQUIRE(seen.has_value());
    CHECK(*seen);
    CHECK(things_of(s, w.a) == 1);
  });
}

TEST_CASE("a transaction inside another's body is refused") {
  kit::each_engine(features, [](Store& s) {
    World w;
    auto nested = s.write(w.a, soon(), [&](Transaction&) -> Status {
      return s.write(w.a, soon(), [&](Transaction& tx) { return put_thing(tx, w.id(), "inner"); });
    });
    REQUIRE_FALSE(nested.has_value());
    CHECK(nested.error().reason == "transaction_nested");
  });
}

TEST_CASE("arguments that don't fit the statement are our own fault, said plainly") {
  kit::each_engine(features, [](Store& s) {
    World w;
    auto few = s.read(w.a, soon(), [&](Transaction& tx) -> Status {
      TRY(tx.query(find));
      return {};
    });
    REQUIRE_FALSE(few.has_value());
    CHECK(few.error().reason == "statement_arguments");
  });
}

void add_from_many_threads(bool snapshot) {
  kit::each_engine(features, [snapshot](Store& s) {
    World w;
    constexpr int threads = 64, each = 5;
    REQUIRE(s.write(w.a, soon(), [&](Transaction& tx) -> Status {
      TRY(tx.execute(start_counter, "shared"));
      return {};
    }));
    std::atomic<int> refused = 0, runs = 0;
    std::vector<std::thread> all_threads;
    for (int t = 0; t < threads; ++t) {
      all_threads.emplace_back([&] {
        for (int i = 0; i < each; ++i) {
          const auto add = [&](Transaction& tx) -> Status {
            ++runs;
            const auto value = TRY(tx.query(read_counter, "shared")).front().integer(0);
            TRY(tx.execute(set_counter, "shared", value + 1));
            return {};
          };
          auto added = snapshot ? s.write_snapshot(w.a, soon(), add) : s.write(w.a, soon(), add);
          if (!added) ++refused;
        }
      });
    }
    for (auto& t : all_threads) t.join();
    CHECK(refused == 0);
    auto value = s.read(w.a, soon(), [&](Transaction& tx) -> Result<std::int64_t> {
      return TRY(tx.query(read_counter, "shared")).front().integer(0);
    });
    REQUIRE(value.has_value());
    CHECK(*value == threads * each);
    MESSAGE(std::string(s.engine_name()), ": ", runs.load(), " runs for ", threads * each, " additions");
  });
}

TEST_CASE("64 threads add to one counter and no addition is lost") { add_from_many_threads(false); }
TEST_CASE("nor is one lost where writers see a snapshot") { add_from_many_threads(true); }

TEST_CASE("one of many writers fails and the others' changes stay") {
  kit::each_engine(features, [](Store& s) {
    World w;
    constexpr int threads = 48;
    std::atomic<int> kept = 0, refused = 0, thrown = 0;
    std::vector<std::thread> all_threads;
    for (int t = 0; t < threads; ++t) {
      all_threads.emplace_back([&, t] {
        try {
          auto done = s.write(w.a, soon(), [&](Transaction& tx) -> Status {
            TRY(put_thing(tx, w.id(), "thing " + std::to_string(t)));
            if (t % 3 == 1) return fail(Kind::forbidden, "no");
            require(t % 3 != 2, "not the third");
            return {};
          });
          ++(done ? kept : refused);
        } catch (const RequirementFailed&) {
          ++thrown;
        }
      });
    }
    for (auto& t : all_threads) t.join();
    CHECK(kept == threads / 3);
    CHECK(refused == threads / 3);
    CHECK(thrown == threads / 3);
    CHECK(things_of(s, w.a) == threads / 3);
  });
}

TEST_CASE("a deadline that has passed stops a transaction before and while it runs") {
  kit::each_engine(features, [](Store& s) {
    World w;
    const auto past = runtime::Deadline::after(std::chrono::milliseconds(-1));
    for (auto outcome : {s.read(w.a, past, [](Transaction& tx) -> Status { TRY(tx.query(all)); return {}; }),
                         s.write(w.a, past, [&](Transaction& tx) { return put_thing(tx, w.id(), "late"); })}) {
      REQUIRE_FALSE(outcome.has_value());
      CHECK(outcome.error().kind == Kind::unavailable);
      CHECK(outcome.error().reason == "deadline_passed");
    }
    // Some hours of counting, had it the time.
    constexpr static Sql endless{"endless",
                                 "with recursive n(i) as (select cast($2 as BIGINT) union all select i + 1 from n where i < 1000000000000) "
                                 "select count(*) from n where $1 is not null"};
    const auto begun = std::chrono::steady_clock::now();
    auto stopped = s.read(w.a, runtime::Deadline::after(std::chrono::milliseconds(200)), [&](Transaction& tx) -> Status {
      TRY(tx.query(endless, 1));
      return {};
    });
    REQUIRE_FALSE(stopped.has_value());
    CHECK_MESSAGE(stopped.error().reason == "deadline_passed", stopped.error().note);
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
    CHECK(things_of(s, w.a) == 0);
  });
}

TEST_CASE("work across tenants is done by a system transaction, and one tenant's inside it") {
  kit::each_engine(features, [](Store& s) {
    World w;
    auto made = s.system_write(soon(), [&](SystemTransaction& tx) -> Status {
      for (const TenantId& t : {w.a, w.b}) {
        Transaction inside = tx.as(t);
        TRY(put_thing(inside, w.id(), "first"));
      }
      return {};
    });
    REQUIRE_MESSAGE(made.has_value(), made.error().note);
    constexpr static Sql everywhere{"everywhere", "select count(*) from things where name = $1"};
    auto counted = s.system_read(soon(), [&](SystemTransaction& tx) -> Result<std::int64_t> {
      return TRY(tx.query(everywhere, "first")).front().integer(0);
    });
    REQUIRE(counted.has_value());
    CHECK(*counted == 2);
    CHECK(things_of(s, w.a) == 1);
  });
}

TEST_CASE("the store answers a ping") {
  kit::each_engine(features, [](Store& s) { CHECK(s.ping(soon())); });
}
