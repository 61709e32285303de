#include "directory/directory.h"

#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <thread>

#include "base/limits.h"
#include "kit/two_tenants.h"
#include "tenant/tenant.h"

namespace kidoban::directory {
namespace {

using kit::reason_of;
const std::vector<store::Feature> features{{"tenant", tenant::resources()}, {"seal", seal::resources()}, {"audit", audit::resources()}, {"directory", resources()}};
constexpr store::Sql profiles{"profiles", "select profile from people"}, group_names{"group_names", "select name from person_groups"};
const audit::Event by_operator{.name = "operator.command", .actor = {audit::ActorKind::operator_, std::nullopt}};

struct World {
  kit::TwoTenants two;
  audit::Audit audit{two.keys, two.clock, two.random};
  Directory directory{two.keys, audit, two.clock, two.random};
  explicit World(store::Store& store) : two(store) {}
  Result<Person> person(const TenantId& tenant, Profile profile) {
    return two.write(tenant, [&](store::Transaction& tx) { return directory.create_person(tx, {profile, false}, by_operator); });
  }
  Result<Person> person(const TenantId& tenant, std::string login) {
    Profile profile;
    profile.login = std::move(login);
    profile.display_name = "山田 花子";
    return person(tenant, profile);
  }
  std::optional<Person> find(const TenantId& tenant, std::string_view login) {
    auto found = two.read(tenant, [&](store::Transaction& tx) { return directory.find_by_login(tx, login); });
    REQUIRE(found);
    return *found;
  }
  Result<Person> get(const TenantId& tenant, const Id& id) {
    return two.read(tenant, [&](store::Transaction& tx) { return directory.get_person(tx, id); });
  }
  std::vector<std::string> events(const TenantId& tenant) {
    const auto all = two.read(tenant, [&](store::Transaction& tx) { return audit.read(tx, {}, std::nullopt, 500); });
    std::vector<std::string> names;
    for (const auto& one : *all) names.push_back(one.name);
    return names;
  }
};

TEST_CASE("a login has one spelling, whatever was typed") {
  for (const char* typed : {"Hanako@Example.com", " hanako@example.com\t", "hanako@example.com\u3000", "ＨＡＮＡＫＯ＠ｅｘａｍｐｌｅ．ｃｏｍ", "hanako@EXAMPLE。com"}) {
    CAPTURE(std::string(typed));
    const auto login = canonical_login(typed);
    REQUIRE(login);
    CHECK(*login == "hanako@example.com");
  }
  CHECK(*canonical_login("ﾊﾅｺ@例え.jp") == *canonical_login("ハナコ@例え.jp"));
  CHECK(*canonical_login("e\u0301@a.example") == *canonical_login("\u00e9@a.example"));
  CHECK(canonical_login("straße@a.example").has_value());
  // What can't be seen makes no other person.
  CHECK(*canonical_login("a\u200bb@a.example") == "ab@a.example");
  CHECK(*canonical_login("a\u202eb@a.example") == "ab@a.example");
  for (const char* bad : {"", "@", "a@", "@a.example", "a", "a@b", "a b@a.example", "a@a b.example", "a..b@a.example", ".a@a.example", "a.@a.example", "a@-a.example",
                          "a@a.example.", "a\x01@a.example", "\"a\"@a.example", "a@a.example,b@a.example", "a@a.example\r\nBcc: b",
                          "א\u0061@a.example", "a@א\u0061.example", "a<b@a.example", "a@[127.0.0.1]", "\xff@a.example"}) {
    CAPTURE(std::string(bad));
    CHECK(reason_of(canonical_login(bad)) == "login_malformed");
  }
  CHECK_FALSE(canonical_login(std::string(65, 'a') + "@a.example"));
  CHECK_FALSE(canonical_login("a@" + std::string(300, 'a') + ".example"));
}

TEST_CASE("in which domains a tenant's logins are is known, and only to itself") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    const auto made = w.person(w.two.a, "hanako@Acme.example");
    REQUIRE(made);
    const auto in_use = [&](const TenantId& tenant, std::string_view domain) {
      return *w.two.read(tenant, [&](store::Transaction& tx) { return w.directory.has_login_in(tx, domain); });
    };
    CHECK(in_use(w.two.a, "acme.example"));
    CHECK_FALSE(in_use(w.two.b, "acme.example"));
    CHECK_FALSE(in_use(w.two.a, "cme.example"));
    Change change;
    change.attributes.emplace("login", std::string("hanako@other.example"));
    REQUIRE(w.two.write(w.two.a, [&](store::Transaction& tx) { return w.directory.change_person(tx, made->id, change, {}, by_operator); }));
    CHECK_FALSE(in_use(w.two.a, "acme.example"));
    CHECK(in_use(w.two.a, "other.example"));
    REQUIRE(w.two.write(w.two.a, [&](store::Transaction& tx) { return w.directory.set_state(tx, made->id, PersonState::pending_deletion, by_operator); }));
    CHECK(in_use(w.two.a, "other.example"));
  });
}

TEST_CASE("a person is made, found by any spelling, and nobody's name is on the disk") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    Profile profile;
    profile.login = "Hanako@Example.com";
    profile.display_name = "山田 花子";
    profile.given_name = "花子";
    profile.family_name = "山田";
    profile.email = "mail@example.org";
    profile.locale = "ja";
    profile.zoneinfo = "Asia/Tokyo";
    const auto made = w.person(w.two.a, profile);
    REQUIRE(made);
    const auto found = w.find(w.two.a, "ＨＡＮＡＫＯ@example.com");
    REQUIRE(found);
    CHECK(found->id == made->id);
    CHECK(found->profile.login == "hanako@example.com");
    CHECK(found->profile.display_name == "山田 花子");
    CHECK(found->profile.email == "mail@example.org");
    CHECK(found->profile.zoneinfo == "Asia/Tokyo");
    CHECK(found->state == PersonState::enabled);
    CHECK(found->version == 1);
    CHECK(w.get(w.two.a, made->id)->profile.family_name == "山田");
    CHECK(reason_of(w.person(w.two.a, "HANAKO@example.com")) == "login_taken");
    const auto disk = w.two.everything(profiles);
    for (const char* personal : {"hanako", "花子", "mail@example.org", "Asia/Tokyo"}) CHECK(disk.find(personal) == std::string::npos);
    CHECK(w.events(w.two.a) == std::vector<std::string>{"person.created"});
  });
}

TEST_CASE("a second tenant finds nobody, changes nobody, and may use the same login") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    const auto theirs = w.person(w.two.a, "hanako@example.com");
    REQUIRE(theirs);
    CHECK_FALSE(w.find(w.two.b, "hanako@example.com"));
    CHECK(reason_of(w.get(w.two.b, theirs->id)) == "person_unknown");
    CHECK(reason_of(w.two.write(w.two.b, [&](store::Transaction& tx) { return w.directory.set_state(tx, theirs->id, PersonState::disabled, by_operator); })) == "person_unknown");
    CHECK(w.two.read(w.two.b, [&](store::Transaction& tx) { return w.directory.list_people(tx, std::nullopt, 10); })->empty());
    const auto ours = w.person(w.two.b, "hanako@example.com");
    REQUIRE(ours);
    CHECK(w.find(w.two.b, "hanako@example.com")->id == ours->id);
    CHECK(w.find(w.two.a, "hanako@example.com")->id == theirs->id);
    const auto group = w.two.write(w.two.a, [&](store::Transaction& tx) { return w.directory.groups().create(tx, {.name = "営業部"}, by_operator); });
    REQUIRE(group);
    CHECK(w.two.write(w.two.b, [&](store::Transaction& tx) { return w.directory.groups().create(tx, {.name = "営業部"}, by_operator); }));
    CHECK(reason_of(w.two.write(w.two.b, [&](store::Transaction& tx) { return w.directory.groups().add_member(tx, group->id, ours->id, by_operator); })) == "group_unknown");
    CHECK(reason_of(w.two.write(w.two.a, [&](store::Transaction& tx) { return w.directory.groups().add_member(tx, group->id, ours->id, by_operator); })) == "person_unknown");
    CHECK(w.two.read(w.two.b, [&](store::Transaction& tx) { return w.directory.groups().of(tx, theirs->id); })->empty());
    CHECK(w.get(w.two.a, theirs->id)->state == PersonState::enabled);
  });
}

TEST_CASE("what a profile can't be is refused by name, and nothing is kept of it") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    Profile good;
    good.login = "a@a.example";
    good.display_name = "A";
    const auto with = [&](auto change) {
      Profile profile = good;
      change(profile);
      return reason_of(w.person(w.two.a, profile));
    };
    CHECK(with([](Profile& p) { p.display_name = ""; }) == "name_malformed");
    CHECK(with([](Profile& p) { p.display_name = std::string(limits::name_bytes + 1, 'a'); }) == "name_malformed");
    CHECK(with([](Profile& p) { p.given_name = "a\nb"; }) == "name_malformed");
    CHECK(with([](Profile& p) { p.family_name = "\xff"; }) == "name_malformed");
    CHECK(with([](Profile& p) { p.display_name = "Hanako \u202egpj.exe"; }) == "name_malformed");
    CHECK(with([](Profile& p) { p.email = "no address"; }) == "email_malformed");
    CHECK(with([](Profile& p) { p.email = "a@a.example\r\nBcc: x@x.example"; }) == "email_malformed");
    CHECK(with([](Profile& p) { p.locale = "ja_JP!"; }) == "locale_malformed");
    CHECK(with([](Profile& p) { p.zoneinfo = "Asia/Tokyo; x"; }) == "zoneinfo_malformed");
    CHECK(with([](Profile& p) { p.login = "a"; }) == "login_malformed");
    CHECK_FALSE(w.find(w.two.a, "a@a.example"));
    CHECK(w.events(w.two.a).empty());
    CHECK(w.person(w.two.a, good)->profile.email == "a@a.example");
  });
}

TEST_CASE("states, groups and pages") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    std::vector<Id> people;
    for (int i = 0; i < 23; ++i) {
      w.two.clock.advance(std::chrono::seconds(1));
      people.push_back(w.person(w.two.a, "p" + std::to_string(i) + "@a.example")->id);
    }
    std::vector<Id> listed;
    for (std::optional<Id> after;;) {
      const auto page = w.two.read(w.two.a, [&](store::Transaction& tx) { return w.directory.list_people(tx, after, 10); });
      REQUIRE(page);
      for (const auto& one : *page) listed.push_back(one.id);
      if (page->size() < 10) break;
      after = page->back().id;
    }
    CHECK(listed == people);
    const auto set = [&](PersonState state) { return w.two.write(w.two.a, [&](store::Transaction& tx) { return w.directory.set_state(tx, people[0], state, by_operator); }); };
    w.two.clock.advance(std::chrono::seconds(1));
    CHECK(set(PersonState::disabled));
    CHECK(set(PersonState::disabled));  // nothing to do, nothing to tell
    CHECK(w.get(w.two.a, people[0])->state == PersonState::disabled);
    CHECK(w.get(w.two.a, people[0])->version == 2);
    CHECK(w.events(w.two.a).front() == "person.changed");
    CHECK(w.events(w.two.a).size() == 24);
    const auto group = [&](std::string name) { return w.two.write(w.two.a, [&](store::Transaction& tx) { return w.directory.groups().create(tx, {.name = name}, by_operator); }); };
    const auto sales = group("営業部"), staff = group("Staff");
    REQUIRE(sales);
    REQUIRE(staff);
    CHECK(reason_of(group("営業部")) == "group_taken");
    CHECK(reason_of(group("  ")) == "name_malformed");
    for (const auto& one : {sales, staff, sales}) {
      CHECK(w.two.write(w.two.a, [&](store::Transaction& tx) { return w.directory.groups().add_member(tx, one->id, people[1], by_operator); }));
    }
    const auto groups = w.two.read(w.two.a, [&](store::Transaction& tx) { return w.directory.groups().of(tx, people[1]); });
    REQUIRE(groups);
    std::set<std::string> names;
    for (const auto& one : *groups) names.insert(one.name);
    CHECK(names == std::set<std::string>{"営業部", "Staff"});
    CHECK(w.two.everything(group_names).find("Staff") == std::string::npos);
    CHECK(w.events(w.two.a).size() == 28);  // two groups, two memberships
  });
}

TEST_CASE("a person is changed in one record that says what was and what is; another tenant changes nothing") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    const Id id = w.person(w.two.a, "hanako@a.example")->id;
    REQUIRE(w.person(w.two.a, "taken@a.example"));
    REQUIRE(w.person(w.two.b, "other@a.example"));
    const auto change = [&](const TenantId& tenant, const Change& wanted, std::optional<std::int64_t> version = {}) {
      return w.two.write(tenant, [&](store::Transaction& tx) { return w.directory.change_person(tx, id, wanted, version, by_operator); });
    };
    w.two.clock.advance(std::chrono::seconds(1));
    Change wanted;
    wanted.attributes["login"] = "Flower@A.example";
    wanted.attributes["zoneinfo"] = "Asia/Tokyo";
    const auto changed = change(w.two.a, wanted, 1);
    REQUIRE(changed);
    CHECK(changed->version == 2);
    CHECK(changed->profile.login == "flower@a.example");
    CHECK(changed->profile.display_name == "山田 花子");
    CHECK_FALSE(w.find(w.two.a, "hanako@a.example"));
    CHECK(w.find(w.two.a, "flower@a.example")->profile.zoneinfo == "Asia/Tokyo");
    const auto records = w.two.read(w.two.a, [&](store::Transaction& tx) { return w.audit.read(tx, {}, std::nullopt, 1); });
    CHECK(records->front().name == "person.changed");
    CHECK(records->front().detail_json == R"({"login":"flower@a.example","login_before":"hanako@a.example","zoneinfo":"Asia/Tokyo","zoneinfo_before":""})");
    CHECK(change(w.two.a, wanted)->version == 2);  // nothing to do, nothing to tell
    CHECK(reason_of(change(w.two.a, wanted, 1)) == "version_changed");
    CHECK(reason_of(change(w.two.b, wanted)) == "person_unknown");
    Change taken;
    taken.attributes["login"] = "taken@a.example";
    CHECK(reason_of(change(w.two.a, taken)) == "login_taken");
    CHECK(w.find(w.two.a, "flower@a.example")->version == 2);
    Change theirs;
    theirs.attributes["login"] = "other@a.example";  // somebody's in another tenant
    CHECK(change(w.two.a, theirs));
  });
}

TEST_CASE("the last who may administer stays, whatever others do at the same moment") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    std::vector<Id> people;
    for (const char* login : {"one@a.example", "two@a.example", "three@a.example"}) {
      Profile profile;
      profile.login = login;
      profile.display_name = login;
      people.push_back(w.two.write(w.two.a, [&](store::Transaction& tx) { return w.directory.create_person(tx, {profile, true}, by_operator); })->id);
    }
    std::atomic<int> left = 0, kept = 0;
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < people.size(); ++i) {
        threads.emplace_back([&, i] {
          Change wanted;
          if (i % 2 == 0) wanted.administrator = false;
          else wanted.state = PersonState::disabled;
          const auto done = w.two.write(w.two.a, [&](store::Transaction& tx) { return w.directory.change_person(tx, people[i], wanted, std::nullopt, by_operator); });
          if (done) ++left;
          else if (done.error().reason == "last_administrator") ++kept;
        });
      }
    }
    CHECK(left == 2);
    CHECK(kept == 1);
  });
}

TEST_CASE("groups are listed, renamed, emptied and deleted, each in its own tenant") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    const auto in = [&](const TenantId& tenant, auto act) { return w.two.write(tenant, [&](store::Transaction& tx) { return act(tx); }); };
    std::vector<Id> groups;
    for (const char* name : {"営業部", "開発部", "総務部"}) {
      w.two.clock.advance(std::chrono::seconds(1));
      groups.push_back(in(w.two.a, [&](store::Transaction& tx) { return w.directory.groups().create(tx, {.name = name}, by_operator); })->id);
    }
    const auto page = in(w.two.a, [&](store::Transaction& tx) { return w.directory.groups().list(tx, groups[0], 1); });
    REQUIRE(page);
    REQUIRE(page->size() == 1);
    CHECK(page->front().name == "開発部");
    CHECK(reason_of(in(w.two.a, [&](store::Transaction& tx) { return w.directory.groups().change(tx, groups[0], {.name = "開発部"}, std::nullopt, by_operator); })) == "group_taken");
    CHECK(in(w.two.a, [&](store::Transaction& tx) { return w.directory.groups().change(tx, groups[0], {.name = " 販売部 "}, std::nullopt, by_operator); })->name == "販売部");
    const Id person = w.person(w.two.a, "hanako@a.example")->id;
    CHECK(in(w.two.a, [&](store::Transaction& tx) { return w.directory.groups().add_member(tx, groups[0], person, by_operator); }));
    // The second tenant, with the very ids.
    CHECK(in(w.two.b, [&](store::Transaction& tx) { return w.directory.groups().list(tx, std::nullopt, 10); })->empty());
    CHECK(reason_of(in(w.two.b, [&](store::Transaction& tx) { return w.directory.groups().get(tx, groups[0]); })) == "group_unknown");
    CHECK(reason_of(in(w.two.b, [&](store::Transaction& tx) { return w.directory.groups().change(tx, groups[0], {.name = "x"}, std::nullopt, by_operator); })) == "group_unknown");
    CHECK(reason_of(in(w.two.b, [&](store::Transaction& tx) { return w.directory.groups().remove(tx, groups[0], std::nullopt, by_operator); })) == "group_unknown");
    CHECK(reason_of(in(w.two.b, [&](store::Transaction& tx) { return w.directory.groups().remove_member(tx, groups[0], person, by_operator); })) == "group_unknown");
    CHECK(reason_of(in(w.two.b, [&](store::Transaction& tx) { return w.directory.groups().members(tx, groups[0], std::nullopt, 10); })) == "group_unknown");
    CHECK(in(w.two.a, [&](store::Transaction& tx) { return w.directory.groups().members(tx, groups[0], std::nullopt, 10); }) == std::vector<Member>{{person, MemberKind::person}});
    const auto records = w.events(w.two.a).size();
    CHECK(in(w.two.a, [&](store::Transaction& tx) { return w.directory.groups().remove_member(tx, groups[1], person, by_operator); }));
    CHECK(w.events(w.two.a).size() == records);  // was no member: nothing to tell
    CHECK(in(w.two.a, [&](store::Transaction& tx) { return w.directory.groups().remove(tx, groups[0], std::nullopt, by_operator); }));
    CHECK(in(w.two.a, [&](store::Transaction& tx) { return w.directory.groups().of(tx, person); })->empty());
    CHECK(reason_of(in(w.two.a, [&](store::Transaction& tx) { return w.directory.groups().get(tx, groups[0]); })) == "group_unknown");
  });
}

TEST_CASE("of two who want one login at once, one gets it") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    std::atomic<int> made = 0, taken = 0;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
          const auto one = w.person(w.two.a, "same@a.example");
          if (one) ++made;
          else if (one.error().reason == "login_taken") ++taken;
        });
      }
    }
    CHECK(made == 1);
    CHECK(taken == 7);
    CHECK(w.events(w.two.a).size() == 1);
  });
}

}  // namespace
}  // namespace kidoban::directory
