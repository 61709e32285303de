// One transaction made of others, on both engines.

#include "store/joined.h"

#include <doctest/doctest.h>

#include "kit/world.h"
#include "store/system.h"

using namespace kidoban;
using store::Sql;
using store::Store;
using store::Transaction;

namespace {

constexpr Resource files[] = {
    {"migrations/0001_notes.sql",
     "create table notes (tenant BLOB not null, name TEXT not null, primary key (tenant, name)) /*!sqlite without rowid */;\n"},
};
const store::Feature features[] = {{"notes", files}};

constexpr Sql put{"put_note", "insert into notes (tenant, name) values ($1, $2)"};
constexpr Sql count_all{"count_notes", "select count(*) from notes where tenant = $1"};

runtime::Deadline soon() { return runtime::Deadline::after(std::chrono::seconds(20)); }

struct World {
  kit::ManualClock clock;
  kit::SeededRandom random;
  TenantId a{new_id(clock, random)}, b{new_id(clock, random)};
};

Status note(Store& store, const TenantId& tenant, std::string_view name) {
  return store.write(tenant, soon(), [&](Transaction& tx) -> Status {
    TRY(tx.execute(put, name));
    return {};
  });
}
std::int64_t notes(Store& store, const TenantId& tenant) {
  return *store.read(tenant, soon(), [](Transaction& tx) -> Result<std::int64_t> { return TRY(tx.query(count_all)).front().integer(0); });
}
std::string reason_of(const Status& status) { return status ? "" : std::string(status.error().reason.text()); }

}  // namespace

TEST_CASE("what joined transactions write stands together, and each sees what came before") {
  kit::each_engine(features, [](Store& store) {
    World w;
    CHECK(store::write_joined(store, w.a, soon(), [&](Store& joined) -> Status {
      TRY(note(joined, w.a, "one"));
      CHECK(notes(joined, w.a) == 1);
      TRY(note(joined, w.a, "two"));
      return {};
    }));
    CHECK(notes(store, w.a) == 2);
    CHECK(notes(store, w.b) == 0);
  });
}

TEST_CASE("when one of them fails, nothing of any stands, even where the failure is swallowed") {
  kit::each_engine(features, [](Store& store) {
    World w;
    CHECK(reason_of(store::write_joined(store, w.a, soon(), [&](Store& joined) -> Status {
      TRY(note(joined, w.a, "one"));
      return note(joined, w.a, "one");
    })) == "unique_taken");
    CHECK(reason_of(store::write_joined(store, w.a, soon(), [&](Store& joined) -> Status {
      TRY(note(joined, w.a, "one"));
      (void)joined.write(w.a, soon(), [](Transaction&) -> Status { return fail(Kind::conflict, "refused"); });
      return {};
    })) != "");
    CHECK(reason_of(store::write_joined(store, w.a, soon(), [&](Store& joined) -> Status {
      TRY(note(joined, w.a, "one"));
      return fail(Kind::conflict, "refused");
    })) == "refused");
    CHECK(notes(store, w.a) == 0);
  });
}

TEST_CASE("a read that refuses spoils nothing") {
  kit::each_engine(features, [](Store& store) {
    World w;
    CHECK(store::write_joined(store, w.a, soon(), [&](Store& joined) -> Status {
      CHECK(reason_of(joined.read(w.a, soon(), [](Transaction&) -> Status { return fail(Kind::not_found, "unknown"); })) == "unknown");
      return note(joined, w.a, "one");
    }));
    CHECK(notes(store, w.a) == 1);
  });
}

TEST_CASE("another tenant's transaction, or one across tenants, can't be joined") {
  kit::each_engine(features, [](Store& store) {
    World w;
    CHECK(reason_of(store::write_joined(store, w.a, soon(), [&](Store& joined) { return note(joined, w.b, "theirs"); })) == "transaction_nested");
    CHECK(reason_of(store::write_joined(store, w.a, soon(), [&](Store& joined) -> Status {
      return joined.system_write(soon(), [](store::SystemTransaction&) -> Status { return {}; });
    })) == "transaction_nested");
    CHECK(notes(store, w.b) == 0);
  });
}

TEST_CASE("joined reads are one snapshot, and write nothing") {
  kit::each_engine(features, [](Store& store) {
    World w;
    REQUIRE(note(store, w.a, "one"));
    CHECK(store::read_joined(store, w.a, soon(), [&](Store& joined) -> Status {
      CHECK(notes(joined, w.a) == 1);
      return {};
    }));
    CHECK_FALSE(store::read_joined(store, w.a, soon(), [&](Store& joined) { return note(joined, w.a, "two"); }));
    CHECK(notes(store, w.a) == 1);
  });
}
