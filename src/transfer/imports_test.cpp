#include <doctest/doctest.h>

#include "jobs/engine.h"
#include "kit/two_tenants.h"
#include "login/login.h"
#include "tenant/tenant.h"
#include "transfer/exports.h"
#include "transfer/imports.h"
#include "transfer/purge.h"

namespace kidoban::transfer {
namespace {

using kit::reason_of;
const std::vector<store::Feature> features{{"tenant", tenant::resources()}, {"seal", seal::resources()},   {"audit", audit::resources()},
                                           {"directory", directory::resources()}, {"login", login::resources()}, {"jobs", jobs::resources()},
                                           {"transfer", resources()}};

// Who would be given which password.
struct Given final : Passwords {
  std::vector<std::string> passwords;
  Status check(std::string_view typed) override { return typed.size() < 4 ? Status(fail(Kind::malformed, "password_too_short")) : Status(); }
  Result<Set> prepare(TenantId, const Secret& typed, runtime::Deadline) override { return prepare_hash(typed.reveal_text()); }
  Result<Set> prepare_hash(std::string_view encoded) override {
    return Set([this, text = std::string(encoded)](store::Transaction&, const Id&, const audit::Event&) {
      passwords.push_back(text);
      return Status();
    });
  }
};

struct World : kit::TwoTenants {
  audit::Audit audit{keys, clock, random};
  tenant::Settings settings{keys, audit, clock};
  directory::Directory directory{keys, audit, clock, random};
  login::Sessions sessions{keys, audit, clock, random, {}};
  jobs::Jobs jobs{audit, clock, random};
  Given given;
  Imports imports{store, keys, directory, sessions, settings, jobs, audit, given, clock, random};
  Exports exports{store, keys, directory, jobs, audit, clock, random};
  audit::Event by{.name = "test.acted", .actor = {audit::ActorKind::person, new_id(clock, random)}};
  jobs::Engine engine{store, audit, clock, random, {imports.works()[0], imports.works()[1], exports.works()[0]}};

  using TwoTenants::TwoTenants;
  // Made and looked at.
  Import make(const TenantId& tenant, std::string_view csv, Mode mode = Mode::each) {
    const auto file = read_file(FileKind::people, csv, {}, {});
    REQUIRE(file);
    const auto made = write(tenant, [&](store::Transaction& tx) { return imports.make(tx, **file, mode, by); });
    REQUIRE(made);
    work();
    return get(tenant, made->id).value();
  }
  void work() {
    while (engine.run_one() == true) {}
  }
  Result<Import> get(const TenantId& tenant, const Id& id) {
    return read(tenant, [&](store::Transaction& tx) { return imports.get(tx, id); });
  }
  Result<Import> run(const TenantId& tenant, const Id& id, std::optional<std::int64_t> confirmed = {}) {
    TRY(write(tenant, [&](store::Transaction& tx) { return imports.run(tx, id, confirmed, by); }));
    work();
    return get(tenant, id);
  }
  auto rows(const TenantId& tenant, const Id& id, Phase phase = Phase::check, RowPlace from = {}, std::size_t limit = 500) {
    return read(tenant, [&](store::Transaction& tx) { return imports.rows(tx, id, phase, Imports::Which::all, from, limit); });
  }
  std::vector<directory::Person> people(const TenantId& tenant) {
    return read(tenant, [&](store::Transaction& tx) { return directory.list_people(tx, {}, 500); }).value();
  }
};

void on_each(const std::function<void(World&)>& body) {
  kit::each_engine(features, [&](store::Store& store) {
    World world(store);
    body(world);
  });
}

std::string many(int count, std::string_view tail = "") {
  std::string csv = "login,title,delete\n";
  for (int i = 0; i < count; ++i) csv += "p" + std::to_string(i) + "@example.com,T," + std::string(tail) + "\n";
  return csv;
}

TEST_CASE("a file is looked at without a change, and done when somebody says so") {
  on_each([](World& w) {
    const auto looked_at = w.make(w.a, many(250));
    CHECK(looked_at.check.counts == R"({"create":250,"update":0,"delete":0,"skip":0,"error":0})");
    CHECK(w.people(w.a).empty());
    const auto done = w.run(w.a, looked_at.id);
    REQUIRE(done);
    CHECK(done->run->state == jobs::State::done);
    CHECK(w.people(w.a).size() == 250);
    CHECK(reason_of(w.run(w.a, looked_at.id)) == "import_already_run");
    const auto page = w.rows(w.a, looked_at.id, Phase::run, {}, 120);
    REQUIRE(page);
    CHECK(page->rows.size() == 120);
    REQUIRE(page->next);
    const auto rest = w.rows(w.a, looked_at.id, Phase::run, *page->next);
    CHECK(rest->rows.size() == 130);
    CHECK(rest->rows.front().row == 121);
    CHECK(!rest->next);
  });
}

TEST_CASE("another tenant has no part in a file") {
  on_each([](World& w) {
    const auto made = w.make(w.a, many(1));
    CHECK(reason_of(w.get(w.b, made.id)) == "import_unknown");
    CHECK(reason_of(w.run(w.b, made.id)) == "import_unknown");
    CHECK(reason_of(w.rows(w.b, made.id)) == "import_unknown");
    CHECK(reason_of(w.read(w.b, [&](store::Transaction& tx) { return w.imports.bad_rows(tx, made.id, {}, 10, [](std::string_view r) { return std::string(r); }); })) == "import_unknown");
    CHECK(w.read(w.b, [&](store::Transaction& tx) { return w.imports.list(tx, {}, 10); })->empty());
    const auto out = w.write(w.a, [&](store::Transaction& tx) { return w.exports.make(tx, FileKind::people, Encoding::utf8, w.by); });
    w.work();
    CHECK(reason_of(w.read(w.b, [&](store::Transaction& tx) { return w.exports.get(tx, out->id); })) == "export_unknown");
    CHECK(reason_of(w.write(w.b, [&](store::Transaction& tx) { return w.exports.file(tx, out->id, 1, w.by); })) == "export_unknown");
    CHECK(w.read(w.b, [&](store::Transaction& tx) { return w.exports.list(tx, {}, 10); })->empty());
    CHECK(w.run(w.a, made.id)->run->state == jobs::State::done);
    CHECK(w.people(w.b).empty());
  });
}

TEST_CASE("nothing of a file stands in the store in the clear, and nothing is left of it in the end") {
  on_each([](World& w) {
    const auto made = w.make(w.a, "login,family_name,password\nhanako@example.com,Yamada,lantern\n");
    REQUIRE(w.run(w.a, made.id));
    CHECK(w.given.passwords == std::vector<std::string>{"lantern"});
    static constexpr store::Sql pages{"test_pages", "select content from transfer_pages"}, outcomes{"test_outcomes", "select content from transfer_outcomes"},
        headers{"test_headers", "select header from transfer_imports"}, marks{"test_keys", "select key from transfer_keys"};
    for (const auto* one : {&pages, &outcomes, &headers, &marks}) {
      const std::string bytes = w.everything(*one);
      CHECK(!bytes.empty());
      for (const char* word : {"hanako", "Yamada", "lantern", "family_name"}) CHECK(bytes.find(word) == std::string::npos);
    }
    w.clock.advance(std::chrono::days(8));
    CHECK(purge(w.store, w.clock.now()));
    for (const auto* one : {&pages, &outcomes, &headers, &marks}) CHECK(w.everything(*one).empty());
    CHECK(reason_of(w.get(w.a, made.id)) == "import_unknown");
  });
}

TEST_CASE("a row that is refused when it is done takes nothing else along") {
  on_each([](World& w) {
    const auto first = w.make(w.a, "login\nold@example.com\n");
    REQUIRE(w.run(w.a, first.id));
    const Id id = w.people(w.a).front().id;
    const std::string csv = "id,login\n,new1@example.com\n" + id.text() + ",taken@example.com\n,new2@example.com\n";
    const auto each = w.make(w.a, csv), all = w.make(w.a, csv, Mode::all);
    CHECK(each.check.counts == R"({"create":2,"update":1,"delete":0,"skip":0,"error":0})");
    directory::Profile taken;
    taken.login = taken.display_name = "taken@example.com";
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.directory.create_person(tx, {.profile = taken}, w.by); }));
    const auto nothing = w.run(w.a, all.id);
    CHECK(nothing->run->state == jobs::State::failed);
    CHECK(nothing->run->reason == "import_has_errors");
    CHECK(w.people(w.a).size() == 2);
    CHECK(w.rows(w.a, all.id, Phase::run)->rows.front().faults.front().reason == "login_taken");
    const auto some = w.run(w.a, each.id);
    CHECK(some->run->counts == R"({"create":2,"update":0,"delete":0,"skip":0,"error":1})");
    CHECK(w.people(w.a).size() == 4);
    const auto bad = w.read(w.a, [&](store::Transaction& tx) { return w.imports.bad_rows(tx, each.id, {}, 10, [](std::string_view r) { return std::string(r); }); });
    CHECK(bad->csv == "id,login,error\r\n" + id.text() + ",taken@example.com,login_taken\r\n");
  });
}

TEST_CASE("the brake holds many deletions back, by their number and by their share") {
  CHECK(!holds_back({}, 0, 0));
  CHECK(!holds_back({}, 10, 1000));
  CHECK(holds_back({}, 11, 1'000'000));
  CHECK(holds_back({}, 2, 39));
  CHECK(!holds_back({}, 2, 40));
  CHECK(!holds_back({}, 10, std::nullopt));
  CHECK(reason_of(brake_from_json("{\"most\":1}")) == "member_unknown");
  CHECK(reason_of(brake_from_json("{\"most_deletions\":-1}")) == "member_malformed");
  CHECK(reason_of(brake_from_json("[]")) == "json_malformed");
  CHECK(brake_json(*brake_from_json("{\"most_deletions\":3}")) == "{\"most_deletions\":3,\"most_deletions_percent\":5}");
  on_each([](World& w) {
    REQUIRE(w.run(w.a, w.make(w.a, many(60)).id));
    const auto leaving = w.make(w.a, many(4, "true"));
    CHECK(reason_of(w.run(w.a, leaving.id)) == "deletions_unconfirmed");
    CHECK(reason_of(w.run(w.a, leaving.id, 3)) == "deletions_unconfirmed");
    CHECK(w.run(w.a, leaving.id, 4)->run->state == jobs::State::done);
    CHECK(std::ranges::count(w.people(w.a), directory::PersonState::pending_deletion, &directory::Person::state) == 4);
  });
}

TEST_CASE("no more is deleted than the preview said") {
  on_each([](World& w) {
    const auto looked_at = w.make(w.a, many(2, "true"));  // nobody is there yet
    CHECK(looked_at.check.counts == R"({"create":0,"update":0,"delete":0,"skip":2,"error":0})");
    REQUIRE(w.run(w.a, w.make(w.a, many(2)).id));
    const auto done = w.run(w.a, looked_at.id);
    CHECK(done->run->counts == R"({"create":0,"update":0,"delete":0,"skip":0,"error":2})");
    CHECK(w.rows(w.a, looked_at.id, Phase::run)->rows.front().faults.front().reason == "deletions_exceeded");
  });
}

TEST_CASE("what an export writes an import reads, value by value") {
  on_each([](World& w) {
    directory::Profile p;
    p.login = "hanako@example.com";
    p.display_name = "=1+1";
    p.family_name = "'-x";
    p.title = "a,\"b\"";
    p.phones = {{.value = "+81 3 1234 5678", .type = "work", .display = "desk|1", .primary = true}, {.value = "090", .type = "a:b", .display = ""}};
    p.entitlements = {{.value = "urn:x:y", .type = "", .display = "*;"}, {.value = "a\\b", .type = "", .display = ""}};
    directory::Profile boss;
    boss.login = boss.display_name = "boss@example.com";
    const auto manager = w.write(w.a, [&](store::Transaction& tx) { return w.directory.create_person(tx, {.profile = boss}, w.by); });
    REQUIRE(manager);
    p.manager = manager->id.text();
    w.clock.advance(std::chrono::seconds(1));
    const auto made = w.write(w.a, [&](store::Transaction& tx) { return w.directory.create_person(tx, {.profile = p}, w.by); });
    REQUIRE(made);
    const auto out = w.write(w.a, [&](store::Transaction& tx) { return w.exports.make(tx, FileKind::people, Encoding::utf8_bom, w.by); });
    w.work();
    const auto file = w.write(w.a, [&](store::Transaction& tx) { return w.exports.file(tx, out->id, 1, w.by); });
    REQUIRE(file);
    const auto same = w.make(w.a, *file);
    const auto planned = w.rows(w.a, same.id);
    for (const auto& row : planned->rows) {
      for (const auto& one : row.changed) CHECK(one.attribute + ": " + one.from == one.attribute + ": " + one.to);
    }
    CHECK(same.check.counts == R"({"create":0,"update":0,"delete":0,"skip":2,"error":0})");
    std::string elsewhere = *file;  // in somebody else's tenant they are made anew
    for (const Id& id : {manager->id, made->id}) elsewhere.erase(elsewhere.find(id.text()), 36);
    REQUIRE(w.run(w.b, w.make(w.b, elsewhere).id)->run->state == jobs::State::done);
    REQUIRE(w.people(w.b).size() == 2);
    const auto find = [&](std::string_view login) { return w.read(w.b, [&](store::Transaction& tx) { return w.directory.find_by_login(tx, login); }).value().value(); };
    auto copy = find("hanako@example.com").profile;
    CHECK(copy.manager == find("boss@example.com").id.text());
    copy.manager = p.manager;
    CHECK(copy == w.people(w.a).back().profile);
  });
}

}  // namespace
}  // namespace kidoban::transfer
