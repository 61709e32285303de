// What rows of one page have to do with one another, and who may go on.
#include <doctest/doctest.h>

#include "jobs/engine.h"
#include "kit/two_tenants.h"
#include "login/login.h"
#include "tenant/tenant.h"
#include "transfer/exports.h"
#include "transfer/imports.h"

namespace kidoban::transfer {
namespace {

using kit::reason_of;
const std::vector<store::Feature> features{{"tenant", tenant::resources()}, {"seal", seal::resources()},   {"audit", audit::resources()},
                                           {"directory", directory::resources()}, {"login", login::resources()}, {"jobs", jobs::resources()},
                                           {"transfer", resources()}};

// Remembers for whom a password was judged.
struct Judged final : Passwords {
  std::vector<Owner> owners;
  Status check(std::string_view) override { return {}; }
  Result<Set> prepare(TenantId, const Secret&, runtime::Deadline) override { return prepare_hash(""); }
  Result<Set> prepare_for(TenantId, const Owner& owner, const Secret&, runtime::Deadline) override {
    owners.push_back(owner);
    return prepare_hash("");
  }
  Result<Set> prepare_hash(std::string_view) override {
    return Set([](store::Transaction&, const Id&, const audit::Event&) { return Status(); });
  }
};

struct World : kit::TwoTenants {
  audit::Audit audit{keys, clock, random};
  tenant::Settings settings{keys, audit, clock};
  directory::Directory directory{keys, audit, clock, random};
  login::Sessions sessions{keys, audit, clock, random, {}};
  jobs::Jobs jobs{audit, clock, random};
  Judged passwords;
  Imports imports{store, keys, directory, sessions, settings, jobs, audit, passwords, clock, random};
  Exports exports{store, keys, directory, jobs, audit, clock, random};
  audit::Event by{.name = "test.acted", .actor = {audit::ActorKind::person, new_id(clock, random)}};
  jobs::Engine engine{store, audit, clock, random, {imports.works()[0], imports.works()[1], exports.works()[0]}};

  using TwoTenants::TwoTenants;
  Import make(const TenantId& tenant, std::string_view csv, Mode mode = Mode::each) {
    const auto file = read_file(FileKind::people, csv, {}, {});
    REQUIRE(file);
    const auto made = write(tenant, [&](store::Transaction& tx) { return imports.make(tx, **file, mode, by); });
    REQUIRE(made);
    work();
    return get(tenant, made->id);
  }
  void work() {
    while (engine.run_one() == true) {}
  }
  Import get(const TenantId& tenant, const Id& id) { return read(tenant, [&](store::Transaction& tx) { return imports.get(tx, id); }).value(); }
  Import run(const TenantId& tenant, const Id& id, std::optional<std::int64_t> confirmed = {}) {
    REQUIRE(write(tenant, [&](store::Transaction& tx) { return imports.run(tx, id, confirmed, by); }));
    work();
    return get(tenant, id);
  }
  Import done(const TenantId& tenant, std::string_view csv, Mode mode = Mode::each) { return run(tenant, make(tenant, csv, mode).id); }
  std::vector<Outcome> rows(const TenantId& tenant, const Id& id) {
    auto page = read(tenant, [&](store::Transaction& tx) { return imports.rows(tx, id, Phase::run, Imports::Which::all, {}, 500); });
    REQUIRE(page);
    return std::move(page->rows);
  }
  std::optional<directory::Person> find(const TenantId& tenant, std::string_view login) {
    auto found = read(tenant, [&](store::Transaction& tx) { return directory.find_by_login(tx, login); });
    REQUIRE(found);
    return std::move(*found);
  }
  std::int64_t people(const TenantId& tenant) {
    return read(tenant, [&](store::Transaction& tx) { return directory.usage(tx); })->people;
  }
  directory::Person administrator(const TenantId& tenant, std::string login) {
    directory::Directory::NewPerson wanted;
    wanted.profile.login = std::move(login);
    wanted.profile.display_name = "Boss";
    wanted.administrator = true;
    return write(tenant, [&](store::Transaction& tx) { return directory.create_person(tx, wanted, by); }).value();
  }
  void ask_rights() {
    const auto ask = [this](store::Transaction& tx, const audit::Actor& actor, directory::Permission needed) { return still_may(directory, clock, tx, actor, needed); };
    imports.ask_rights(ask);
    exports.ask_rights(ask);
  }
};

void on_each(const std::function<void(World&)>& body) {
  kit::each_engine(features, [&](store::Store& store) {
    World world(store);
    body(world);
  });
}

std::string many(int count) {
  std::string csv = "login,title\n";
  for (int i = 0; i < count; ++i) csv += "p" + std::to_string(i) + "@example.com,T\n";
  return csv;
}

TEST_CASE("a row finds as its manager who was made by a row before it") {
  on_each([](World& w) {
    const auto done = w.done(w.a, "login,manager\na@example.com,\nb@example.com,A@example.com\nc@example.com,b@example.com\nd@example.com,z@example.com\nz@example.com,\n");
    CHECK(done.run->counts == R"({"create":4,"update":0,"delete":0,"skip":0,"error":1})");
    CHECK(w.find(w.a, "b@example.com")->profile.manager == w.find(w.a, "a@example.com")->id.text());
    CHECK(w.find(w.a, "c@example.com")->profile.manager == w.find(w.a, "b@example.com")->id.text());
    const auto rows = w.rows(w.a, done.id);
    REQUIRE(rows.size() == 5);
    CHECK(rows[3].faults.front().reason == "person_unknown");  // it comes too late
    CHECK_FALSE(w.find(w.a, "d@example.com"));
  });
}

TEST_CASE("a login that a row takes is that person's for the rows behind it") {
  on_each([](World& w) {
    w.done(w.a, "login\nold@example.com\n");
    const auto before = w.find(w.a, "old@example.com");
    REQUIRE(before);
    const auto done = w.done(w.a, "id,login,title\n" + before->id.text() + ",new@example.com,Moved\n,new@example.com,Came\n");
    CHECK(done.run->counts == R"({"create":0,"update":2,"delete":0,"skip":0,"error":0})");
    const auto after = w.find(w.a, "new@example.com");
    REQUIRE(after);
    CHECK(after->id == before->id);
    CHECK(after->profile.title == "Came");
    CHECK_FALSE(w.find(w.a, "old@example.com"));
  });
}

TEST_CASE("where the quota ends within a page, each row beyond it says so, and all before it stand") {
  on_each([](World& w) {
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.directory.set_quota(tx, 620, w.by); }));
    const auto done = w.done(w.a, many(700));
    CHECK(done.run->state == jobs::State::done);
    CHECK(done.run->counts == R"({"create":620,"update":0,"delete":0,"skip":0,"error":80})");
    CHECK(w.people(w.a) == 620);
    CHECK(w.find(w.a, "p619@example.com"));
    CHECK_FALSE(w.find(w.a, "p620@example.com"));
    // All or nothing is nothing.
    REQUIRE(w.write(w.b, [&](store::Transaction& tx) { return w.directory.set_quota(tx, 5, w.by); }));
    const auto none = w.done(w.b, many(8), Mode::all);
    CHECK(none.run->state == jobs::State::failed);
    CHECK(w.people(w.b) == 0);
    const auto left = w.rows(w.b, none.id);
    REQUIRE(left.size() == 1);
    CHECK(left.front().faults.front().reason == "quota_reached");
  });
}

TEST_CASE("rows that make, change and delete in turns are done in their order") {
  on_each([](World& w) {
    w.done(w.a, many(3));
    const auto looked_at = w.make(w.a, "login,title,delete\nx@example.com,X,\np0@example.com,Changed,\ny@example.com,Y,\np1@example.com,,true\nz@example.com,Z,\nx@example.com,Again,\n");
    const auto done = w.run(w.a, looked_at.id, 1);
    CHECK(done.run->counts == R"({"create":3,"update":1,"delete":1,"skip":0,"error":1})");
    const auto rows = w.rows(w.a, done.id);
    REQUIRE(rows.size() == 6);
    CHECK(rows[5].faults.front().reason == "row_repeated");
    CHECK(w.find(w.a, "x@example.com")->profile.title == "X");
    CHECK(w.find(w.a, "p0@example.com")->profile.title == "Changed");
    CHECK(w.find(w.a, "p1@example.com")->state == directory::PersonState::pending_deletion);
    CHECK(w.people(w.b) == 0);
  });
}

TEST_CASE("who came between the preview and the run is changed and not made, over pages that are prepared while others are written") {
  on_each([](World& w) {
    const auto looked_at = w.make(w.a, many(1700) + "P3@example.com,Again\n");
    REQUIRE(looked_at.check.counts == R"({"create":1700,"update":0,"delete":0,"skip":0,"error":1})");
    w.done(w.a, "login,title\np7@example.com,Before\np1600@example.com,T\n");
    const auto done = w.run(w.a, looked_at.id);
    CHECK(done.run->counts == R"({"create":1698,"update":1,"delete":0,"skip":1,"error":1})");
    CHECK(done.run->done == 1701);
    CHECK(w.people(w.a) == 1700);
    CHECK(w.find(w.a, "p7@example.com")->profile.title == "T");
    const auto rows = w.rows(w.a, done.id);
    REQUIRE(rows.size() == 500);
    CHECK(rows[7].kind == Outcome::Kind::update);
    CHECK(rows[7].row == 8);
    CHECK(rows[8].kind == Outcome::Kind::create);
    CHECK(rows[8].who == "p8@example.com");
    CHECK(w.people(w.b) == 0);
  });
}

TEST_CASE("who is there already doesn't take the places that the contract still has for those who are new") {
  on_each([](World& w) {
    const auto looked_at = w.make(w.a, many(20));
    w.done(w.a, "login,title\np0@example.com,T\np2@example.com,T\n");
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.directory.set_quota(tx, 12, w.by); }));
    const auto done = w.run(w.a, looked_at.id);
    CHECK(done.run->counts == R"({"create":10,"update":0,"delete":0,"skip":2,"error":8})");
    CHECK(w.people(w.a) == 12);
    const auto rows = w.rows(w.a, done.id);
    REQUIRE(rows.size() == 20);
    CHECK(rows[11].kind == Outcome::Kind::create);
    CHECK(rows[12].faults.front().reason == "quota_reached");
  });
}

TEST_CASE("what the tenant settles between two pages holds for the second") {
  on_each([](World& w) {
    const auto looked_at = w.make(w.a, many(1200));
    // In the midst of the second page's transaction: what was prepared doesn't hold good any more.
    int steps = 0;
    w.imports.ask_rights([&](store::Transaction& tx, const audit::Actor&, directory::Permission) -> Status {
      if (++steps != 2) return {};
      directory::Schema schema;
      schema.retention_days = 7;
      TRY(w.directory.set_schema(tx, schema, {}, w.by));
      return {};
    });
    const auto done = w.run(w.a, looked_at.id);
    CHECK(done.run->state == jobs::State::done);
    CHECK(w.people(w.a) == 1200);
    CHECK(w.find(w.a, "p1199@example.com"));
  });
}

TEST_CASE("who lost the right meanwhile stops their job at its next step") {
  on_each([](World& w) {
    const auto boss = w.administrator(w.a, "boss@example.com"), other = w.administrator(w.a, "other@example.com");
    w.ask_rights();
    w.by.actor = {audit::ActorKind::person, boss.id};
    const auto looked_at = w.make(w.a, many(700));
    REQUIRE(looked_at.check.state == jobs::State::done);
    // After the first page the right is gone.
    int steps = 0;
    w.imports.ask_rights([&](store::Transaction& tx, const audit::Actor& actor, directory::Permission needed) -> Status {
      TRY(still_may(w.directory, w.clock, tx, actor, needed));
      return steps++ == 0 ? Status() : Status(fail(Kind::forbidden, "permission_missing"));
    });
    const auto stopped = w.run(w.a, looked_at.id);
    CHECK(stopped.run->state == jobs::State::failed);
    CHECK(stopped.run->reason == "permission_missing");
    CHECK(stopped.run->done == 500);
    CHECK(w.people(w.a) == 502);
    // What is asked: somebody enabled, with the right, who is still there.
    const auto may = [&](directory::Permission needed) { return reason_of(w.read(w.a, [&](store::Transaction& tx) { return still_may(w.directory, w.clock, tx, w.by.actor, needed); })); };
    CHECK(may(directory::Permission::people_write) == "it went well");
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.directory.set_state(tx, boss.id, directory::PersonState::disabled, w.by); }));
    CHECK(may(directory::Permission::people_write) == "permission_missing");
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.directory.set_state(tx, boss.id, directory::PersonState::enabled, w.by); }));
    directory::Change less;
    less.administrator = false;
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.directory.change_person(tx, boss.id, less, {}, w.by); }));
    CHECK(may(directory::Permission::people_write) == "permission_missing");
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.directory.roles().assign(tx, boss.id, {"people"}, w.by); }));
    CHECK(may(directory::Permission::people_write) == "it went well");
    CHECK(may(directory::Permission::policies_write) == "permission_missing");
    // Of another tenant they are nobody.
    CHECK(reason_of(w.read(w.b, [&](store::Transaction& tx) { return still_may(w.directory, w.clock, tx, w.by.actor, directory::Permission::people_write); })) == "permission_missing");
    w.by.actor = {audit::ActorKind::operator_, std::nullopt};
    CHECK(may(directory::Permission::people_write) == "it went well");
    CHECK(other.administrator);
  });
}

TEST_CASE("a typed password is judged for whom it is") {
  on_each([](World& w) {
    w.done(w.a, "login,family_name\nthere@example.com,Yamada\n");
    const auto id = w.find(w.a, "there@example.com")->id;
    w.done(w.a, "login,family_name,password\nthere@example.com,Yamada,lantern\nnew@example.com,Suzuki,lantern\n");
    REQUIRE(w.passwords.owners.size() == 2);
    CHECK(w.passwords.owners[0].person == id);
    CHECK(w.passwords.owners[0].profile.family_name == "Yamada");
    CHECK_FALSE(w.passwords.owners[1].person);
    CHECK(w.passwords.owners[1].profile.family_name == "Suzuki");
    CHECK(w.passwords.owners[1].profile.login == "new@example.com");
  });
}

}  // namespace
}  // namespace kidoban::transfer
