// People made together, and who is put into groups together: each with an outcome of its own, as one by one.
#include <doctest/doctest.h>

#include <set>

#include "directory/directory.h"
#include "kit/two_tenants.h"
#include "tenant/tenant.h"

namespace kidoban::directory {
namespace {

using kit::reason_of;
const std::vector<store::Feature> features{
    {"tenant", tenant::resources()}, {"seal", seal::resources()}, {"audit", audit::resources()}, {"directory", resources()}};

struct World : kit::TwoTenants {
  audit::Audit audit{keys, clock, random};
  Directory directory{keys, audit, clock, random};
  audit::Event by{.name = "test.acted", .actor = {audit::ActorKind::system, std::nullopt}};

  using TwoTenants::TwoTenants;
  static Directory::NewPerson named(std::string login, std::string department = "") {
    Directory::NewPerson wanted;
    wanted.profile.login = std::move(login);
    wanted.profile.display_name = "山田 花子";
    wanted.profile.department = std::move(department);
    return wanted;
  }
  auto create(const TenantId& tenant, const std::vector<Directory::NewPerson>& wanted) {
    return write(tenant, [&](store::Transaction& tx) { return directory.create_people(tx, wanted, by); });
  }
  auto find(const TenantId& tenant, const std::vector<std::string>& logins) {
    return read(tenant, [&](store::Transaction& tx) { return directory.find_by_logins(tx, logins); });
  }
  std::int64_t people(const TenantId& tenant) {
    return read(tenant, [&](store::Transaction& tx) { return directory.usage(tx); })->people;
  }
  std::vector<audit::Record> records(const TenantId& tenant, std::string name) {
    return *read(tenant, [&](store::Transaction& tx) { return audit.read(tx, {.actor = {}, .target = {}, .name = std::move(name), .from = {}, .until = {}}, {}, 500); });
  }
  std::int64_t members_version(const TenantId& tenant, const Id& group) {
    return read(tenant, [&](store::Transaction& tx) { return directory.groups().get(tx, group); })->members_version;
  }
};

// What the engine would do for a statement.
std::string plan_of(World& w, const store::Sql& explained) {
  std::string all;
  const auto rows = w.read(w.a, [&](store::Transaction& tx) { return tx.query(explained, Id{}); });
  REQUIRE_MESSAGE(rows, (rows ? "" : rows.error().note));
  for (std::size_t i = 0; i < rows->size(); ++i) all += std::string((*rows)[i].text(0)) + "\n";
  return all;
}

void on_each(const std::function<void(World&)>& body) {
  kit::each_engine(features, [&](store::Store& store) {
    World world(store);
    body(world);
  });
}

TEST_CASE("people and groups are looked up by an index of their own in a store that is new, too") {
  on_each([](World& w) {
    if (w.store.engine_name() != "postgresql") return;
    constexpr store::Sql person{"test_person_plan", "explain select profile from people where tenant = $1 and id = $2"};
    constexpr store::Sql login{"test_login_plan", "explain select profile from people where tenant = $1 and login_index = $2"};
    constexpr store::Sql group{"test_group_plan", "explain select name from person_groups where tenant = $1 and id = $2"};
    constexpr store::Sql name{"test_name_plan", "explain select name from person_groups where tenant = $1 and name_index = $2"};
    CHECK(plan_of(w, person).contains("people_pkey"));
    CHECK(plan_of(w, login).contains("people_by_login"));
    CHECK(plan_of(w, group).contains("person_groups_pkey"));
    CHECK(plan_of(w, name).contains("person_groups_by_name"));
  });
}

TEST_CASE("of many who are made together each has an outcome, and who is refused leaves nothing") {
  on_each([](World& w) {
    REQUIRE(w.create(w.a, {w.named("taken@example.com")}));
    const auto made = w.create(w.a, {w.named("one@example.com"), w.named("TAKEN@example.com"), w.named("no login"), w.named("two@example.com"), w.named("One@Example.com")});
    REQUIRE(made);
    REQUIRE(made->size() == 5);
    CHECK(reason_of((*made)[0]) == "it went well");
    CHECK(reason_of((*made)[1]) == "login_taken");
    CHECK(reason_of((*made)[2]) == "login_malformed");
    CHECK((*made)[3]->profile.login == "two@example.com");
    CHECK(reason_of((*made)[4]) == "login_taken");
    CHECK(w.people(w.a) == 3);
    CHECK(w.records(w.a, "person.created").size() == 3);
    const auto found = w.find(w.a, {"two@example.com", "nobody@example.com", "one@example.com"});
    REQUIRE(found);
    REQUIRE(found->size() == 2);
    CHECK(found->at("two@example.com").id == (*made)[3]->id);
    CHECK(found->at("one@example.com").id == (*made)[0]->id);
    // Another tenant has none of them, and may have the same.
    const auto elsewhere = w.find(w.b, {"one@example.com", "two@example.com"});
    REQUIRE(elsewhere);
    CHECK(elsewhere->empty());
    const auto same = w.create(w.b, {w.named("one@example.com")});
    REQUIRE(same);
    CHECK(same->front());
    CHECK(w.people(w.b) == 1);
    CHECK(w.records(w.b, "person.created").size() == 1);
  });
}

TEST_CASE("who was prepared beside a transaction is made in it as they were prepared, in as many attempts as it takes") {
  on_each([](World& w) {
    const auto with = w.read(w.a, [&](store::Transaction& tx) { return w.directory.preparation(tx, w.by); });
    REQUIRE(with);
    CHECK(reason_of(w.directory.prepare(*with, w.named("no login"))) == "login_malformed");
    const auto one = w.directory.prepare(*with, w.named("one@example.com")), two = w.directory.prepare(*with, w.named("two@example.com"));
    REQUIRE((one && two));
    const std::vector<const PreparedPerson*> both{&*one, &*two};
    const auto create = [&](const TenantId& tenant) { return w.write(tenant, [&](store::Transaction& tx) { return w.directory.create_prepared(tx, *with, both); }); };
    // Undone, and done again.
    CHECK(reason_of(w.write(w.a, [&](store::Transaction& tx) -> Status {
      TRY(w.directory.create_prepared(tx, *with, both));
      return fail(Kind::conflict, "undone");
    })) == "undone");
    CHECK(w.people(w.a) == 0);
    // Under another tenant's key they are nobody.
    CHECK(reason_of(create(w.b)) == "preparation_foreign");
    CHECK(w.people(w.b) == 0);
    const auto made = create(w.a);
    REQUIRE(made);
    CHECK(((*made)[0] && (*made)[1]));
    CHECK(w.find(w.a, {"one@example.com"})->at("one@example.com").id == one->person.id);
    const auto records = w.records(w.a, "person.created");
    REQUIRE(records.size() == 2);
    CHECK(records[1].target == one->person.id);
    const auto again = w.directory.prepare(*with, w.named("One@example.com"));
    REQUIRE(again);
    const PreparedPerson* const same[] = {&*again};
    const auto taken = w.write(w.a, [&](store::Transaction& tx) { return w.directory.create_prepared(tx, *with, same); });
    REQUIRE(taken);
    CHECK(reason_of(taken->front()) == "login_taken");
    CHECK(w.people(w.a) == 2);
    CHECK(w.records(w.a, "person.created").size() == 2);
  });
}

TEST_CASE("a preparation holds good for its tenant, until that settles something else about its people") {
  on_each([](World& w) {
    const auto with = w.read(w.a, [&](store::Transaction& tx) { return w.directory.preparation(tx, w.by); });
    REQUIRE(with);
    const auto holds = [&](const TenantId& tenant) { return w.read(tenant, [&](store::Transaction& tx) { return w.directory.holds_good(tx, *with); }).value(); };
    CHECK(holds(w.a));
    CHECK_FALSE(holds(w.b));
    Schema schema;
    schema.custom.push_back({.name = "badge", .type = AttributeType::text, .label_ja = "社員証", .label_en = "Badge", .choices = {}});
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.directory.set_schema(tx, schema, {}, w.by); }));
    CHECK_FALSE(holds(w.a));
  });
}

TEST_CASE("of many as many come in as the quota has left, and who was refused doesn't count") {
  on_each([](World& w) {
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.directory.set_quota(tx, 3, w.by); }));
    const auto made = w.create(w.a, {w.named("1@example.com"), w.named("malformed"), w.named("2@example.com"), w.named("3@example.com"), w.named("4@example.com"), w.named("5@example.com")});
    REQUIRE(made);
    CHECK((*made)[0]);
    CHECK((*made)[3]);
    CHECK(reason_of((*made)[4]) == "quota_reached");
    CHECK(reason_of((*made)[5]) == "quota_reached");
    CHECK(w.people(w.a) == 3);
    const auto late = w.create(w.a, {w.named("6@example.com")});
    REQUIRE(late);
    CHECK(reason_of(late->front()) == "quota_reached");
    CHECK(w.people(w.a) == 3);
    const auto elsewhere = w.create(w.b, {w.named("6@example.com")});
    REQUIRE(elsewhere);
    CHECK(elsewhere->front());  // the quota is that tenant's alone
  });
}

TEST_CASE("who is made together with others is put into the groups whose rules they meet") {
  on_each([](World& w) {
    const auto group = w.write(w.a, [&](store::Transaction& tx) { return w.directory.groups().create(tx, {.name = "Sales", .rule = "department eq \"Sales\""}, w.by); });
    REQUIRE(group);
    const auto made = w.create(w.a, {w.named("1@example.com", "Sales"), w.named("2@example.com", "Legal"), w.named("3@example.com", "sales")});
    REQUIRE(made);
    const auto members = w.read(w.a, [&](store::Transaction& tx) { return w.directory.groups().members(tx, group->id, {}, 10); });
    REQUIRE(members->size() == 2);
    // By id; of those made in one millisecond either may come first.
    const std::set<Id> in{members->front().id, members->back().id};
    CHECK(in == std::set<Id>{(*made)[0]->id, (*made)[2]->id});
    CHECK(w.records(w.a, "group.members_changed").size() == 1);
    CHECK(w.members_version(w.a, group->id) == 1);
  });
}

TEST_CASE("a group's members have a version that each change of them moves, and nothing else does") {
  on_each([](World& w) {
    const auto make = [&](const TenantId& tenant, std::string name) { return w.write(tenant, [&](store::Transaction& tx) { return w.directory.groups().create(tx, {.name = name}, w.by); })->id; };
    const Id group = make(w.a, "Everybody"), inner = make(w.a, "Within"), others = make(w.b, "Everybody");
    std::vector<Directory::NewPerson> wanted;
    for (int i = 0; i < 300; ++i) wanted.push_back(w.named("p" + std::to_string(i) + "@example.com"));
    std::vector<Member> all;
    const auto made = w.create(w.a, wanted);
    for (const auto& one : *made) all.push_back({one->id, MemberKind::person});
    all.push_back({inner, MemberKind::group});
    const auto change = [&](const MemberChange& wish) { return w.write(w.a, [&](store::Transaction& tx) { return w.directory.groups().change_members(tx, group, wish, w.by); }); };
    const auto added = change({.add = all});
    REQUIRE(added);
    CHECK(added->added == 301);
    CHECK(w.members_version(w.a, group) == 1);
    CHECK(change({.add = all})->added == 0);  // who is in already stays in
    CHECK(w.members_version(w.a, group) == 1);
    std::vector<Member> some(all.begin(), all.begin() + 3);
    CHECK(change({.remove = some})->removed == 3);
    CHECK(w.members_version(w.a, group) == 2);
    // Somebody isn't there: nothing of it is done.
    some.push_back({new_id(w.clock, w.random), MemberKind::person});
    CHECK(reason_of(change({.add = some})) == "person_unknown");
    CHECK(w.members_version(w.a, group) == 2);
    // Another tenant's people are nobody here.
    const auto elsewhere = w.create(w.b, {w.named("stranger@example.com")});
    REQUIRE(elsewhere);
    const Id stranger = elsewhere->front()->id;
    CHECK(reason_of(change({.add = {{stranger, MemberKind::person}}})) == "person_unknown");
    CHECK(w.members_version(w.b, others) == 0);
    const std::vector<Id> ids{all[5].id, inner, stranger};
    const auto known = w.read(w.a, [&](store::Transaction& tx) { return w.directory.groups().as_members(tx, ids); });
    REQUIRE(known);
    CHECK((*known)[0].kind == MemberKind::person);
    CHECK((*known)[1].kind == MemberKind::group);
    CHECK((*known)[2].kind == MemberKind::group);
    // Who is gone, and a group that is deleted, leave the groups they were in.
    const Id gone = all[4].id;
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) -> Status {
      TRY(w.directory.set_state(tx, gone, PersonState::pending_deletion, w.by));
      return w.directory.remove_person(tx, gone, w.by);
    }));
    CHECK(w.members_version(w.a, group) == 3);
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.directory.groups().remove(tx, inner, {}, w.by); }));
    CHECK(w.members_version(w.a, group) == 4);
  });
}

}  // namespace
}  // namespace kidoban::directory
