// What is PostgreSQL's alone: the second wall, lost connections, the pool.

#include <doctest/doctest.h>
#include <libpq-fe.h>

#include <atomic>
#include <thread>

#include "base/text.h"
#include "kit/stores.h"
#include "kit/world.h"
#include "store/open.h"
#include "store/system.h"

using namespace kidoban;
using store::Sql;
using store::Store;
using store::Transaction;

namespace {

constexpr Resource files[] = {
    {"migrations/0001_notes.sql",
     "create table notes (tenant BLOB not null, number BIGINT not null, body TEXT, primary key (tenant, number)); "
     "create table common (id BIGINT not null primary key);"}};
const store::Feature features[] = {{"notes", files}};

constexpr Sql put{"put_note", "insert into notes (tenant, number, body) values ($1, $2, $3)"};
constexpr Sql count_notes{"count_notes", "select count(*) from notes where tenant = $1"};
// Names the tenant, and yet doesn't keep to it.
constexpr Sql careless{"careless", "select count(*) from notes where $1 is not null"};

const TenantId a{{{1}}}, b{{{2}}};

runtime::Deadline soon() { return runtime::Deadline::after(std::chrono::seconds(20)); }

std::unique_ptr<Store> make(const kit::PostgresDatabase& database, std::size_t connections = 8) {
  auto opened = store::open_postgres({database.conninfo(), connections});
  REQUIRE_MESSAGE(opened.has_value(), opened.error().note);
  auto migrated = store::migrate(**opened, features);
  REQUIRE_MESSAGE(migrated.has_value(), migrated.error().note);
  return std::move(*opened);
}

Status put_note(Store& s, TenantId tenant, std::int64_t number) {
  return s.write(tenant, soon(), [&](Transaction& tx) -> Status {
    TRY(tx.execute(put, number, "note"));
    return {};
  });
}

Result<std::int64_t> count(Store& s, TenantId tenant, const Sql& sql) {
  return s.read(tenant, soon(), [&](Transaction& tx) -> Result<std::int64_t> {
    return TRY(tx.query(sql)).front().integer(0);
  });
}

// One statement on a connection of its own; its first value, or "!" and the error.
std::string ask(const std::string& conninfo, const std::string& statement) {
  PGconn* connection = PQconnectdb(conninfo.c_str());
  PGresult* result = PQexec(connection, statement.c_str());
  std::string out;
  if (PQresultStatus(result) == PGRES_TUPLES_OK) {
    out = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "";
  } else if (PQresultStatus(result) != PGRES_COMMAND_OK) {
    out = std::string("!") + PQerrorMessage(connection);
  }
  PQclear(result);
  PQfinish(connection);
  return out;
}

void end_connections(const kit::PostgresDatabase& database) {
  ask(database.superuser_conninfo(),
      "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'kidoban' and datname = current_database()");
}

}  // namespace

TEST_CASE("row-level security keeps to the tenant even a query that forgets it") {
  kit::PostgresDatabase database;
  auto s = make(database);
  REQUIRE(put_note(*s, a, 1));
  REQUIRE(put_note(*s, a, 2));
  REQUIRE(put_note(*s, b, 1));
  CHECK(count(*s, a, careless).value() == 2);
  CHECK(count(*s, b, careless).value() == 1);
  // Straight at the tables, past the store: the owner is bound too.
  const std::string all = "select count(*) from kidoban.notes";
  CHECK(ask(database.conninfo(), all) == "0");
  CHECK(ask(database.conninfo(), "set kidoban.tenant = '" + hex(b.id.span()) + "'; " + all) == "1");
  CHECK(ask(database.conninfo(), "set kidoban.tenant = 'nonsense'; " + all) == "0");
  CHECK(ask(database.superuser_conninfo(), all) == "3");
  // Nor can a row be put into another's place.
  auto smuggled = s->write(a, soon(), [](Transaction& tx) -> Status {
    constexpr static Sql smuggle{"smuggle", "insert into notes (tenant, number) values ($2, 9 + 0 * length($1))"};
    TRY(tx.execute(smuggle, b));
    return {};
  });
  CHECK_FALSE(smuggled.has_value());
  CHECK(count(*s, b, count_notes).value() == 1);
}

TEST_CASE("each table with a tenant has a forced policy") {
  kit::PostgresDatabase database;
  auto s = make(database);
  CHECK(ask(database.superuser_conninfo(),
            "select string_agg(relname, ',') from pg_class where relnamespace = 'kidoban'::regnamespace "
            "and relkind = 'r' and relrowsecurity and relforcerowsecurity") == "notes");
}

TEST_CASE("the tenant's setting doesn't outlive its transaction") {
  kit::PostgresDatabase database;
  auto s = make(database, 1);
  REQUIRE(put_note(*s, a, 1));
  constexpr static Sql everywhere{"everywhere", "select count(*) from notes"};
  auto all = s->system_read(soon(), [](store::SystemTransaction& tx) -> Result<std::int64_t> {
    return TRY(tx.query(everywhere)).front().integer(0);
  });
  CHECK(all.value() == 1);
  CHECK(count(*s, b, careless).value() == 0);
}

TEST_CASE("a role that row-level security doesn't bind is refused") {
  kit::PostgresDatabase database;
  auto refused = store::open_postgres({database.superuser_conninfo(), 2});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason == "store_role_unbound");
}

TEST_CASE("lost connections are replaced and nobody notices") {
  kit::PostgresDatabase database;
  auto s = make(database);
  REQUIRE(put_note(*s, a, 1));
  REQUIRE(count(*s, a, count_notes));
  end_connections(database);
  auto counted = count(*s, a, count_notes);
  REQUIRE_MESSAGE(counted.has_value(), counted.error().note);
  end_connections(database);
  Status put_in = put_note(*s, a, 2);
  REQUIRE_MESSAGE(put_in.has_value(), put_in.error().note);
  // In the middle of a body, before anything was committed.
  int runs = 0;
  auto again = s->write(a, soon(), [&](Transaction& tx) -> Status {
    TRY(tx.execute(put, 3, "once"));
    if (++runs == 1) end_connections(database);
    TRY(tx.execute(put, 4, "once"));
    return {};
  });
  REQUIRE_MESSAGE(again.has_value(), again.error().note);
  CHECK(runs == 2);
  CHECK(count(*s, a, count_notes).value() == 4);
}

TEST_CASE("a connection lost at the commit is reported as unknown, and isn't tried again") {
  kit::PostgresDatabase database;
  auto s = make(database);
  int runs = 0;
  auto unknown = s->write(a, soon(), [&](Transaction& tx) -> Status {
    ++runs;
    TRY(tx.execute(put, 1, "perhaps"));
    end_connections(database);
    return {};
  });
  REQUIRE_FALSE(unknown.has_value());
  CHECK(unknown.error().kind == Kind::unavailable);
  CHECK(unknown.error().reason == "commit_unknown");
  CHECK(runs == 1);
  CHECK(count(*s, a, count_notes).has_value());
}

TEST_CASE("a server that isn't there is said at the start") {
  auto refused = store::open_postgres({"host=/nonexistent dbname=none user=nobody", 2});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == Kind::unavailable);
  CHECK(refused.error().reason == "store_unreachable");
}

TEST_CASE("the pool is bounded, and who waits longer than its deadline is told") {
  kit::PostgresDatabase database;
  auto s = make(database, 2);
  std::atomic<int> inside = 0;
  std::atomic<bool> go_on = false;
  std::vector<std::thread> holders;
  for (int i = 0; i < 2; ++i) {
    holders.emplace_back([&] {
      (void)s->read(a, soon(), [&](Transaction& tx) -> Status {
        TRY(tx.query(count_notes));
        ++inside;
        while (!go_on) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return {};
      });
    });
  }
  while (inside < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(s->load().busy == 2);
  CHECK(ask(database.superuser_conninfo(),
            "select count(*) from pg_stat_activity where application_name = 'kidoban' and datname = current_database()") == "2");
  auto full = s->read(a, runtime::Deadline::after(std::chrono::milliseconds(50)), [](Transaction&) -> Status { return {}; });
  REQUIRE_FALSE(full.has_value());
  CHECK(full.error().reason == "store_busy");
  go_on = true;
  for (auto& h : holders) h.join();
  CHECK(count(*s, a, count_notes).has_value());
}

TEST_CASE("write skew is prevented: two may not both leave when one must stay") {
  kit::PostgresDatabase database;
  auto s = make(database);
  REQUIRE(put_note(*s, a, 1));
  REQUIRE(put_note(*s, a, 2));
  std::atomic<int> ready = 0;
  const auto leave = [&](std::int64_t number) {
    return s->write(a, soon(), [&, number, first = true](Transaction& tx) mutable -> Status {
      constexpr static Sql erase{"erase_note", "delete from notes where tenant = $1 and number = $2"};
      const bool last = TRY(tx.query(count_notes)).front().integer(0) <= 1;
      if (first) {
        first = false;
        ++ready;
        while (ready < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      if (last) return fail(Kind::forbidden, "last_one");
      TRY(tx.execute(erase, number));
      return {};
    });
  };
  Status one, two;
  std::thread t1([&] { one = leave(1); }), t2([&] { two = leave(2); });
  t1.join();
  t2.join();
  CHECK(one.has_value() != two.has_value());
  CHECK(count(*s, a, count_notes).value() == 1);
}
