// Migrations, on both engines.

#include "store/migrate.h"

#include <doctest/doctest.h>

#include <thread>

#include "kit/stores.h"
#include "kit/world.h"
#include "store/migration_text.h"
#include "store/open.h"
#include "store/statement_text.h"
#include "store/system.h"

using namespace kidoban;
using store::Feature;
using store::Sql;
using store::Store;

namespace {

constexpr std::string_view first =
    "create table a (tenant BLOB not null, id BIGINT not null, primary key (tenant, id)) /*!sqlite without rowid */;";
constexpr std::string_view second = "alter table a add column note TEXT;\ncreate table b (id BIGINT not null primary key);";

runtime::Deadline soon() { return runtime::Deadline::after(std::chrono::seconds(20)); }

std::int64_t answer(Store& s, const Sql& sql) {
  auto rows = s.system_read(soon(), [&](store::SystemTransaction& tx) -> Result<std::int64_t> {
    return TRY(tx.query(sql)).front().integer(0);
  });
  REQUIRE_MESSAGE(rows.has_value(), rows.error().note);
  return *rows;
}

}  // namespace

TEST_CASE("what is missing is applied once, in the order of the numbers") {
  kit::each_engine({}, [](Store& s) {
    const Resource early[] = {{"migrations/0001_a.sql", first}, {"page.mustache", "not a migration"}};
    const Resource late[] = {{"migrations/0002_b.sql", second}, {"migrations/0001_a.sql", first}};
    const Feature old_release[] = {{"f", early}}, new_release[] = {{"f", late}};
    auto plan = store::migration_plan(s, old_release);
    REQUIRE(plan.has_value());
    REQUIRE(plan->size() == 1);
    CHECK_FALSE(plan->front().applied);
    REQUIRE(store::migrate(s, old_release));
    plan = store::migration_plan(s, new_release);
    REQUIRE(plan.has_value());
    CHECK(plan->at(0).applied);
    CHECK(plan->at(0).file == "0001_a.sql");
    CHECK_FALSE(plan->at(1).applied);
    for (int i = 0; i < 2; ++i) {
      auto done = store::migrate(s, new_release);
      REQUIRE_MESSAGE(done.has_value(), done.error().note);
      CHECK(done->at(1).applied);
    }
    constexpr static Sql count{"count_migrations", "select count(*) from schema_migrations"};
    CHECK(answer(s, count) == 2);
    // The release before runs on this schema.
    CHECK(store::migrate(s, old_release));
  });
}

TEST_CASE("a file that was changed after it was applied stops the program") {
  kit::each_engine({}, [](Store& s) {
    const Resource as_it_was[] = {{"migrations/0001_a.sql", first}}, changed[] = {{"migrations/0001_a.sql", second}};
    const Feature before[] = {{"f", as_it_was}}, after[] = {{"f", changed}};
    REQUIRE(store::migrate(s, before));
    auto refused = store::migrate(s, after);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().kind == Kind::conflict);
    CHECK(refused.error().reason == "migration_changed");
  });
}

TEST_CASE("a store two releases ahead is refused") {
  kit::each_engine({}, [](Store& s) {
    const Resource all[] = {{"migrations/0001_a.sql", first},
                            {"migrations/0002_b.sql", second},
                            {"migrations/0003_c.sql", "alter table b add column c TEXT;"}};
    const Resource one[] = {{"migrations/0001_a.sql", first}};
    const Feature ahead[] = {{"f", all}}, behind[] = {{"f", one}};
    REQUIRE(store::migrate(s, ahead));
    auto refused = store::migrate(s, behind);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().reason == "schema_newer");
  });
}

TEST_CASE("a file that fails half-way leaves nothing behind and says its name") {
  kit::each_engine({}, [](Store& s) {
    const Resource broken[] = {{"migrations/0001_broken.sql", "create table half (id BIGINT); create table half (id BIGINT);"}};
    const Feature all[] = {{"f", broken}};
    auto refused = store::migrate(s, all);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().note.find("0001_broken.sql") != std::string::npos);
    const Resource mended[] = {{"migrations/0001_broken.sql", "create table half (id BIGINT);"}};
    const Feature good[] = {{"f", mended}};
    auto done = store::migrate(s, good);
    CHECK_MESSAGE(done.has_value(), done.error().note);
  });
}

TEST_CASE("many nodes migrate at once and each file is applied once") {
  kit::each_engine({}, [](Store& s) {
    const Resource all[] = {{"migrations/0001_a.sql", first}, {"migrations/0002_b.sql", second}};
    const Feature list[] = {{"f", all}};
    std::vector<std::thread> nodes;
    std::mutex mutex;
    std::vector<std::string> problems;
    for (int i = 0; i < 6; ++i) {
      nodes.emplace_back([&] {
        auto done = store::migrate(s, list);
        std::lock_guard lock(mutex);
        if (!done) problems.push_back(done.error().note);
      });
    }
    for (auto& n : nodes) n.join();
    CHECK_MESSAGE(problems.empty(), problems.front());
  });
}

TEST_CASE("a part for one engine is dropped for the other") {
  const std::string_view text = "a /*!sqlite without rowid */ b /*!postgres with (fillfactor = 70) */;";
  CHECK(store::text_for("sqlite", text).value() == "a  without rowid  b ;");
  CHECK(store::text_for("postgresql", text).value() == "a  b  with (fillfactor = 70) ;");
  CHECK(store::text_for("sqlite", "/* plain */ x").value() == "/* plain */ x");
  CHECK_FALSE(store::text_for("sqlite", "a /*!sqlite b").has_value());
  CHECK_FALSE(store::text_for("sqlite", "a /*!oracle b */").has_value());
}

TEST_CASE("a placeholder is told from what only looks like one") {
  CHECK(store::mentions_tenant("select 1 where a=$1"));
  CHECK(store::mentions_tenant("select '$1', 'it''s', $1"));
  for (const char* without : {"", "$", "$10", "select '$1'", "select \"$1\"", "-- $1", "/* $1 */", "select '''$1'''", "$2 $11"}) {
    CHECK_MESSAGE(!store::mentions_tenant(without), without);
  }
  CHECK(store::greatest_placeholder("$2 = $1 and '$9' = $3") == 3);
}
