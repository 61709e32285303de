#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "base/limits.h"
#include "directory/directory.h"
#include "kit/two_tenants.h"
#include "tenant/tenant.h"

namespace kidoban::directory {
namespace {

using kit::reason_of;
const std::vector<store::Feature> features{{"tenant", tenant::resources()}, {"seal", seal::resources()}, {"audit", audit::resources()}, {"directory", resources()}};
const audit::Event by{.name = "test.acted", .actor = {audit::ActorKind::system, std::nullopt}};
constexpr store::Sql names{"group_names", "select name from person_groups"}, details{"group_details", "select detail from person_groups"};

struct World : kit::TwoTenants {
  audit::Audit audit{keys, clock, random};
  Directory directory{keys, audit, clock, random};
  Groups& groups = directory.groups();
  using TwoTenants::TwoTenants;

  template <class Act>
  auto in(const TenantId& tenant, Act act) {
    return write(tenant, [&](store::Transaction& tx) { return act(tx); });
  }
  Id person(const TenantId& tenant, const std::string& login) {
    Profile p;
    p.login = login;
    p.display_name = login;
    clock.advance(std::chrono::milliseconds(1));
    return in(tenant, [&](store::Transaction& tx) { return directory.create_person(tx, {p, false}, by); })->id;
  }
  Id group(const TenantId& tenant, const std::string& name) {
    clock.advance(std::chrono::milliseconds(1));
    return in(tenant, [&](store::Transaction& tx) { return groups.create(tx, {.name = name}, by); })->id;
  }
  Status add(const TenantId& tenant, const Id& group, const Id& member) {
    return in(tenant, [&](store::Transaction& tx) { return groups.add(tx, group, member, by); });
  }
  std::vector<std::string> groups_of(const TenantId& tenant, const Id& person) {
    std::vector<std::string> all;
    const auto found = in(tenant, [&](store::Transaction& tx) { return groups.of(tx, person); });
    REQUIRE(found);
    for (const auto& one : *found) all.push_back(one.name + (one.direct ? "" : "~"));
    return all;
  }
  std::vector<Id> everybody_in(const TenantId& tenant, const Id& group, std::size_t at_once) {
    std::vector<Id> all;
    for (std::optional<Id> after;;) {
      const auto page = in(tenant, [&](store::Transaction& tx) { return groups.effective_members(tx, group, after, at_once); });
      REQUIRE(page);
      CHECK(page->size() <= at_once);
      for (const auto& one : *page) all.push_back(one.person);
      if (page->size() < at_once) return all;
      after = all.back();
    }
  }
  audit::Record last(const TenantId& tenant) {
    return read(tenant, [&](store::Transaction& tx) { return audit.read(tx, {}, {}, 1); })->front();
  }
  std::size_t records(const TenantId& tenant) {
    return read(tenant, [&](store::Transaction& tx) { return audit.read(tx, {}, {}, 500); })->size();
  }
};

void on_each(const std::function<void(World&)>& body) {
  kit::each_engine(features, [&](store::Store& store) {
    World world(store);
    body(world);
  });
}

TEST_CASE("a group has what is said of it, sealed, and is changed in one record where its version fits") {
  on_each([](World& w) {
    const auto made = w.in(w.a, [&](store::Transaction& tx) {
      return w.groups.create(tx, {.name = " 営業部 ", .description = "東日本の営業", .mail = " sales@A.example ", .type = "security", .external_id = "S-1"}, by);
    });
    REQUIRE(made);
    const auto get = [&](const TenantId& tenant) { return w.in(tenant, [&](store::Transaction& tx) { return w.groups.get(tx, made->id); }); };
    CHECK(get(w.a)->name == "営業部");
    CHECK(get(w.a)->description == "東日本の営業");
    CHECK(get(w.a)->mail == "sales@A.example");
    CHECK(get(w.a)->type == "security");
    CHECK(get(w.a)->version == 1);
    CHECK(get(w.a)->created_at == w.clock.now());
    const std::string disk = w.everything(names) + w.everything(details);
    for (const char* personal : {"営業", "sales@", "security", "S-1"}) CHECK(disk.find(personal) == std::string::npos);
    const auto change = [&](const TenantId& tenant, const GroupChange& wanted, std::optional<std::int64_t> version = {}) {
      return w.in(tenant, [&](store::Transaction& tx) { return w.groups.change(tx, made->id, wanted, version, by); });
    };
    w.clock.advance(std::chrono::seconds(1));
    const auto changed = change(w.a, {.mail = "", .type = "distribution"}, 1);
    REQUIRE(changed);
    CHECK(changed->version == 2);
    CHECK(get(w.a)->mail.empty());
    CHECK(get(w.a)->type == "distribution");
    CHECK(get(w.a)->description == "東日本の営業");
    CHECK(get(w.a)->updated_at > get(w.a)->created_at);
    CHECK(w.last(w.a).name == "group.changed");
    CHECK(w.last(w.a).detail_json == R"({"mail":"","mail_before":"sales@A.example","type":"distribution","type_before":"security"})");
    CHECK(change(w.a, {.type = "distribution"})->version == 2);  // nothing to do
    CHECK(reason_of(change(w.a, {.name = "x"}, 1)) == "version_changed");
    CHECK(reason_of(w.in(w.a, [&](store::Transaction& tx) { return w.groups.remove(tx, made->id, 1, by); })) == "version_changed");
    CHECK(reason_of(change(w.b, {.name = "x"})) == "group_unknown");
    CHECK(reason_of(get(w.b)) == "group_unknown");
    const auto found = [&](const TenantId& tenant) {
      return w.in(tenant, [&](store::Transaction& tx) -> Result<std::pair<bool, std::size_t>> {
        return std::pair(TRY(w.groups.find_by_name(tx, "営業部 ")).has_value(), TRY(w.groups.find_by_external_id(tx, "S-1")).size());
      });
    };
    CHECK(*found(w.a) == std::pair(true, std::size_t{1}));
    CHECK(*found(w.b) == std::pair(false, std::size_t{0}));
    CHECK(reason_of(change(w.a, {.mail = "no address"})) == "email_malformed");
    CHECK(reason_of(change(w.a, {.mail = "a@a.example\r\nBcc: b@b.example"})) == "email_malformed");
    CHECK(reason_of(change(w.a, {.type = std::string(65, 'x')})) == "group_type_malformed");
    CHECK(reason_of(change(w.a, {.description = "\u202egpj"})) == "description_malformed");
    CHECK(reason_of(change(w.a, {.external_id = "a\nb"})) == "external_id_malformed");
    CHECK(get(w.a)->version == 2);
  });
}

TEST_CASE("groups stand in groups, and whoever is in one below is in all above, once") {
  on_each([](World& w) {
    const Id company = w.group(w.a, "company"), sales = w.group(w.a, "sales"), east = w.group(w.a, "east"), other = w.group(w.a, "other");
    std::vector<Id> people;
    for (int i = 0; i < 60; ++i) people.push_back(w.person(w.a, "p" + std::to_string(i) + "@a.example"));
    REQUIRE(w.add(w.a, company, sales));
    REQUIRE(w.add(w.a, sales, east));
    REQUIRE(w.add(w.a, company, east));  // two ways to the same group
    for (std::size_t i = 0; i < people.size(); ++i) {
      REQUIRE(w.add(w.a, i % 3 == 0 ? company : i % 3 == 1 ? sales : east, people[i]));
      if (i % 6 == 0) REQUIRE(w.add(w.a, east, people[i]));
    }
    for (const std::size_t at_once : {1UL, 7UL, 60UL, 500UL}) CHECK(w.everybody_in(w.a, company, at_once) == people);
    CHECK(w.everybody_in(w.a, east, 500).size() == 30);
    CHECK(w.everybody_in(w.a, other, 500).empty());
    CHECK(w.groups_of(w.a, people[0]) == std::vector<std::string>{"company", "sales~", "east"});
    CHECK(w.groups_of(w.a, people[1]) == std::vector<std::string>{"company~", "sales"});
    CHECK(w.groups_of(w.a, people[2]) == std::vector<std::string>{"company~", "sales~", "east"});
    CHECK(w.in(w.a, [&](store::Transaction& tx) { return w.groups.directly_of(tx, people[2]); })->size() == 1);
    // Pages of both.
    const auto second = w.in(w.a, [&](store::Transaction& tx) { return w.groups.of(tx, people[2], company, 1); });
    REQUIRE(second->size() == 1);
    CHECK(second->front().name == "sales");
    const auto page = w.in(w.a, [&](store::Transaction& tx) { return w.groups.members(tx, company, std::nullopt, 2); });
    CHECK(*page == std::vector<Member>{{sales, MemberKind::group}, {east, MemberKind::group}});
    CHECK(w.in(w.a, [&](store::Transaction& tx) { return w.groups.members(tx, company, east, 500); })->front() == Member{people[0], MemberKind::person});
    // What is taken away below is gone above.
    w.clock.advance(std::chrono::seconds(1));
    REQUIRE(w.in(w.a, [&](store::Transaction& tx) { return w.groups.take_out(tx, sales, east, by); }));
    CHECK(w.last(w.a).name == "group.member_removed");
    REQUIRE(w.in(w.a, [&](store::Transaction& tx) { return w.groups.take_out(tx, company, east, by); }));
    CHECK(w.groups_of(w.a, people[2]) == std::vector<std::string>{"east"});
    REQUIRE(w.in(w.a, [&](store::Transaction& tx) { return w.groups.remove(tx, sales, std::nullopt, by); }));
    CHECK(w.groups_of(w.a, people[1]).empty());
    CHECK(w.in(w.a, [&](store::Transaction& tx) { return w.groups.members(tx, company, std::nullopt, 1); })->front().kind == MemberKind::person);
  });
}

TEST_CASE("no group is in itself, however long the way, nor deeper than sixteen levels") {
  on_each([](World& w) {
    std::vector<Id> chain;
    for (int i = 0; i <= limits::group_depth + 1; ++i) chain.push_back(w.group(w.a, "g" + std::to_string(i)));
    CHECK(reason_of(w.add(w.a, chain[0], chain[0])) == "group_cycle");
    for (std::size_t i = 0; i < limits::group_depth; ++i) REQUIRE(w.add(w.a, chain[i], chain[i + 1]));
    const auto records = w.records(w.a);
    CHECK(reason_of(w.add(w.a, chain[16], chain[0])) == "group_cycle");
    CHECK(reason_of(w.add(w.a, chain[5], chain[1])) == "group_cycle");
    CHECK(reason_of(w.add(w.a, chain[16], chain[17])) == "group_too_deep");
    CHECK(reason_of(w.add(w.a, chain[17], chain[0])) == "group_too_deep");
    CHECK(w.add(w.a, chain[0], chain[1]));  // is in already: nothing to do
    CHECK(w.records(w.a) == records);
    CHECK(w.add(w.a, chain[0], chain[16]));
    const Id person = w.person(w.a, "deep@a.example");
    REQUIRE(w.add(w.a, chain[16], person));
    CHECK(w.groups_of(w.a, person).size() == 17);
    CHECK(w.everybody_in(w.a, chain[0], 10) == std::vector<Id>{person});
  });
}

TEST_CASE("of two who put a group into the other at once, one is refused") {
  on_each([](World& w) {
    for (int round = 0; round < 8; ++round) {
      const Id one = w.group(w.a, "one" + std::to_string(round)), two = w.group(w.a, "two" + std::to_string(round)), three = w.group(w.a, "three" + std::to_string(round));
      const std::vector<std::pair<Id, Id>> wanted{{one, two}, {two, three}, {three, one}};
      std::atomic<int> done = 0, refused = 0;
      {
        std::vector<std::jthread> threads;
        for (const auto& [group, within] : wanted) {
          threads.emplace_back([&, group = group, within = within] {
            const auto added = w.add(w.a, group, within);
            if (added) ++done;
            else if (added.error().reason == "group_cycle") ++refused;
          });
        }
      }
      CHECK(done == 2);
      CHECK(refused == 1);
    }
  });
}

TEST_CASE("many are put in and taken out in one act, told in few records") {
  on_each([](World& w) {
    const Id group = w.group(w.a, "all"), within = w.group(w.a, "within");
    MemberChange change;
    for (int i = 0; i < 450; ++i) change.add.push_back({w.person(w.a, "p" + std::to_string(i) + "@a.example"), MemberKind::person});
    change.add.push_back({within, MemberKind::group});
    const auto act = [&](const TenantId& tenant) { return w.in(tenant, [&](store::Transaction& tx) { return w.groups.change_members(tx, group, change, by); }); };
    const auto before = w.records(w.a);
    w.clock.advance(std::chrono::seconds(1));
    CHECK(act(w.a)->added == 451);
    CHECK(act(w.a)->added == 0);
    CHECK(w.last(w.a).name == "group.members_changed");
    CHECK(w.records(w.a) - before <= 3);
    std::swap(change.add, change.remove);
    change.add = {change.remove.front()};
    change.remove.resize(10);
    CHECK(act(w.a)->removed == 10);
    change.add = {{new_id(w.clock, w.random), MemberKind::person}};
    change.remove.clear();
    CHECK(reason_of(act(w.a)) == "person_unknown");
    CHECK(reason_of(w.add(w.a, group, new_id(w.clock, w.random))) == "group_member_unknown");
    CHECK(reason_of(act(w.b)) == "group_unknown");
  });
}

TEST_CASE("a second tenant's groups take in nobody of the first, and see nothing") {
  on_each([](World& w) {
    const Id person = w.person(w.a, "hanako@a.example"), group = w.group(w.a, "営業部"), within = w.group(w.a, "東");
    REQUIRE(w.add(w.a, group, within));
    REQUIRE(w.add(w.a, within, person));
    const Id theirs = w.group(w.b, "営業部");
    CHECK(reason_of(w.add(w.b, theirs, person)) == "group_member_unknown");
    CHECK(reason_of(w.add(w.b, theirs, within)) == "group_member_unknown");
    CHECK(reason_of(w.add(w.b, group, theirs)) == "group_unknown");
    CHECK(reason_of(w.add(w.a, group, theirs)) == "group_member_unknown");
    CHECK(w.groups_of(w.b, person).empty());
    CHECK(reason_of(w.in(w.b, [&](store::Transaction& tx) { return w.groups.effective_members(tx, group, {}, 10); })) == "group_unknown");
    CHECK(reason_of(w.in(w.b, [&](store::Transaction& tx) { return w.groups.take_out(tx, group, within, by); })) == "group_unknown");
    CHECK(w.groups_of(w.a, person) == std::vector<std::string>{"営業部~", "東"});
  });
}

}  // namespace
}  // namespace kidoban::directory
