#include "audit/verification.h"

#include <doctest/doctest.h>

#include "audit/tree_store.h"
#include "kit/two_tenants.h"

namespace kidoban::audit {
namespace {

using namespace std::chrono_literals;
using kit::reason_of;
const std::vector<store::Feature> features{{"seal", seal::resources()}, {"audit", resources()}};

struct World : kit::TwoTenants {
  Audit audit{keys, clock, random};
  Sealer sealer{store, keys, audit, clock};
  Verifier verifier{store, keys, sealer};

  using TwoTenants::TwoTenants;
  void append(const TenantId& tenant, int count, Duration apart = 1ms) {
    for (int left = count; left > 0; left -= 500) {
      REQUIRE(write(tenant, [&](store::Transaction& tx) -> Status {
        for (int i = 0; i < std::min(left, 500); ++i) {
          clock.advance(apart);
          TRY(audit.append(tx, {.name = "test.acted", .actor = {ActorKind::person, Id{}}, .detail = {{"turn", std::to_string(left - i)}}}));
        }
        return {};
      }));
    }
  }
  std::int64_t seal(const TenantId& tenant) {
    const auto sealed = sealer.seal(tenant, soon());
    REQUIRE(sealed);
    return *sealed;
  }
  Verdict verify(const TenantId& tenant, const std::vector<std::string>& retained = {}) {
    const auto verdict = verifier.verify(tenant, retained);
    if (!verdict) FAIL(verdict.error().note);
    return *verdict;
  }
  std::string found(const TenantId& tenant, const std::vector<std::string>& retained = {}) {
    const auto verdict = verify(tenant, retained);
    return verdict.first_bad ? verdict.first_bad->what : "nothing";
  }
  StoredRecord at(const TenantId& tenant, std::int64_t position) {
    const auto records = read(tenant, [&](store::Transaction& tx) { return records_at(tx, position, position + 1); });
    REQUIRE((records && records->size() == 1));
    return records->front();
  }
  std::string newest_head(const TenantId& tenant) {
    const auto head = read(tenant, [&](store::Transaction& tx) { return sealer.latest(tx); });
    REQUIRE((head && *head));
    return (*head)->jws;
  }
  // As somebody who writes to the database.
  template <class... Args>
  void tamper(const store::Sql& sql, const Args&... args) {
    const auto changed = store.system_write(soon(), [&](store::SystemTransaction& tx) { return tx.execute(sql, args...); });
    if (!changed) FAIL(changed.error().note);
    REQUIRE(*changed > 0);
  }
};

void on_each(const std::function<void(World&)>& body) {
  kit::each_engine(features, [&](store::Store& store) {
    World world(store);
    body(world);
  });
}

// The finding names this record.
void check_named(World& w, const Verdict& verdict, std::string_view what, const StoredRecord& record) {
  REQUIRE(verdict.first_bad);
  INFO(verdict.first_bad->note);
  CHECK(verdict.first_bad->what == what);
  CHECK(verdict.first_bad->position == record.position);
  CHECK(verdict.first_bad->record == record.id);
  // The other tenant's audit is its own.
  CHECK_FALSE(w.verify(w.b).first_bad);
}

TEST_CASE("a whole audit is proven, batch upon batch, and the other tenant's isn't in it") {
  on_each([](World& w) {
    CHECK_FALSE(w.verify(w.a).first_bad);
    CHECK(w.seal(w.a) == 0);
    std::int64_t size = 1;  // the key's own record
    std::vector<std::string> heads;
    for (const int more : {1, 2, 253, 1, 1500, 10}) {
      w.append(w.a, more);
      size += more;
      CHECK(w.verify(w.a).unsealed > 0);
      w.seal(w.a);
      heads.push_back(w.newest_head(w.a));
      const auto verdict = w.verify(w.a, heads);
      if (verdict.first_bad) FAIL(verdict.first_bad->what, verdict.first_bad->note);
      CHECK(verdict.size == size);
      CHECK(verdict.present == size);
      CHECK(verdict.unsealed == 0);
    }
    CHECK(w.verify(w.b).size == 0);
    w.append(w.b, 3);
    REQUIRE(w.sealer.seal_due());
    CHECK(w.verify(w.b).size == 4);
    CHECK(w.verify(w.b).unsealed == 0);
    CHECK(w.found(w.b, {heads.front()}) == "head_contradicted");
    const Id theirs = w.at(w.a, 7).id;
    CHECK(reason_of(w.read(w.b, [&](store::Transaction& tx) { return w.sealer.prove(tx, theirs); })) == "audit_record_unknown");
    CHECK(w.read(w.b, [&](store::Transaction& tx) { return w.sealer.heads(tx, INT64_MAX, 100); })->size() == 1);
  });
}

TEST_CASE("a record that is committed late is sealed all the same, behind those that were sealed before it") {
  on_each([](World& w) {
    const Id late = new_id(w.clock, w.random);
    w.append(w.a, 5);
    w.seal(w.a);
    w.tamper({"test_late",
              "insert into audit_records (tenant, id, at, event, outcome, actor_kind, target_kind, reason, detail) select tenant, $2, at, event, "
              "outcome, actor_kind, target_kind, reason, detail from audit_records where tenant = $1 and position = 3"}, w.a, late);
    CHECK(w.seal(w.a) == 1);
    CHECK(w.at(w.a, 6).id == late);
    // It wasn't written by us: its detail is another's.
    CHECK(w.found(w.a) == "record_changed");
  });
}

TEST_CASE("whatever is altered in the store names the first record it was done to") {
  on_each([](World& w) {
    w.append(w.b, 3);
    w.seal(w.b);
    w.append(w.a, 300);
    w.seal(w.a);
    w.append(w.a, 300);
    w.seal(w.a);
    const std::string head = w.newest_head(w.a);
    const auto victim = w.at(w.a, 277), other = w.at(w.a, 280);
    REQUIRE_FALSE(w.verify(w.a, {head}).first_bad);

    SUBCASE("one byte of a sealed detail") {
      std::string detail = victim.detail;
      detail[detail.size() / 2] = static_cast<char>(detail[detail.size() / 2] ^ 1);
      w.tamper({"test_byte", "update audit_records set detail = $3 where tenant = $1 and id = $2"}, w.a, victim.id, store::Value::blob(detail));
      check_named(w, w.verify(w.a), "record_changed", victim);
    }
    SUBCASE("who did it") {
      w.tamper({"test_actor", "update audit_records set actor = $3 where tenant = $1 and id = $2"}, w.a, victim.id, other.id);
      check_named(w, w.verify(w.a), "record_changed", victim);
    }
    SUBCASE("when") {
      w.tamper({"test_at", "update audit_records set at = at + 1 where tenant = $1 and id = $2"}, w.a, victim.id);
      check_named(w, w.verify(w.a), "record_changed", victim);
    }
    SUBCASE("its outcome, by a whole turn of a byte") {
      w.tamper({"test_outcome", "update audit_records set outcome = outcome + 256 where tenant = $1 and id = $2"}, w.a, victim.id);
      check_named(w, w.verify(w.a), "record_changed", victim);
    }
    SUBCASE("its mark") {
      w.tamper({"test_mark", "update audit_records set mark = null where tenant = $1 and id = $2"}, w.a, victim.id);
      check_named(w, w.verify(w.a), "record_changed", victim);
    }
    SUBCASE("it is removed") {
      w.tamper({"test_remove", "delete from audit_records where tenant = $1 and id = $2"}, w.a, victim.id);
      check_named(w, w.verify(w.a), "record_removed", victim);
    }
    SUBCASE("it is said to be retired") {
      w.tamper({"test_remove", "delete from audit_records where tenant = $1 and position <= $2"}, w.a, 277);
      w.tamper({"test_retired", "update audit_trees set retired = 278 where tenant = $1"}, w.a);
      const auto verdict = w.verify(w.a);
      REQUIRE(verdict.first_bad);
      CHECK(verdict.first_bad->what == "record_removed");
      CHECK(verdict.first_bad->position == 0);
    }
    SUBCASE("two change places") {
      w.tamper({"test_swap_1", "update audit_records set position = 9000 where tenant = $1 and id = $2"}, w.a, victim.id);
      w.tamper({"test_swap_2", "update audit_records set position = 277 where tenant = $1 and id = $2"}, w.a, other.id);
      w.tamper({"test_swap_3", "update audit_records set position = 280 where tenant = $1 and id = $2"}, w.a, victim.id);
      check_named(w, w.verify(w.a), "record_reordered", victim);
    }
    SUBCASE("two exchange what they say") {
      w.tamper({"test_said", "update audit_records set detail = $3 where tenant = $1 and id = $2"}, w.a, victim.id, store::Value::blob(other.detail));
      check_named(w, w.verify(w.a), "record_changed", victim);
    }
    SUBCASE("a record is slipped in") {
      const Id made = new_id(w.clock, w.random);
      w.tamper({"test_forge",
                "insert into audit_records (tenant, id, at, event, outcome, actor_kind, target_kind, reason, detail, mark) select tenant, $2, at, "
                "event, outcome, actor_kind, target_kind, reason, detail, mark from audit_records where tenant = $1 and position = 3"}, w.a, made);
      auto verdict = w.verify(w.a);
      REQUIRE(verdict.first_bad);
      CHECK(verdict.first_bad->what == "record_forged");
      CHECK(verdict.first_bad->record == made);
      w.seal(w.a);  // sealing fixes what stands there; it blesses nothing
      verdict = w.verify(w.a);
      REQUIRE(verdict.first_bad);
      CHECK(verdict.first_bad->record == made);
      w.tamper({"test_outside", "update audit_records set position = 70000 where tenant = $1 and id = $2"}, w.a, made);
      CHECK(w.found(w.a) == "record_reordered");
    }
    SUBCASE("the tree's copy of its hash") {
      const auto tile = w.read(w.a, [](store::Transaction& tx) { return find_tile(tx, {0, 1}); });
      std::string hashes = (*tile)->hashes;
      hashes[21 * 32 + 5] = static_cast<char>(hashes[21 * 32 + 5] ^ 1);
      w.tamper({"test_leaf", "update audit_tiles set hashes = $2 where tenant = $1 and level = 0 and number = 1"}, w.a, store::Value::blob(hashes));
      check_named(w, w.verify(w.a), "leaf_changed", victim);
    }
    SUBCASE("a tile above") {
      const auto tile = w.read(w.a, [](store::Transaction& tx) { return find_tile(tx, {1, 0}); });
      std::string hashes = (*tile)->hashes;
      hashes[33] = static_cast<char>(hashes[33] ^ 1);
      w.tamper({"test_above", "update audit_tiles set hashes = $2 where tenant = $1 and level = 1"}, w.a, store::Value::blob(hashes));
      CHECK(w.found(w.a) == "tile_changed");
    }
    SUBCASE("a head") {
      w.tamper({"test_head", "update audit_heads set tree_size = 200 where tenant = $1 and number = 1"}, w.a);
      CHECK(w.found(w.a) == "head_forged");
    }
    SUBCASE("the key") {
      w.tamper({"test_key", "delete from audit_keys where tenant = $1"}, w.a);
      CHECK(w.found(w.a) == "head_forged");
    }
    SUBCASE("the end is cut off, clumsily") {
      w.tamper({"test_cut", "delete from audit_records where tenant = $1 and position >= 301"}, w.a);
      const auto verdict = w.verify(w.a);
      REQUIRE(verdict.first_bad);
      CHECK(verdict.first_bad->what == "record_removed");
      CHECK(verdict.first_bad->position == 301);
    }
    SUBCASE("the end is cut off, with all that tells of it: whoever kept a head knows") {
      w.tamper({"test_cut", "delete from audit_records where tenant = $1 and position >= 301"}, w.a);
      w.tamper({"test_cut_head", "delete from audit_heads where tenant = $1 and number = 2"}, w.a);
      w.tamper({"test_cut_tree", "update audit_trees set size = 301, heads = 1 where tenant = $1"}, w.a);
      w.tamper({"test_cut_tile", "delete from audit_tiles where tenant = $1 and level = 0 and number = 2"}, w.a);
      CHECK(w.found(w.a) == "nothing");
      CHECK(w.found(w.a, {head}) == "head_contradicted");
      w.append(w.a, 400);  // and it doesn't help to write another end
      w.seal(w.a);
      CHECK(w.found(w.a) == "nothing");
      const auto verdict = w.verify(w.a, {head});
      REQUIRE(verdict.first_bad);
      CHECK(verdict.first_bad->what == "head_contradicted");
      CHECK(verdict.first_bad->position == 301);
    }
  });
}

TEST_CASE("records go when their time is over, and the rest is proven as before") {
  on_each([](World& w) {
    w.append(w.b, 5);
    w.seal(w.b);
    w.append(w.a, 700, 1s);
    w.seal(w.a);
    const std::string head = w.newest_head(w.a);
    w.clock.advance(std::chrono::days(40));
    w.append(w.a, 20, 1s);
    w.seal(w.a);
    CHECK(*w.sealer.retire(w.a, w.clock.now() - std::chrono::days(50), w.soon()) == 0);
    const auto due = w.sealer.due_to_retire(10, w.soon());
    REQUIRE(due);
    CHECK((due->size() == 1 && due->front() == w.b));  // a has been looked through
    CHECK(*w.sealer.retire(w.a, w.clock.now() - std::chrono::days(30), w.soon()) == 701);
    w.seal(w.a);
    const auto verdict = w.verify(w.a, {head});
    if (verdict.first_bad) FAIL(verdict.first_bad->what, verdict.first_bad->note);
    CHECK(verdict.retired == 701);
    CHECK(verdict.present == 22);  // and two that say so
    CHECK(verdict.size == 723);
    CHECK(w.verify(w.b).retired == 0);
    const auto proof = w.read(w.a, [&](store::Transaction& tx) -> Result<RecordProof> {
      return w.sealer.prove(tx, TRY(records_at(tx, 701, 702)).front().id);
    });
    REQUIRE(proof);
    CHECK(proof->position == 701);
    w.tamper({"test_remove", "delete from audit_records where tenant = $1 and position = 705"}, w.a);
    CHECK(w.found(w.a) == "record_removed");
  });
}

}  // namespace
}  // namespace kidoban::audit
