#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "directory/group_rules.h"
#include "kit/two_tenants.h"
#include "tenant/tenant.h"

namespace kidoban::directory {
namespace {

using kit::reason_of;
const std::vector<store::Feature> features{
    {"tenant", tenant::resources()}, {"seal", seal::resources()}, {"audit", audit::resources()}, {"directory", resources()}};
const audit::Event by{.name = "test.acted", .actor = {audit::ActorKind::system, std::nullopt}};

struct World : kit::TwoTenants {
  audit::Audit audit{keys, clock, random};
  Directory directory{keys, audit, clock, random};
  Groups& groups = directory.groups();
  using TwoTenants::TwoTenants;

  template <class Act>
  auto in(const TenantId& tenant, Act act) {
    return write(tenant, [&](store::Transaction& tx) { return act(tx); });
  }
  Result<Person> person(const TenantId& tenant, const std::string& login, const std::string& department, const std::string& title = {}) {
    Profile p;
    p.login = login;
    p.display_name = login;
    p.department = department;
    p.title = title;
    return in(tenant, [&](store::Transaction& tx) { return directory.create_person(tx, {.profile = p}, by); });
  }
  Result<Group> group(const TenantId& tenant, const std::string& name, const std::string& rule) {
    return in(tenant, [&](store::Transaction& tx) { return groups.create(tx, {.name = name, .rule = rule}, by); });
  }
  Result<Group> set_rule(const TenantId& tenant, const Id& group, const std::string& rule) {
    return in(tenant, [&](store::Transaction& tx) { return groups.change(tx, group, {.rule = rule}, std::nullopt, by); });
  }
  Status become(const TenantId& tenant, const Id& person, const std::string& attribute, const std::string& value) {
    return in(tenant, [&](store::Transaction& tx) -> Status {
      Change change;
      change.attributes[attribute] = value;
      TRY(directory.change_person(tx, person, change, {}, by));
      return {};
    });
  }
  Status ask(const TenantId& tenant, const Id& group) { return ask_everybody(store, directory, tenant, group, std::chrono::minutes(1)); }
  std::size_t count(const TenantId& tenant, const Id& group) {
    std::size_t all = 0;
    for (std::optional<Id> after;;) {
      const auto page = in(tenant, [&](store::Transaction& tx) { return groups.members(tx, group, after, 500); });
      REQUIRE(page);
      all += page->size();
      if (page->size() < 500) return all;
      after = page->back().id;
    }
  }
  bool has(const TenantId& tenant, const Id& group, const Id& person) {
    const auto found = in(tenant, [&](store::Transaction& tx) { return groups.of(tx, person); });
    REQUIRE(found);
    return std::ranges::any_of(*found, [&](const Membership& one) { return one.id == group; });
  }
};

void on_each(const std::function<void(World&)>& body) {
  kit::each_engine(features, [&](store::Store& store) {
    World world(store);
    body(world);
  });
}

Person somebody() {
  Person p;
  p.profile.login = "hanako@a.example";
  p.profile.department = "Ｓａｌｅｓ";
  p.profile.title = "係長";
  p.profile.phones = {{"+81-3-1234-5678", "work", "", true}, {"+81-90-1234-5678", "mobile", "", false}};
  p.profile.custom["badge"] = std::int64_t{7};
  p.profile.custom["sites"] = std::vector<std::string>{"東京", "大阪"};
  p.profile.custom["joined"] = std::string("2026-04-01");
  return p;
}

const std::vector<CustomAttribute> declared{{"badge", AttributeType::number, {}, {}, {}, false},
                                            {"sites", AttributeType::texts, {}, {}, {}, false},
                                            {"joined", AttributeType::date, {}, {}, {}, false}};

TEST_CASE("a rule asks what is known of a person, in whatever width and case it is written") {
  const Person person = somebody();
  for (const auto& [rule, is] : std::vector<std::pair<std::string, bool>>{
           {R"(department eq "sales")", true},
           {R"(department eq "sales" and not (title eq "課長"))", true},
           {R"(department eq "sales" and not (title eq "係長"))", false},
           {R"(Department sw "SA" or login ew "@b.example")", true},
           {R"(state eq "enabled")", true},
           {R"(state eq "disabled")", false},
           {R"(organization pr)", false},
           {R"(not (organization pr))", true},
           {R"(organization ne "x")", true},
           {R"(phones.type eq "mobile")", true},
           {R"(phones co "1234")", true},
           {R"(phones[type eq "work" and value sw "+81-90"])", false},
           {R"(phones[type eq "work" and primary eq true])", true},
           {R"(custom.badge ge 7 and custom.badge lt 8)", true},
           {R"(custom.sites eq "大阪")", true},
           {R"(custom.sites eq "名古屋")", false},
           {R"(custom.joined ge "2026-04-01" and custom.joined lt "2027-04-01")", true},
       }) {
    CAPTURE(rule);
    const auto read = rule_of(rule, declared);
    REQUIRE(read);
    CHECK(matches(*read, person) == is);
  }
}

TEST_CASE("a rule that asks what nobody has is refused by name") {
  for (const char* rule : {R"(colour eq "red")", R"(userName eq "x")", R"(custom.other eq "x")", R"(department.value eq "x")", R"(phones.number eq "x")",
                           R"(department[value eq "x"])", R"(phones[number eq "x"])", R"(state.x eq "enabled")", R"(urn:x:department eq "x")", "custom pr"}) {
    CAPTURE(std::string(rule));
    CHECK(reason_of(rule_of(rule, declared)) == "rule_attribute_unknown");
  }
  for (const char* rule : {"", "department", "department eq", "department eq 'x'", "(department pr", "department pr and"}) {
    CAPTURE(std::string(rule));
    CHECK(reason_of(rule_of(rule, declared)) == "filter_malformed");
  }
  CHECK(reason_of(rule_of(std::string(2000, '(') + "department pr" + std::string(2000, ')'), declared)) == "filter_too_complex");
}

TEST_CASE("a rule takes in who is there, who comes and who becomes so, and lets go who isn't any more") {
  on_each([](World& w) {
    std::vector<Id> people;
    for (int i = 0; i < 450; ++i) {
      w.clock.advance(std::chrono::milliseconds(1));
      const auto made = w.person(w.a, "p" + std::to_string(i) + "@a.example", i % 2 == 0 ? "営業部" : "開発部");
      REQUIRE(made);
      people.push_back(made->id);
    }
    const Id sales = w.group(w.a, "sales", R"(department eq "営業部" and not (title eq "Intern"))")->id;
    const auto pass = [&] { return w.in(w.a, [&](store::Transaction& tx) { return w.groups.rule_pass(tx, sales); }); };
    REQUIRE(pass()->has_value());
    // A bite at a time; somebody who comes, and two who change, before and after where it stands.
    REQUIRE(w.in(w.a, [&](store::Transaction& tx) { return w.groups.ask_some(tx, sales); }));
    CHECK((*pass())->seen == 200);
    CHECK(w.count(w.a, sales) == 100);
    const Id comer = w.person(w.a, "new@a.example", "営業部")->id;
    CHECK(w.has(w.a, sales, comer));
    CHECK(w.become(w.a, people[0], "department", "開発部"));
    CHECK(w.become(w.a, people[401], "department", "営業部"));
    CHECK_FALSE(w.has(w.a, sales, people[0]));
    CHECK(w.has(w.a, sales, people[401]));
    REQUIRE(w.ask(w.a, sales));
    CHECK_FALSE(pass()->has_value());
    CHECK(w.count(w.a, sales) == 226);
    CHECK_FALSE(w.has(w.a, sales, people[0]));
    CHECK(w.become(w.a, comer, "title", "intern"));
    CHECK_FALSE(w.has(w.a, sales, comer));
    // Nobody by hand.
    const auto by_hand = w.in(w.a, [&](store::Transaction& tx) { return w.groups.add(tx, sales, comer, by); });
    CHECK(reason_of(by_hand) == "group_by_rule");
    CHECK(reason_of(w.in(w.a, [&](store::Transaction& tx) { return w.groups.take_out(tx, sales, people[2], by); })) == "group_by_rule");
    // Another rule; then none, which leaves everybody in.
    REQUIRE(w.set_rule(w.a, sales, R"(department eq "開発部")"));
    REQUIRE(w.ask(w.a, sales));
    CHECK(w.count(w.a, sales) == 225);
    CHECK(w.has(w.a, sales, people[0]));
    REQUIRE(w.set_rule(w.a, sales, ""));
    CHECK(w.become(w.a, people[0], "department", "営業部"));
    CHECK(w.has(w.a, sales, people[0]));
    REQUIRE(w.in(w.a, [&](store::Transaction& tx) { return w.groups.add(tx, sales, comer, by); }));
    CHECK(w.count(w.a, sales) == 226);
  });
}

TEST_CASE("a rule stands in for who was put in by hand, but not for groups within, and is refused where it says nothing") {
  on_each([](World& w) {
    const Id one = w.person(w.a, "one@a.example", "A")->id, two = w.person(w.a, "two@a.example", "B")->id;
    const Id group = w.group(w.a, "group", "")->id, within = w.group(w.a, "within", "")->id;
    REQUIRE(w.in(w.a, [&](store::Transaction& tx) { return w.groups.add(tx, group, one, by); }));
    REQUIRE(w.in(w.a, [&](store::Transaction& tx) { return w.groups.add(tx, group, within, by); }));
    const std::string rule = R"(department eq "B")";
    CHECK(reason_of(w.set_rule(w.a, group, rule)) == "group_has_groups");
    REQUIRE(w.in(w.a, [&](store::Transaction& tx) { return w.groups.take_out(tx, group, within, by); }));
    CHECK(reason_of(w.set_rule(w.a, group, "colour pr")) == "rule_attribute_unknown");
    CHECK(reason_of(w.set_rule(w.a, group, "department")) == "filter_malformed");
    REQUIRE(w.set_rule(w.a, group, rule));
    REQUIRE(w.ask(w.a, group));
    CHECK_FALSE(w.has(w.a, group, one));
    CHECK(w.has(w.a, group, two));
    // A group by rule may stand in another.
    REQUIRE(w.in(w.a, [&](store::Transaction& tx) { return w.groups.add(tx, within, group, by); }));
    CHECK(w.has(w.a, within, two));
    REQUIRE(w.in(w.a, [&](store::Transaction& tx) { return w.groups.remove(tx, group, std::nullopt, by); }));
    CHECK(w.person(w.a, "three@a.example", "B"));
    CHECK_FALSE(w.has(w.a, within, two));
  });
}

TEST_CASE("a rule is its tenant's alone, and what waits is gone on with for every tenant") {
  on_each([](World& w) {
    const Id ours = w.person(w.a, "hanako@a.example", "営業部")->id, theirs = w.person(w.b, "hanako@b.example", "営業部")->id;
    const Id a = w.group(w.a, "sales", R"(department eq "営業部")")->id, b = w.group(w.b, "sales", R"(department eq "営業部")")->id;
    CHECK(w.ask(w.b, a));  // isn't theirs: nothing waits
    CHECK(w.in(w.b, [&](store::Transaction& tx) { return w.groups.rule_pass(tx, a); })->has_value() == false);
    CHECK(w.in(w.a, [&](store::Transaction& tx) { return w.groups.rule_pass(tx, a); })->has_value());
    REQUIRE(ask_waiting(w.store, w.directory, w.clock.now(), std::chrono::minutes(1)));
    CHECK(w.count(w.a, a) == 0);  // somebody may be at it still
    w.clock.advance(std::chrono::seconds(11));
    REQUIRE(ask_waiting(w.store, w.directory, w.clock.now(), std::chrono::minutes(1)));
    CHECK(w.has(w.a, a, ours));
    CHECK(w.has(w.b, b, theirs));
    CHECK_FALSE(w.has(w.b, a, theirs));
    CHECK(w.count(w.a, a) == 1);
    const auto rule = rule_of(R"(department eq "営業部")", {});
    const auto preview = preview_of(w.store, w.directory, w.b, *rule, std::chrono::minutes(1));
    REQUIRE(preview);
    CHECK(preview->complete);
    CHECK(preview->matching == 1);
    CHECK(preview->first.front().id == theirs);
  });
}

TEST_CASE("whoever comes or changes while a rule is asked of everybody is where they belong in the end") {
  on_each([](World& w) {
    std::vector<Id> people;
    for (int i = 0; i < 210; ++i) people.push_back(w.person(w.a, "p" + std::to_string(i) + "@a.example", "A")->id);
    const Id group = w.group(w.a, "B", R"(department eq "B")")->id;
    std::vector<Id> made(10);
    {
      std::jthread asking([&] { CHECK(w.ask(w.a, group)); });
      std::jthread changing([&] {
        for (std::size_t i = 0; i < people.size(); i += 15) CHECK(w.become(w.a, people[i], "department", "B"));
      });
      std::jthread making([&] {
        for (std::size_t i = 0; i < made.size(); ++i) made[i] = w.person(w.a, "n" + std::to_string(i) + "@a.example", i % 2 == 0 ? "B" : "A")->id;
      });
    }
    for (std::size_t i = 0; i < people.size(); ++i) CHECK(w.has(w.a, group, people[i]) == (i % 15 == 0));
    for (std::size_t i = 0; i < made.size(); ++i) CHECK(w.has(w.a, group, made[i]) == (i % 2 == 0));
  });
}

}  // namespace
}  // namespace kidoban::directory
