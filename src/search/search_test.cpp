// The index in memory against a plain evaluation of the same filters, and kept current from wherever people are changed.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>
#include <thread>

#include "directory/changes.h"
#include "directory/rule.h"
#include "kit/two_tenants.h"
#include "search/cursor.h"
#include "search/matching.h"
#include "search/search.h"
#include "tenant/tenant.h"

namespace kidoban::search {
namespace {

using directory::Directory, directory::Person, directory::PersonState;
using kit::reason_of;
const std::vector<store::Feature> features{
    {"tenant", tenant::resources()}, {"seal", seal::resources()}, {"audit", audit::resources()}, {"directory", directory::resources()}};

// One node: its own directory and indexes on a store that others may use too.
struct Node {
  directory::Directory directory;
  Search search;
  Node(seal::Keyring& keys, audit::Audit& audit, const Clock& clock, Random& random, Options options = {})
      : directory(keys, audit, clock, random), search(directory, keys, clock, options) {}
};

struct World : kit::TwoTenants {
  audit::Audit audit{keys, clock, random};
  Node here{keys, audit, clock, random}, there{keys, audit, clock, random};
  audit::Event by{.name = "test.acted", .actor = {audit::ActorKind::system, std::nullopt}};

  using TwoTenants::TwoTenants;

  static Directory::NewPerson named(std::string login, std::string name = "山田 花子") {
    Directory::NewPerson wanted;
    wanted.profile.login = std::move(login);
    wanted.profile.display_name = std::move(name);
    return wanted;
  }
  Id create(const TenantId& tenant, const Directory::NewPerson& wanted) {
    clock.advance(std::chrono::milliseconds(1));
    const auto made = write(tenant, [&](store::Transaction& tx) { return here.directory.create_person(tx, wanted, by); });
    REQUIRE_MESSAGE(made, (made ? "" : made.error().note));
    return made->id;
  }
  void change(const TenantId& tenant, const Id& id, const directory::Change& wanted) {
    const auto done = write(tenant, [&](store::Transaction& tx) { return here.directory.change_person(tx, id, wanted, {}, by); });
    REQUIRE_MESSAGE(done, (done ? "" : done.error().note));
  }
  Result<Answer> ask(Node& node, const TenantId& tenant, const Query& query) {
    for (;;) {
      // As a client does that is told to come again.
      auto answer = asking(node.search, store, tenant, soon(), [&](store::Transaction& tx) { return node.search.ask(tx, query, soon()); });
      if (answer || answer.error().reason != "search_unready") return answer;
    }
  }
  Result<std::vector<Id>> found(Node& node, const TenantId& tenant, std::string_view filter) {
    const auto parsed = TRY(filter_of(filter, our_names({})));
    return TRY(ask(node, tenant, {.filter = &parsed, .names = our_names({})})).page.ids;
  }
  std::vector<Id> having(Node& node, const TenantId& tenant, std::string_view words) {
    const auto answer = ask(node, tenant, {.words = *words_in(words)});
    REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().note));
    return answer->page.ids;
  }
};

void on_each(const std::function<void(World&)>& body) {
  kit::each_engine(features, [&](store::Store& store) {
    World world(store);
    body(world);
  });
}

directory::Change one(std::string name, directory::Value value) {
  directory::Change change;
  change.attributes.emplace(std::move(name), std::move(value));
  return change;
}

TEST_CASE("whoever is changed, by whomever, is found changed with the next question, on each node") {
  on_each([](World& w) {
    const auto hanako = w.create(w.a, World::named("hanako@example.com"));
    const auto taro = w.create(w.a, World::named("taro@example.com"));
    const std::string_view sales = "department eq \"営業\"";
    for (Node* node : {&w.here, &w.there}) CHECK(w.found(*node, w.a, sales)->empty());
    w.change(w.a, hanako, one("department", std::string("営業")));
    for (Node* node : {&w.here, &w.there}) CHECK(w.found(*node, w.a, sales) == std::vector{hanako});
    const auto jiro = w.create(w.a, [] {
      auto wanted = World::named("jiro@example.com");
      wanted.profile.department = "営業";
      return wanted;
    }());
    for (Node* node : {&w.there, &w.here}) CHECK(w.found(*node, w.a, sales) == std::vector{hanako, jiro});
    w.change(w.a, hanako, one("department", {}));
    for (Node* node : {&w.here, &w.there}) CHECK(w.found(*node, w.a, sales) == std::vector{jiro});
    directory::Change gone;
    gone.state = PersonState::pending_deletion;
    w.change(w.a, jiro, gone);
    for (Node* node : {&w.here, &w.there}) CHECK(w.found(*node, w.a, "state eq \"pending_deletion\"") == std::vector{jiro});
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.here.directory.remove_person(tx, jiro, w.by); }));
    for (Node* node : {&w.here, &w.there}) CHECK(w.found(*node, w.a, "login pr") == std::vector{hanako, taro});
    CHECK(w.ask(w.there, w.b, {})->total == 0);
  });
}

TEST_CASE("a change by a statement of whatever kind, even one that knows nothing of indexes, is found") {
  on_each([](World& w) {
    constexpr store::Sql disable{"test_disable", "update people set state = 1, version = version + 1 where tenant = $1 and id = $2"};
    constexpr store::Sql erase{"test_erase", "delete from people where tenant = $1 and id = $2"};
    const auto hanako = w.create(w.a, World::named("hanako@example.com")), taro = w.create(w.a, World::named("taro@example.com"));
    CHECK(w.found(w.there, w.a, "state eq \"enabled\"")->size() == 2);
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return tx.execute(disable, taro); }));
    CHECK(w.found(w.there, w.a, "state eq \"disabled\"") == std::vector{taro});
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return tx.execute(erase, hanako); }));
    CHECK(w.found(w.there, w.a, "login pr") == std::vector{taro});
    // What was undone was never there.
    const auto undone = w.write(w.a, [&](store::Transaction& tx) -> Status {
      TRY(tx.execute(erase, taro));
      return fail(Kind::conflict, "test_undone");
    });
    CHECK(!undone);
    CHECK(w.found(w.there, w.a, "login pr") == std::vector{taro});
  });
}

TEST_CASE("who was removed is told of for a day; what comes after the newest of them still comes after it") {
  on_each([](World& w) {
    const auto people_removed = [&](const TenantId& tenant) {
      constexpr store::Sql count{"test_count", "select count(*) from people_removed where tenant = $1"};
      return w.read(tenant, [&](store::Transaction& tx) -> Result<std::int64_t> { return TRY(tx.query(count)).front().integer(0); });
    };
    const auto tells = [&](const TenantId& tenant, const std::string& mark) {
      return w.read(tenant, [&](store::Transaction& tx) { return directory::people_changed_since(tx, mark, {}, 100); });
    };
    const auto mark_of = [&](const TenantId& tenant) { return *w.read(tenant, [&](store::Transaction& tx) { return directory::people_mark(tx); }); };
    const auto remove = [&](const TenantId& tenant, const Id& id) {
      directory::Change gone;
      gone.state = PersonState::pending_deletion;
      w.change(tenant, id, gone);
      REQUIRE(w.write(tenant, [&](store::Transaction& tx) { return w.here.directory.remove_person(tx, id, w.by); }));
    };
    std::vector<Id> all;
    for (int i = 0; i < 4; ++i) all.push_back(w.create(w.a, World::named("some" + std::to_string(i) + "@example.com")));
    const auto theirs = w.create(w.b, World::named("theirs@example.com"));
    const std::string before = mark_of(w.a);
    for (int i = 0; i < 3; ++i) remove(w.a, all[static_cast<std::size_t>(i)]);
    remove(w.b, theirs);
    const Time now = system_clock().now();  // the engine's clock wrote it
    REQUIRE(directory::forget_removed(w.store, now + std::chrono::hours(23)));
    CHECK(people_removed(w.a) == 3);
    CHECK(tells(w.a, before)->size() == 3);
    const std::string mark = mark_of(w.a);
    CHECK(tells(w.a, mark)->empty());
    for (int i = 0; i < 2; ++i) REQUIRE(directory::forget_removed(w.store, now + std::chrono::hours(25)));
    CHECK(people_removed(w.a) == 1);
    CHECK(people_removed(w.b) == 1);
    const auto after = w.create(w.a, World::named("after@example.com"));
    const auto told = tells(w.a, mark);
    REQUIRE(told->size() == 1);
    CHECK(told->front().person == after);
    remove(w.a, after);
    REQUIRE(directory::forget_removed(w.store, now + std::chrono::hours(25)));
    CHECK(people_removed(w.a) == 1);
    CHECK(tells(w.a, mark)->size() == 1);
    CHECK(tells(w.b, mark_of(w.b))->empty());
  });
}

TEST_CASE("a transaction that began earlier and commits later than another is missed by nobody") {
  on_each([](World& w) {
    const auto hanako = w.create(w.a, World::named("hanako@example.com")), taro = w.create(w.a, World::named("taro@example.com"));
    CHECK(w.found(w.there, w.a, "title pr")->empty());
    // PostgreSQL lets both be open at once; on SQLite the second waits for the first, which is as good.
    if (w.store.engine_name() != "postgresql") return;
    const auto outer = w.write(w.a, [&](store::Transaction& tx) -> Status {
      TRY(w.here.directory.change_person(tx, hanako, one("title", std::string("課長")), {}, w.by));
      std::thread inner([&] {
        w.change(w.a, taro, one("title", std::string("部長")));
        CHECK(w.found(w.there, w.a, "title pr") == std::vector{taro});
        CHECK(w.found(w.there, w.a, "title pr") == std::vector{taro});
      });
      inner.join();
      return {};
    });
    CHECK_MESSAGE(outer, (outer ? "" : outer.error().note));
    CHECK(w.found(w.there, w.a, "title pr") == std::vector{hanako, taro});
  });
}

TEST_CASE("words find names however they are written, and telephone numbers however they are parted") {
  on_each([](World& w) {
    auto wanted = World::named("hanako.yamada@example.com", "山田 はなこ");
    wanted.profile.family_name = "山田";
    wanted.profile.family_name_kana = "ヤマダ";
    wanted.profile.given_name_kana = "ハナコ";
    wanted.profile.department = "第一営業部";
    wanted.profile.employee_number = "E-000123";
    wanted.profile.phones = {{"03-1234-5678", "work", "", true}};
    const auto hanako = w.create(w.a, wanted);
    const auto other = w.create(w.a, World::named("taro@example.com", "鈴木 太郎"));
    const auto there = [&](std::string_view words) { return w.having(w.here, w.a, words); };
    for (const char* words : {"hanako", "HANAKO", "ｈａｎａｋｏ", "山田", "やまだ", "ﾔﾏﾀﾞ", "ハナコ", "はなこ", "営業", "000123", "0312345678", "03-1234", "031-2345", "山田　営業", "yamada はなこ 第一"}) {
      CAPTURE(words);
      CHECK(there(words) == std::vector{hanako});
    }
    for (const char* words : {"鈴木 営業", "山田 太郎", "zzz", "example.comhanako"}) CHECK(there(words).empty());
    CHECK(there("example") == std::vector{hanako, other});
    CHECK(there("  ").size() == 2);
    CHECK(w.having(w.here, w.b, "hanako").empty());
    CHECK(reason_of(words_in("a b c d e f g h i j k")) == "search_malformed");
  });
}

TEST_CASE("pages stay right while people come and go") {
  on_each([](World& w) {
    std::vector<Id> all;
    for (int i = 0; i < 30; ++i) {
      auto wanted = World::named("p" + std::to_string(i) + "@example.com");
      if (i % 5 != 0) wanted.profile.title = std::string(1, static_cast<char>('a' + i * 7 % 13));
      all.push_back(w.create(w.a, wanted));
    }
    const auto names = our_names({});
    for (const bool descending : {false, true}) {
      Query query{.order = {.by = names({"", "title", ""}, nullptr), .descending = descending}, .limit = 4};
      std::vector<Id> seen;
      std::vector<Id> made;
      for (int page = 0;; ++page) {
        const auto answer = w.ask(w.there, w.a, query);
        REQUIRE(answer);
        seen.insert(seen.end(), answer->page.ids.begin(), answer->page.ids.end());
        if (!answer->page.more) break;
        query.after = answer->page.last;
        if (page == 0) continue;
        // Somebody comes before the place where we are, and whom we saw last moves to the other end.
        auto wanted = World::named("new" + std::to_string(page) + (descending ? "d" : "a") + "@example.com");
        wanted.profile.title = descending ? "zz" : "0";
        made.push_back(w.create(w.a, wanted));
      }
      CHECK(seen.size() == all.size());
      CHECK(std::set(seen.begin(), seen.end()) == std::set(all.begin(), all.end()));
      for (const Id& id : made) all.push_back(id);
    }
  });
}

TEST_CASE("who may see some sees those alone: of a domain, or directly in a group") {
  on_each([](World& w) {
    const auto hanako = w.create(w.a, World::named("hanako@example.com")), taro = w.create(w.a, World::named("taro@sub.example.com")), jiro = w.create(w.a, World::named("jiro@example.org"));
    const auto group = w.write(w.a, [&](store::Transaction& tx) -> Result<Id> {
      const auto made = TRY(w.here.directory.groups().create(tx, {.name = "営業"}, w.by));
      TRY(w.here.directory.groups().change_members(tx, made.id, {.add = {{taro, directory::MemberKind::person}}}, w.by));
      return made.id;
    });
    REQUIRE(group);
    const auto seen = [&](const Reach& reach) { return w.ask(w.here, w.a, {.reach = &reach})->page.ids; };
    CHECK(seen({.domains = {"example.com"}}) == std::vector{hanako});
    CHECK(seen({.groups = {*group}}) == std::vector{taro});
    CHECK(seen({.domains = {"example.org"}, .groups = {*group}}) == std::vector{taro, jiro});
    CHECK(seen({}).empty());
  });
}

TEST_CASE("what indexes weigh together is bounded: the one not asked for longest goes, one too large is told so, idle ones are dropped") {
  kit::each_engine(features, [&](store::Store& store) {
    World w(store);
    for (int i = 0; i < 40; ++i) {
      w.create(w.a, World::named("a" + std::to_string(i) + "@example.com", std::string(100, 'x') + std::to_string(i)));
      w.create(w.b, World::named("b" + std::to_string(i) + "@example.com", std::string(100, 'y') + std::to_string(i)));
    }
    const auto count = [&](Node& node, const TenantId& tenant) { return w.ask(node, tenant, {})->total; };
    CHECK(count(w.here, w.a) == 40);
    const std::size_t one = w.here.search.load().bytes;
    CHECK(one > 4000);
    CHECK(count(w.here, w.b) == 40);
    CHECK(w.here.search.load().tenants == 2);

    Node narrow(w.keys, w.audit, w.clock, w.random, {.bytes = one + one / 2});
    CHECK(count(narrow, w.a) == 40);
    w.clock.advance(std::chrono::seconds(1));
    CHECK(count(narrow, w.b) == 40);
    CHECK(narrow.search.load().tenants == 1);
    CHECK(count(narrow, w.a) == 40);
    CHECK(narrow.search.load().bytes <= one + one / 2);

    Node tight(w.keys, w.audit, w.clock, w.random, {.bytes = one / 2});
    CHECK(reason_of(w.ask(tight, w.a, {})) == "search_too_large");
    CHECK(tight.search.load().bytes == 0);

    w.here.search.forget(w.a);
    CHECK(w.here.search.load().tenants == 1);
    w.clock.advance(std::chrono::minutes(14));
    CHECK(count(w.here, w.a) == 40);
    w.clock.advance(std::chrono::minutes(2));
    REQUIRE(w.here.search.forget_idle());
    CHECK(w.here.search.load().tenants == 1);
    CHECK(count(w.here, w.b) == 40);
  });
}

TEST_CASE("many who ask at once wait for one index") {
  on_each([](World& w) {
    for (int i = 0; i < 20; ++i) w.create(w.a, World::named("p" + std::to_string(i) + "@example.com"));
    std::vector<std::thread> threads;
    std::atomic<int> right{0};
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        const auto answer = w.ask(w.here, w.a, {});
        if (answer && answer->total == 20) ++right;
      });
    }
    for (auto& one : threads) one.join();
    CHECK(right == 8);
  });
}

TEST_CASE("thousands of changes at once are taken in outside of the asking transaction, none is lost") {
  on_each([](World& w) {
    constexpr store::Sql copy{
        "test_copies",
        "insert into people (tenant, id, login_index, state, administrator, profile, created_at, updated_at, version) values ($1, $2, $2, 0, 0, $3, 1, 1, 1)"};
    const auto key = w.read(w.a, [&](store::Transaction& tx) { return w.keys.of(tx); });
    CHECK(w.ask(w.here, w.a, {})->total == 0);
    for (int from = 0; from < 1200; from += 100) {
      const auto done = w.write(w.a, [&](store::Transaction& tx) -> Status {
        for (int i = from; i < from + 100; ++i) {
          const Id id = new_id(w.clock, w.random);
          const auto sealed = (*key)->seal({"people", "profile", id.span()}, R"({"login":"x@example.com","display_name":"x)" + std::to_string(i) + R"("})");
          TRY(tx.execute(copy, id, store::Value::blob(sealed)));
        }
        return {};
      });
      REQUIRE_MESSAGE(done, (done ? "" : done.error().note));
    }
    const auto answer = w.ask(w.here, w.a, {});
    REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().note));
    CHECK(answer->total == 1200);
    CHECK(w.found(w.here, w.a, "display_name eq \"x1199\"")->size() == 1);
  });
}

// Random people and random filters: what the index says is what the plain evaluation says of each.
struct Dice {
  std::mt19937_64 engine;
  std::size_t below(std::size_t n) { return engine() % n; }
  template <class T>
  const T& of(const std::vector<T>& all) { return all[below(all.size())]; }
};

const std::vector<std::string> some_texts{"Sales", "sales", "営業", "ＳＡＬＥＳ", "ヤマダ", "ﾔﾏﾀﾞ", "やまだ", "true", "7", "Chief of Sales", "a", "é", "e\u0301", "work"};

directory::Contacts random_contacts(Dice& dice) {
  directory::Contacts out(dice.below(4));
  for (auto& one : out) one = {dice.of(some_texts), dice.below(2) == 0 ? "work" : dice.of(some_texts), dice.below(2) == 0 ? "" : dice.of(some_texts), dice.below(4) == 0};
  return out;
}

Person random_person(Dice& dice, Id id, std::int64_t version) {
  Person out;
  out.id = id;
  out.version = version;
  out.state = static_cast<PersonState>(dice.below(3));
  out.profile.login = "p" + std::to_string(dice.below(1000)) + "@example.com";
  for (const auto& one : directory::attributes()) {
    if (one.name == "login" || dice.below(2) == 0) continue;
    if (const auto* text = std::get_if<std::string directory::Profile::*>(&one.place)) out.profile.*(*text) = dice.of(some_texts);
    else out.profile.*std::get<directory::Contacts directory::Profile::*>(one.place) = random_contacts(dice);
  }
  if (dice.below(2) == 0) out.profile.custom["badge"] = dice.of(some_texts);
  if (dice.below(2) == 0) out.profile.custom["floor"] = static_cast<std::int64_t>(dice.below(10)) - 5;
  if (dice.below(2) == 0) out.profile.custom["keys"] = dice.below(2) == 0;
  if (dice.below(2) == 0) out.profile.custom["skills"] = std::vector<std::string>{dice.of(some_texts), dice.of(some_texts)};
  // As though the tenant had declared it anew with another type.
  if (dice.below(3) == 0) out.profile.custom["mixed"] = std::vector<std::string>{dice.of(some_texts)};
  else if (dice.below(2) == 0) out.profile.custom["mixed"] = dice.of(some_texts);
  return out;
}

std::string random_comparison(Dice& dice, std::string_view path) {
  const std::string op = dice.of<std::string>({"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"});
  if (op == "pr") return std::string(path) + " pr";
  const std::string literal = dice.of<std::string>({"\"" + dice.of(some_texts) + "\"", "\"\"", "true", "false", "null", "3", "-2", "1.5", "\"False\""});
  return std::string(path) + " " + op + " " + literal;
}

std::string random_filter(Dice& dice, int depth) {
  switch (depth == 0 ? 0 : dice.below(6)) {
    case 1: return random_filter(dice, depth - 1) + " and " + random_filter(dice, depth - 1);
    case 2: return "(" + random_filter(dice, depth - 1) + " or " + random_filter(dice, depth - 1) + ")";
    case 3: return "not (" + random_filter(dice, depth - 1) + ")";
    case 4: {
      const std::vector<std::string> in{"value", "type", "display", "primary"};
      std::string inner = random_comparison(dice, dice.of(in));
      if (dice.below(2) == 0) inner += " and " + random_comparison(dice, dice.of(in));
      if (dice.below(4) == 0) inner = "not (" + inner + ")";
      return dice.of<std::string>({"phones", "ims", "entitlements", "other_emails"}) + "[" + inner + "]";
    }
    default: break;
  }
  static const std::vector<std::string> paths{"login", "display_name", "title", "department", "external_id", "phones", "phones.type", "ims.display", "entitlements.primary",
                                              "custom.badge", "custom.floor", "custom.keys", "custom.skills", "custom.mixed", "state", "email"};
  return random_comparison(dice, dice.of(paths));
}

TEST_CASE("the index holds a filter for exactly those for whom it holds one by one") {
  kit::SeededRandom random;
  kit::ManualClock clock;
  Dice dice{std::mt19937_64(random.bytes<1>()[0] + 256 * random.bytes<1>()[0])};
  std::vector<directory::CustomAttribute> custom;
  for (const char* name : {"badge", "floor", "keys", "skills", "mixed"}) custom.emplace_back().name = name;
  const auto names = our_names(custom);
  std::vector<Person> everybody;
  for (int i = 0; i < 150; ++i) {
    clock.advance(std::chrono::milliseconds(1));
    everybody.push_back(random_person(dice, new_id(clock, random), 1));
  }
  People people;
  const auto check = [&](int times) {
    for (int i = 0; i < times; ++i) {
      const std::string text = random_filter(dice, 3);
      CAPTURE(text);
      const auto filter = directory::rule_of(text, custom);
      REQUIRE(filter);
      const auto bits = matching(people, *filter, names, runtime::Deadline::never());
      REQUIRE(bits);
      std::size_t expected = 0;
      for (const Person& one : everybody) {
        const bool holds = directory::matches(*filter, one);
        expected += holds ? 1U : 0U;
        CHECK(has_bit(*bits, *people.row_of(one.id)) == holds);
      }
      CHECK(count_of(*bits) == expected);
    }
  };
  for (const Person& one : everybody) people.put(one);
  check(300);
  // People change, go and come: rows are used again.
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 60; ++i) {
      const std::size_t at = dice.below(everybody.size());
      if (dice.below(3) == 0) {
        people.remove(everybody[at].id);
        clock.advance(std::chrono::milliseconds(1));
        everybody[at] = random_person(dice, new_id(clock, random), 1);
      } else {
        everybody[at] = random_person(dice, everybody[at].id, everybody[at].version + 1);
      }
      people.put(everybody[at]);
    }
    CHECK(people.count() == everybody.size());
    check(100);
    // An order, in pages of seven, is that of all of them at once.
    for (const char* by : {"title", "custom.floor", "phones", "login"}) {
      for (const bool descending : {false, true}) {
        directory::AttributePath path{"", by, ""};
        if (path.name.starts_with("custom.")) path = {"", "custom", path.name.substr(7)};
        const Order order{names(path, nullptr), descending};
        const auto all = page_of(people, people.present(), order, {}, 0, 1000);
        CHECK(all.ids.size() == everybody.size());
        std::vector<Id> paged;
        std::optional<Standing> after;
        for (bool more = true; more;) {
          const auto page = page_of(people, people.present(), order, after, 0, 7);
          paged.insert(paged.end(), page.ids.begin(), page.ids.end());
          after = page.last;
          more = page.more;
        }
        CHECK(paged == all.ids);
        CHECK(page_of(people, people.present(), order, {}, 20, 5).ids == std::vector(all.ids.begin() + 20, all.ids.begin() + 25));
      }
    }
  }
}

TEST_CASE("who has words is who has each of them in one of their texts, whichever word is looked for first") {
  kit::SeededRandom random;
  kit::ManualClock clock;
  Dice dice{std::mt19937_64(random.bytes<1>()[0] + 256 * random.bytes<1>()[0])};
  People people;
  std::vector<Person> everybody;
  for (int i = 0; i < 400; ++i) {
    clock.advance(std::chrono::milliseconds(1));
    everybody.push_back(random_person(dice, new_id(clock, random), 1));
    if (i % 3 == 0) everybody.back().profile.phones = {{.value = "03-12" + std::to_string(10 + i % 30) + "-5678", .type = "work", .display = ""}};
    people.put(everybody.back());
  }
  for (int i = 0; i < 400; i += 7) people.remove(everybody[static_cast<std::size_t>(i)].id);
  const auto has = [&](const Person& one, const std::string& word) {
    const auto is_in = [&](Code code) { return std::ranges::binary_search(people.texts().containing(word), code); };
    const Row row = *people.row_of(one.id);
    return std::ranges::any_of(people.searched(), [&](const Column* column) {
      if (row < column->cells.size() && column->cells[row] != 0 && is_in(column->cells[row])) return true;
      if (row >= column->lists.first.size() || column->lists.first[row] == 0) return false;
      for (std::size_t at = column->lists.first[row] - 1;; ++at) {
        if (is_in(column->lists.items[at].value)) return true;
        if (column->lists.items[at].last) return false;
      }
    });
  };
  const std::vector<std::string> parts{"sales", "営業", "ヤマダ", "マ", "chief of", "p1", "p12", "@example", "5678", "0312", "031215", "work", "a", "e", "nobody"};
  for (int i = 0; i < 60; ++i) {
    std::vector<std::string> words;
    for (std::size_t n = 1 + dice.below(3); n > 0; --n) words.push_back(dice.of(parts));
    const auto bits = having_words(people, words);
    std::size_t expected = 0;
    for (const Person& one : everybody) {
      if (!people.row_of(one.id)) continue;
      const bool holds = std::ranges::all_of(words, [&](const std::string& word) { return has(one, word); });
      expected += holds ? 1U : 0U;
      CHECK(has_bit(bits, *people.row_of(one.id)) == holds);
    }
    CHECK(count_of(bits) == expected);
  }
}

TEST_CASE("orders are by value, without regard to case and width, who has none last") {
  kit::SeededRandom random;
  kit::ManualClock clock;
  People people;
  std::map<std::string, Id> who;
  const auto add = [&](std::string title, std::optional<Time> from) {
    clock.advance(std::chrono::milliseconds(1));
    Person one;
    one.id = new_id(clock, random);
    one.profile.login = title + "@example.com";
    one.profile.title = title;
    one.valid_from = from;
    who[title] = one.id;
    people.put(one);
  };
  add("b", from_us(300));
  add("Ａ", {});
  add("", from_us(-5));
  add("c", from_us(40));
  const auto names = our_names({});
  const auto ordered = [&](const char* by, bool descending) { return page_of(people, people.present(), {names({"", by, ""}, nullptr), descending}, {}, 0, 10).ids; };
  CHECK(ordered("title", false) == std::vector{who["Ａ"], who["b"], who["c"], who[""]});
  CHECK(ordered("title", true) == std::vector{who[""], who["c"], who["b"], who["Ａ"]});
  CHECK(ordered("valid_from", false) == std::vector{who[""], who["c"], who["b"], who["Ａ"]});
  CHECK(ordered("id", true) == std::vector{who["c"], who[""], who["Ａ"], who["b"]});
}

TEST_CASE("filters that can't be are refused by name") {
  const auto names = our_names({});
  const auto reason = [&](std::string_view text) {
    const auto filter = filter_of(text, names);
    return filter ? "fine" : std::string(filter.error().reason.text());
  };
  CHECK(reason("created_at ge \"2026-04-01T00:00:00Z\" and administrator eq true") == "fine");
  CHECK(reason("valid_until pr or valid_until eq null") == "fine");
  CHECK(reason("shoe_size eq 26") == "filter_attribute_unknown");
  CHECK(reason("custom.badge pr") == "filter_attribute_unknown");
  CHECK(reason("phones.colour pr") == "filter_attribute_unknown");
  CHECK(reason("phones[colour pr]") == "filter_attribute_unknown");
  CHECK(reason("title[value pr]") == "filter_attribute_unknown");
  CHECK(reason("created_at ge \"yesterday\"") == "filter_unsupported");
  CHECK(reason("created_at co \"2026\"") == "filter_unsupported");
  CHECK(reason("title eq") == "filter_malformed");
}

TEST_CASE("a cursor is good for its own query, its own tenant, and its time, and shows nothing of what it holds") {
  const seal::TenantKey key({}, Secret::of(std::string(32, 'a')), system_random()), other({}, Secret::of(std::string(32, 'b')), system_random());
  const Id last = *Id::parse("018f3f6e-0000-7000-8000-000000000001");
  const Position position{7, Standing{true, "ヤマダ.1", last}};
  const auto cursor = cursor_to(key, "users by name", position, 1000);
  const auto read = position_in(key, "users by name", cursor, 1000 + cursor_life_s);
  REQUIRE(read);
  CHECK(read->offset == 7);
  CHECK(read->after == position.after);
  CHECK(!position_in(key, "users by name", cursor_to(key, "users by name", {}, 1000), 1000)->after);
  CHECK(position_in(key, "q", cursor_to(key, "q", {0, Standing{false, "", last}}, 0), 0)->after == Standing{false, "", last});
  const auto reason = [&](const Result<Position>& result) { return result ? std::string("fine") : std::string(result.error().reason.text()); };
  CHECK(reason(position_in(key, "users by name", cursor, 1001 + cursor_life_s)) == "cursor_expired");
  CHECK(reason(position_in(key, "users by mail", cursor, 1000)) == "cursor_malformed");
  CHECK(reason(position_in(other, "users by name", cursor, 1000)) == "cursor_malformed");
  std::string altered = cursor;
  altered[20] = altered[20] == 'A' ? 'B' : 'A';
  CHECK(reason(position_in(key, "users by name", altered, 1000)) == "cursor_malformed");
  for (const char* bad : {"", ".", "...", "7", "7.8.9", "-1.9999999999..x", "AAAA"}) CHECK(reason(position_in(key, "users by name", bad, 1000)) == "cursor_malformed");
}

}  // namespace
}  // namespace kidoban::search
