#include <doctest/doctest.h>

#include <list>

#include "audit/audit_store.h"
#include "kit/two_tenants.h"

namespace kidoban::audit {
namespace {

using kit::reason_of;
const std::vector<store::Feature> features{{"seal", seal::resources()}, {"audit", resources()}};

// SQLite names the index in its plan as it will be; PostgreSQL would read so small a table as a whole, so it is told
// not to, and says whether an index can answer at all.
std::string plan_of(kit::TwoTenants& w, const store::Sql& sql, const Id& some) {
  const bool sqlite = w.store.engine_name() == "sqlite";
  // A prepared statement is kept by its text's address (docs/sql.md), so no two texts may share one.
  static std::list<std::string> kept;
  const char* asked = !sqlite && sql.postgres != nullptr ? sql.postgres : sql.text;
  const char* text = kept.emplace_back(std::string(sqlite ? "explain query plan " : "explain ") + asked).c_str();
  const store::Sql explain{"test_explain", text};
  const auto plan = w.store.system_read(w.soon(), [&](store::SystemTransaction& tx) -> Result<std::string> {
    if (!sqlite) TRY(tx.query({"test_no_seqscan", "select set_config('enable_seqscan', 'off', true)"}));
    const std::string_view named = sql.name;
    const Time from = Time::min(), until = Time::max();
    const auto rows = named == "read_audit" ? TRY(tx.query(explain, w.a, some, "", from, until, 10, some, -1))
                      : named == "read_audit_by_both"
                          ? TRY(tx.query(explain, w.a, some, "", from, until, 10, some, -1, some, some))
                          : TRY(tx.query(explain, w.a, some, "", from, until, 10, some, -1, some));
    std::string all;
    for (std::size_t i = 0; i < rows.size(); ++i) all += std::string(rows[i].text(sqlite ? 3 : 0)) + "\n";
    return all;
  });
  return plan ? *plan : "unreadable: " + plan.error().note;
}

TEST_CASE("records are read by an index, in its order, however they are asked for") {
  kit::each_engine(features, [](store::Store& store) {
    kit::TwoTenants w(store);
    REQUIRE(reading_statements().size() == 4);
    for (const store::Sql& sql : reading_statements()) {
      const std::string plan = plan_of(w, sql, new_id(w.clock, w.random));
      INFO(std::string(sql.name), ": ", plan);
      const std::string_view named = sql.name;
      const bool by_actor = plan.find("audit_by_actor") != std::string::npos;
      const bool by_target = plan.find("audit_by_target") != std::string::npos;
      if (named == "read_audit_by_actor") CHECK(by_actor);
      if (named == "read_audit_by_target") CHECK(by_target);
      if (named == "read_audit_by_both") CHECK((by_actor || by_target));
      for (const char* dear : {"SCAN", "Seq Scan", "TEMP B-TREE", "Sort", "unreadable"}) CHECK(plan.find(dear) == std::string::npos);
    }
  });
}

TEST_CASE("a browser's name is cut at a whole character, and left out where it is no text") {
  const auto kept = [](std::string agent) {
    http::Request request;
    request.headers = {{"user-agent", std::move(agent)}};
    return from(request, {.name = "test.acted"}).user_agent;
  };
  CHECK(kept("").empty());
  CHECK(kept(std::string(256, 'x')) == std::string(256, 'x'));
  CHECK(kept(std::string(257, 'x')) == std::string(256, 'x'));
  CHECK(kept(std::string(255, 'x') + "é") == std::string(255, 'x'));
  CHECK(kept(std::string(254, 'x') + "é") == std::string(254, 'x') + "é");
  CHECK(kept(std::string(254, 'x') + "花") == std::string(254, 'x'));
  CHECK(kept(std::string(253, 'x') + "𠮷") == std::string(253, 'x'));
  CHECK(kept("caf\xe9 browser, in Latin-1").empty());
}

TEST_CASE("a record's detail opens in its own row and tenant alone") {
  kit::each_engine(features, [](store::Store& store) {
    kit::TwoTenants w(store);
    Audit audit{w.keys, w.clock, w.random};
    const auto append = [&](std::string said) {
      w.clock.advance(std::chrono::seconds(1));
      return w.write(w.a, [&](store::Transaction& tx) {
        return audit.append(tx, {.name = "test.acted", .detail = {{"said", said}}});
      });
    };
    const auto read = [&](const TenantId& tenant) {
      return w.read(tenant, [&](store::Transaction& tx) { return audit.read(tx, {}, {}, 10); });
    };
    REQUIRE((append("one") && append("two")));
    const auto before = read(w.a);
    REQUIRE((before && before->size() == 2));
    const auto changed = w.store.system_write(w.soon(), [&](store::SystemTransaction& tx) -> Status {
      TRY(tx.execute({"test_move", "update audit_records set tenant = $1 where id = $2"}, w.b, before->front().id));
      return {};
    });
    REQUIRE(changed);
    CHECK(reason_of(read(w.b)) == "sealed_value_damaged");
    REQUIRE(append("three"));
    const auto copied = w.store.system_write(w.soon(), [&](store::SystemTransaction& tx) -> Status {
      TRY(tx.execute({"test_copy", "update audit_records set detail = (select detail from audit_records where id = $1) where tenant = $2"},
                     before->back().id, w.a));
      return {};
    });
    REQUIRE(copied);
    CHECK(reason_of(read(w.a)) == "sealed_value_damaged");
  });
}

TEST_CASE("a filter that fits few is answered in pages that end, and none is missed") {
  kit::each_engine(features, [](store::Store& store) {
    kit::TwoTenants w(store);
    Audit audit{w.keys, w.clock, w.random};
    const auto append = [&](const TenantId& tenant, int count, const Event& event) {
      for (int left = count; left > 0; left -= 1000) {
        REQUIRE(w.write(tenant, [&](store::Transaction& tx) -> Status {
          for (int i = 0; i < std::min(left, 1000); ++i) TRY(audit.append(tx, event));
          return {};
        }));
        w.clock.advance(std::chrono::seconds(1));
      }
    };
    append(w.a, 2, {.name = "rare.thing"});
    append(w.a, 12'000, {.name = "common.thing"});
    append(w.a, 1, {.name = "rare.other", .outcome = Outcome::refused});
    append(w.b, 1, {.name = "rare.theirs"});
    const auto all = [&](const Audit::Filter& filter, std::size_t limit, int& pages) {
      std::vector<std::string> names;
      std::optional<Id> before;
      for (pages = 0; pages < 50;) {
        const auto page = w.read(w.a, [&](store::Transaction& tx) { return audit.page(tx, filter, before, limit); });
        REQUIRE(page);
        ++pages;
        for (const Record& one : page->records) names.push_back(one.name);
        if (!page->next) break;
        before = page->next;
      }
      return names;
    };
    int pages = 0;
    Audit::Filter rare;
    rare.name = "rare.";
    CHECK(all(rare, 10, pages) == std::vector<std::string>{"rare.other", "rare.thing", "rare.thing"});
    CHECK(pages == 2);
    rare.outcome = Outcome::refused;
    CHECK(all(rare, 10, pages) == std::vector<std::string>{"rare.other"});
    Audit::Filter part;
    part.name = "rare";  // no dot: a whole name
    CHECK(all(part, 10, pages).empty());
    CHECK(all({}, 500, pages).size() == 12'003);
    CHECK(pages == 25);
  });
}

TEST_CASE("a page holds something and is never the whole log") {
  kit::each_engine(features, [](store::Store& store) {
    kit::TwoTenants w(store);
    Audit audit{w.keys, w.clock, w.random};
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) -> Status {
      for (int i = 0; i < 501; ++i) TRY(audit.append(tx, {.name = "test.acted"}));
      return {};
    }));
    const auto count = [&](std::size_t limit) {
      return w.read(w.a, [&](store::Transaction& tx) { return audit.read(tx, {}, {}, limit); })->size();
    };
    CHECK(count(0) == 1);
    CHECK(count(2) == 2);
    CHECK(count(1'000'000) == 500);
  });
}

}  // namespace
}  // namespace kidoban::audit
