// Many rows at once, and parts of a transaction, on both engines.

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "kit/world.h"
#include "store/store.h"

using namespace kidoban;
using store::Batch;
using store::Sql;
using store::Store;
using store::Transaction;

namespace {

constexpr Resource files[] = {
    {"migrations/0001_marks.sql",
     "create table marks (tenant BLOB not null, id BLOB not null, name TEXT not null, number BIGINT, primary key (tenant, id)) /*!sqlite without rowid */;\n"
     "create unique index marks_name on marks (tenant, name);\n"
     "create table sums (tenant BLOB not null, value BIGINT not null, primary key (tenant)) /*!sqlite without rowid */;\n"}};
const store::Feature features[] = {{"marks", files}};

constexpr Sql put{"put_mark", "insert into marks (tenant, id, name, number) values ($1, $2, $3, $4) on conflict (tenant, name) do nothing"};
constexpr Sql put_anyway{"put_mark_anyway", "insert into marks (tenant, id, name, number) values ($1, $2, $3, $4)"};
constexpr Sql find{"find_mark", "select number from marks where tenant = $1 and name = $2"};
constexpr Sql count_all{"count_marks", "select count(*) from marks where tenant = $1"};
constexpr Sql forgets_tenant{"marks_forget_tenant", "select number from marks where name = $2"};
constexpr Sql start_sum{"start_sum", "insert into sums (tenant, value) values ($1, 0)"};
constexpr Sql add_to_sum{"add_to_sum", "update sums set value = value + 1 where tenant = $1"};
constexpr Sql read_sum{"read_sum", "select value from sums where tenant = $1"};

runtime::Deadline soon() { return runtime::Deadline::after(std::chrono::seconds(30)); }

struct World {
  kit::ManualClock clock;
  kit::SeededRandom random;
  TenantId a{new_id(clock, random)}, b{new_id(clock, random)};
  Id id() { return new_id(clock, random); }
};

std::int64_t marks_of(Store& s, TenantId t) {
  const auto counted = s.read(t, soon(), [&](Transaction& tx) -> Result<std::int64_t> { return TRY(tx.query(count_all)).front().integer(0); });
  REQUIRE(counted);
  return *counted;
}

}  // namespace

TEST_CASE("a batch does for each row what one statement does for one, and for its tenant alone") {
  kit::each_engine(features, [](Store& s) {
    World w;
    constexpr int rows = 700;  // more than are sent at once
    std::vector<Id> ids;
    std::vector<std::string> names;
    for (int i = 0; i < rows; ++i) {
      ids.push_back(w.id());
      names.push_back("mark " + std::to_string(i == 650 ? 3 : i));  // one is there already by then
    }
    const auto put_all = [&](const TenantId& tenant) {
      return s.write(tenant, soon(), [&](Transaction& tx) -> Result<std::vector<std::int64_t>> {
        Batch batch;
        for (std::size_t i = 0; i < ids.size(); ++i) batch.add(ids[i], names[i], i % 3 == 0 ? std::optional<std::int64_t>() : std::optional<std::int64_t>(i));
        CHECK(batch.size() == rows);
        return tx.execute_each(put, batch);
      });
    };
    const auto changed = put_all(w.a);
    REQUIRE(changed);
    REQUIRE(changed->size() == rows);
    for (std::size_t i = 0; i < rows; ++i) CHECK((*changed)[i] == (i == 650 ? 0 : 1));
    CHECK(marks_of(s, w.a) == rows - 1);
    CHECK(marks_of(s, w.b) == 0);
    REQUIRE(put_all(w.b));  // the same ids and names, in another tenant

    const auto found = s.read(w.a, soon(), [&](Transaction& tx) -> Result<std::vector<store::Rows>> {
      Batch batch;
      for (const std::string& name : names) batch.add(name);
      batch.add("nobody's");
      return tx.query_each(find, batch);
    });
    REQUIRE(found);
    REQUIRE(found->size() == rows + 1);
    CHECK((*found)[3].front().is_null(0));
    CHECK((*found)[4].front().integer(0) == 4);
    CHECK((*found)[699].front().is_null(0));
    CHECK((*found)[698].front().integer(0) == 698);
    CHECK(found->back().empty());

    const auto none = s.read(w.a, soon(), [&](Transaction& tx) -> Status {
      Batch empty;
      CHECK(TRY(tx.query_each(find, empty)).empty());
      CHECK(TRY(tx.execute_each(put, empty)).empty());
      Batch one;
      one.add("mark 1");
      const auto refused = tx.query_each(forgets_tenant, one);
      REQUIRE_FALSE(refused);
      CHECK(refused.error().reason == "tenant_not_bound");
      return {};
    });
    CHECK(none);
  });
}

TEST_CASE("one row of a batch that fails undoes all of it") {
  kit::each_engine(features, [](Store& s) {
    World w;
    const auto done = s.write(w.a, soon(), [&](Transaction& tx) -> Status {
      std::vector<Id> ids;
      std::vector<std::string> names;
      for (int i = 0; i < 400; ++i) {
        ids.push_back(w.id());
        names.push_back("mark " + std::to_string(i == 300 ? 20 : i));
      }
      Batch batch;
      for (std::size_t i = 0; i < ids.size(); ++i) batch.add(ids[i], names[i], 1);
      const auto put_all = tx.execute_each(put_anyway, batch);
      CHECK_FALSE(put_all);
      return {};  // swallowed, and not kept all the same
    });
    REQUIRE_FALSE(done);
    CHECK(done.error().reason == "unique_taken");
    CHECK(marks_of(s, w.a) == 0);
  });
}

TEST_CASE("a part that fails is undone alone, and the transaction goes on") {
  kit::each_engine(features, [](Store& s) {
    World w;
    const auto put_one = [&](Transaction& tx, std::string_view name) -> Status {
      TRY(tx.execute(put_anyway, w.id(), name, 1));
      return {};
    };
    const auto done = s.write(w.a, soon(), [&](Transaction& tx) -> Status {
      TRY(put_one(tx, "before"));
      CHECK(tx.part([&] { return put_one(tx, "kept"); }));
      // Its own Error.
      const auto refused = tx.part([&]() -> Result<int> {
        TRY(put_one(tx, "undone"));
        return fail(Kind::conflict, "not_today");
      });
      REQUIRE_FALSE(refused);
      CHECK(refused.error().reason == "not_today");
      // A statement that fails, even where the body keeps quiet about it.
      const auto taken = tx.part([&]() -> Status {
        TRY(put_one(tx, "undone too"));
        CHECK_FALSE(put_one(tx, "kept"));
        return {};
      });
      REQUIRE_FALSE(taken);
      CHECK(taken.error().reason == "unique_taken");
      const auto nested = tx.part([&] { return tx.part([] { return Status(); }); });
      REQUIRE_FALSE(nested);
      CHECK(nested.error().reason == "transaction_nested");
      TRY(put_one(tx, "after"));
      const auto answered = tx.part([]() -> Result<int> { return 7; });
      CHECK(answered == 7);
      return {};
    });
    CHECK(done);
    CHECK(marks_of(s, w.a) == 3);
    // What undoes the transaction undoes its parts.
    const auto undone = s.write(w.a, soon(), [&](Transaction& tx) -> Status {
      CHECK(tx.part([&] { return put_one(tx, "gone"); }));
      return fail(Kind::conflict, "all_of_it");
    });
    CHECK_FALSE(undone);
    CHECK(marks_of(s, w.a) == 3);
  });
}

TEST_CASE("who change the same row at once all get through, each counted once") {
  kit::each_engine(features, [](Store& s) {
    World w;
    REQUIRE(s.write(w.a, soon(), [](Transaction& tx) -> Status { TRY(tx.execute(start_sum)); return {}; }));
    std::vector<std::thread> all;
    std::atomic<int> refused = 0;
    for (int t = 0; t < 12; ++t) {
      all.emplace_back([&] {
        for (int i = 0; i < 15; ++i) {
          const auto added = s.write(w.a, soon(), [](Transaction& tx) -> Status { TRY(tx.execute(add_to_sum)); return {}; });
          if (!added) ++refused;
        }
      });
    }
    for (std::thread& one : all) one.join();
    CHECK(refused == 0);
    const auto sum = s.read(w.a, soon(), [](Transaction& tx) -> Result<std::int64_t> { return TRY(tx.query(read_sum)).front().integer(0); });
    CHECK(sum == 12 * 15);
  });
}
