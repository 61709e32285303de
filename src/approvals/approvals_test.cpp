// What waits and how it ends, each in its own tenant, on both stores.
#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "approvals/approvals.h"
#include "kit/two_tenants.h"
#include "tenant/tenant.h"

namespace kidoban::approvals {
namespace {

using directory::Permission, directory::PersonState;
using kit::reason_of;
const std::vector<store::Feature> features{{"tenant", tenant::resources()}, {"seal", seal::resources()},           {"audit", audit::resources()},
                                           {"mail", mail::resources()},     {"directory", directory::resources()}, {"approvals", resources()}};

struct World : kit::TwoTenants {
  audit::Audit audit{keys, clock, random};
  tenant::Settings settings{keys, audit, clock};
  mail::Mail mail{keys, audit, settings, clock, random};
  directory::Directory directory{keys, audit, clock, random};
  Approvals approvals{keys, audit, settings, directory, mail, clock, random};
  audit::Event by{.name = "test.acted", .actor = {audit::ActorKind::system, std::nullopt}};
  const Company company{"Acme", "https://id.example/t/acme"};
  Id hanako, taro, jiro;

  explicit World(store::Store& on) : TwoTenants(on) {
    directory.watch(approvals);
    hanako = person(a, "hanako@example.com", true);
    taro = person(a, "taro@example.com", true);
    jiro = person(a, "jiro@example.com", false);
  }
  Id person(const TenantId& tenant, const std::string& login, bool administrator) {
    directory::Directory::NewPerson wanted;
    wanted.profile.login = wanted.profile.email = login;
    wanted.profile.display_name = login;
    wanted.administrator = administrator;
    auto made = write(tenant, [&](store::Transaction& tx) { return directory.create_person(tx, wanted, as_operator()); });
    REQUIRE_MESSAGE(made, reason_of(made));
    return made->id;
  }
  static audit::Event as_operator() { return {.name = "operator.command", .actor = {audit::ActorKind::operator_, std::nullopt}}; }
  static audit::Event as(const Id& who) { return {.name = "console.request", .actor = {audit::ActorKind::person, who}}; }
  auto switch_on(std::string_view json = R"({"acts":["exports"],"open_hours":72})") {
    return write(a, [&](store::Transaction& tx) { return approvals.set(tx, *settings_from_json(json), {}, as(hanako)); });
  }
  Result<Approval> ask(const Id& who, const TenantId& tenant) {
    return write(tenant, [&](store::Transaction& tx) -> Result<Approval> {
      Shown shown{};
      shown.what = "export_create";
      shown.target_name = "すべての人";
      shown.effects = {{"export.made", "export", "", {{"kind", "", "people"}}}};
      return approvals.ask(tx, {approvals.new_one(), Act::exports, {{audit::ActorKind::person, who}}, shown, R"({"row":"export_create"})"}, company, as(who));
    });
  }
  Approval asked(const Id& who) {
    auto made = ask(who, a);
    REQUIRE_MESSAGE(made, reason_of(made));
    return *made;
  }
  Status decide(const Id& approval, const Id& who, const TenantId& tenant, bool yes = true) {
    return write(tenant, [&](store::Transaction& tx) -> Status {
      const audit::Actor actor{audit::ActorKind::person, who};
      const auto found = TRY(approvals.may_decide(tx, approval, actor, TRY(approvals.grant_of(tx, {actor}))));
      return yes ? approvals.grant(tx, found, company, as(who)) : approvals.refuse(tx, found, "違う", company, as(who));
    });
  }
  State state(const Id& approval) { return read(a, [&](store::Transaction& tx) { return approvals.get(tx, approval); })->state; }
  auto change(const Id& who, const directory::Change& change, const audit::Event& by_whom) {
    return write(a, [&](store::Transaction& tx) { return directory.change_person(tx, who, change, {}, by_whom); });
  }
  std::size_t records(std::string_view name) {
    audit::Audit::Filter filter;
    filter.name = name;
    return read(a, [&](store::Transaction& tx) { return audit.read(tx, filter, {}, 500); })->size();
  }
  std::size_t mails() {
    static constexpr store::Sql count{"count_mails_of_test", "select count(*) from mail_queue where tenant = $1"};
    return static_cast<std::size_t>(read(a, [&](store::Transaction& tx) -> Result<std::int64_t> { return TRY(tx.query(count)).front().integer(0); }).value());
  }
};

void on_each(const std::function<void(World&)>& body) {
  kit::each_engine(features, [&](store::Store& store) {
    World world(store);
    body(world);
  });
}

TEST_CASE("it is switched on where two could agree to switch it off, and not where one could") {
  on_each([](World& w) {
    REQUIRE(w.switch_on());
    CHECK(w.read(w.a, [&](store::Transaction& tx) { return w.approvals.settings(tx); })->settings.any());
    const Id alone = w.person(w.b, "alone@example.com", true);
    const auto in_b = [&] {
      return w.write(w.b, [&](store::Transaction& tx) { return w.approvals.set(tx, *settings_from_json(R"({"acts":["exports"]})"), {}, World::as(alone)); });
    };
    CHECK(reason_of(in_b()) == "approvers_too_few");
    // A role that has both is as good as an administrator; one that has but one of them isn't.
    const Id other = w.person(w.b, "other@example.com", false);
    const auto assign = [&](std::initializer_list<Permission> all) {
      directory::PermissionSet set;
      for (const Permission one : all) set.set(static_cast<std::size_t>(one));
      REQUIRE(w.write(w.b, [&](store::Transaction& tx) -> Status {
        const auto role = TRY(w.directory.roles().create(tx, "役割", set, w.by));
        return w.directory.roles().assign(tx, other, {role.key}, w.by);
      }));
    };
    assign({Permission::approvals_write});
    CHECK(reason_of(in_b()) == "approvers_too_few");
    assign({Permission::settings_write});
    CHECK(in_b());
  });
}

TEST_CASE("what waits is decided by another person who may, once, and each end is audited and told") {
  on_each([](World& w) {
    REQUIRE(w.switch_on());
    const auto one = w.asked(w.hanako);
    CHECK(w.mails() == 1);  // to Taro: nobody else may, and who asked knows
    CHECK(reason_of(w.decide(one.id, w.hanako, w.a)) == "approval_own");
    CHECK(reason_of(w.decide(one.id, w.jiro, w.a)) == "permission_missing");
    CHECK(w.state(one.id) == State::pending);
    REQUIRE(w.decide(one.id, w.taro, w.a));
    CHECK(w.state(one.id) == State::granted);
    CHECK(w.mails() == 2);
    CHECK(reason_of(w.decide(one.id, w.taro, w.a, false)) == "approval_decided");
    CHECK(reason_of(w.read(w.a, [&](store::Transaction& tx) { return w.approvals.request(tx, one.id); })) == "approval_decided");
    const auto two = w.asked(w.hanako);
    REQUIRE(w.decide(two.id, w.taro, w.a, false));
    const auto refused = w.read(w.a, [&](store::Transaction& tx) { return w.approvals.get(tx, two.id); });
    CHECK(refused->note == "違う");
    CHECK(refused->decider == w.taro);
    const auto three = w.asked(w.hanako);
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.approvals.withdraw(tx, three, World::as(w.hanako)); }));
    CHECK(w.state(three.id) == State::withdrawn);
    CHECK(reason_of(w.decide(three.id, w.taro, w.a)) == "approval_decided");
    const auto four = w.asked(w.hanako);
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.approvals.failed(tx, four, "login_taken", w.company, World::as(w.taro)); }));
    CHECK(w.read(w.a, [&](store::Transaction& tx) { return w.approvals.get(tx, four.id); })->note == "login_taken");
    CHECK(w.records("approval.asked") == 4);
    for (const char* name : {"approval.granted", "approval.refused", "approval.withdrawn", "approval.failed"}) CHECK(w.records(name) == 1);
  });
}

TEST_CASE("another tenant finds nothing, and nothing of it can be read on the disk") {
  on_each([](World& w) {
    REQUIRE(w.switch_on());
    const auto one = w.asked(w.hanako);
    const Id outsider = w.person(w.b, "outsider@example.com", true);
    CHECK(reason_of(w.decide(one.id, outsider, w.b)) == "approval_unknown");
    CHECK(reason_of(w.read(w.b, [&](store::Transaction& tx) { return w.approvals.get(tx, one.id); })) == "approval_unknown");
    CHECK(reason_of(w.read(w.b, [&](store::Transaction& tx) { return w.approvals.request(tx, one.id); })) == "approval_unknown");
    CHECK(w.read(w.b, [&](store::Transaction& tx) { return w.approvals.list(tx, {}, {}, 100); })->empty());
    CHECK(w.read(w.b, [&](store::Transaction& tx) { return w.approvals.list(tx, {w.hanako, true}, {}, 100); })->empty());
    REQUIRE(w.write(w.b, [&](store::Transaction& tx) { return Approvals::forget(tx, w.hanako); }));
    CHECK(reason_of(w.write(w.b, [&](store::Transaction& tx) { return w.approvals.take_answer(tx, one.id); })) == "answer_gone");
    CHECK_FALSE(w.read(w.b, [&](store::Transaction& tx) { return w.approvals.settings(tx); })->settings.any());
    CHECK(w.state(one.id) == State::pending);
    CHECK(w.read(w.a, [&](store::Transaction& tx) { return w.approvals.request(tx, one.id); }).value() == R"({"row":"export_create"})");
    const auto seen = w.read(w.a, [&](store::Transaction& tx) { return w.approvals.list(tx, {w.hanako, true}, {}, 100); });
    REQUIRE(seen->size() == 1);
    CHECK(seen->front().shown.target_name == "すべての人");
    for (const store::Sql& column : {store::Sql{"all_requests", "select request from approvals"}, store::Sql{"all_shown", "select shown from approvals"}}) {
      const auto bytes = w.everything(column);
      CHECK(bytes.size() > 20);
      for (const char* secret : {"export_create", "すべての人", "hanako"}) CHECK(bytes.find(secret) == std::string::npos);
    }
  });
}

TEST_CASE("of two who agree at the same moment, one did") {
  on_each([](World& w) {
    REQUIRE(w.switch_on());
    const Id saburo = w.person(w.a, "saburo@example.com", true);
    for (int round = 0; round < 8; ++round) {
      const auto one = w.asked(w.hanako);
      std::array<std::string, 2> said;
      {
        std::jthread first([&] { said[0] = reason_of(w.decide(one.id, w.taro, w.a)); });
        std::jthread second([&] { said[1] = reason_of(w.decide(one.id, saburo, w.a, round % 2 == 0)); });
      }
      std::ranges::sort(said);
      CHECK(said == std::array<std::string, 2>{"approval_decided", "it went well"});
    }
    CHECK(w.records("approval.granted") + w.records("approval.refused") == 8);
  });
}

TEST_CASE("what nobody decides runs out, is told, and is forgotten in the end") {
  on_each([](World& w) {
    REQUIRE(w.switch_on());
    const auto one = w.asked(w.hanako);
    const auto expire = [&] { return w.approvals.expire_due(w.store, [&](store::Transaction&) -> Result<Company> { return w.company; }); };
    w.clock.advance(std::chrono::hours(71));
    REQUIRE(expire());
    CHECK(w.state(one.id) == State::pending);
    w.clock.advance(std::chrono::hours(1));
    CHECK(w.state(one.id) == State::expired);  // before anybody has come by
    CHECK(reason_of(w.decide(one.id, w.taro, w.a)) == "approval_expired");
    const auto mails = w.mails();
    REQUIRE(expire());
    REQUIRE(expire());
    CHECK(w.records("approval.expired") == 1);
    CHECK(w.mails() == mails + 1);
    const auto two = w.asked(w.hanako);
    REQUIRE(w.decide(two.id, w.taro, w.a));
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.approvals.keep_answer(tx, two.id, "kdb_secret"); }));
    REQUIRE(w.approvals.purge(w.store));
    CHECK(w.write(w.a, [&](store::Transaction& tx) { return w.approvals.take_answer(tx, two.id); }).value() == "kdb_secret");
    CHECK(reason_of(w.write(w.a, [&](store::Transaction& tx) { return w.approvals.take_answer(tx, two.id); })) == "answer_gone");
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.approvals.keep_answer(tx, two.id, "kdb_secret"); }));
    w.clock.advance(std::chrono::hours(73));
    REQUIRE(w.approvals.purge(w.store));
    CHECK(reason_of(w.write(w.a, [&](store::Transaction& tx) { return w.approvals.take_answer(tx, two.id); })) == "answer_gone");
    CHECK(w.state(two.id) == State::granted);
    w.clock.advance(std::chrono::days(36));
    REQUIRE(w.approvals.purge(w.store));
    CHECK(reason_of(w.read(w.a, [&](store::Transaction& tx) { return w.approvals.get(tx, two.id); })) == "approval_unknown");
  });
}

TEST_CASE("somebody asks for so many and no more") {
  on_each([](World& w) {
    REQUIRE(w.switch_on());
    for (std::int64_t i = 0; i < Approvals::most_open_of_one; ++i) w.asked(w.hanako);
    CHECK(reason_of(w.ask(w.hanako, w.a)) == "approvals_too_many");
    CHECK(w.ask(w.taro, w.a));
    for (std::int64_t i = Approvals::most_open_of_one; i < Approvals::most_a_day; ++i) {  // nor by taking them back again
      const auto waiting = w.read(w.a, [&](store::Transaction& tx) { return w.approvals.list(tx, {w.hanako, true}, {}, 1); });
      REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.approvals.withdraw(tx, waiting->front(), World::as(w.hanako)); }));
      w.asked(w.hanako);
    }
    const auto waiting = w.read(w.a, [&](store::Transaction& tx) { return w.approvals.list(tx, {w.hanako, true}, {}, 1); });
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.approvals.withdraw(tx, waiting->front(), World::as(w.hanako)); }));
    CHECK(reason_of(w.ask(w.hanako, w.a)) == "approvals_too_many");
    w.clock.advance(std::chrono::hours(25));
    CHECK(w.ask(w.hanako, w.a));
  });
}

TEST_CASE("nobody becomes the second person, or gets in as one, without one") {
  on_each([](World& w) {
    directory::Change promote, disable, address, phone, enable;
    promote.administrator = true;
    disable.state = PersonState::disabled;
    enable.state = PersonState::enabled;
    address.attributes.emplace("email", directory::Value(std::string("mine@example.com")));
    phone.attributes.emplace("title", directory::Value(std::string("課長")));
    const Id dormant = w.person(w.a, "dormant@example.com", true);
    REQUIRE(w.change(dormant, disable, World::as(w.hanako)));
    REQUIRE(w.switch_on());
    CHECK(reason_of(w.change(w.jiro, promote, World::as(w.hanako))) == "approval_required");
    CHECK(reason_of(w.change(dormant, enable, World::as(w.hanako))) == "approval_required");
    CHECK(reason_of(w.change(w.taro, address, World::as(w.hanako))) == "approval_required");
    CHECK(w.change(w.taro, phone, World::as(w.hanako)));
    CHECK(w.change(w.hanako, address, World::as(w.hanako)));  // one's own
    CHECK(w.change(w.jiro, address, World::as(w.hanako)));    // nobody's who may approve
    const auto set_password = [&](const Id& whose, const audit::Event& by) {
      return w.write(w.a, [&](store::Transaction& tx) { return w.directory.way_in_changes(tx, whose, by); });
    };
    CHECK(reason_of(set_password(w.taro, World::as(w.hanako))) == "approval_required");
    CHECK(set_password(w.taro, World::as(w.taro)));
    CHECK(set_password(w.jiro, World::as(w.hanako)));
    CHECK(set_password(w.taro, World::as_operator()));
    auto agreed = World::as(w.hanako);
    agreed.detail.emplace_back(approval_detail, "x");
    CHECK(w.change(w.jiro, promote, agreed));
    CHECK(w.change(w.taro, promote, World::as(w.hanako)));  // is one already
  });
}

TEST_CASE("the last who could agree isn't lost, and of two who leave at once one stays") {
  on_each([](World& w) {
    directory::Change disable, demote, leave;
    disable.state = PersonState::disabled;
    demote.administrator = false;
    leave.valid_until = w.clock.now() + std::chrono::hours(1);
    REQUIRE(w.switch_on());
    CHECK(reason_of(w.change(w.taro, disable, World::as(w.hanako))) == "last_approver");
    CHECK(reason_of(w.change(w.taro, demote, World::as_operator())) == "last_approver");
    auto agreed = World::as(w.hanako);
    agreed.detail.emplace_back(approval_detail, "x");
    CHECK(reason_of(w.change(w.taro, leave, agreed)) == "last_approver");
    const Id saburo = w.person(w.a, "saburo@example.com", true);
    std::array<std::string, 2> said;
    {
      std::jthread first([&] { said[0] = reason_of(w.change(w.taro, disable, World::as(w.hanako))); });
      std::jthread second([&] { said[1] = reason_of(w.change(saburo, disable, World::as(w.hanako))); });
    }
    std::ranges::sort(said);
    CHECK(said == std::array<std::string, 2>{"it went well", "last_approver"});
  });
}

TEST_CASE("what somebody asked for isn't done for who isn't there any more") {
  on_each([](World& w) {
    const auto may = [&](const Asker& who) { return reason_of(w.read(w.a, [&](store::Transaction& tx) { return w.approvals.grant_of(tx, who); })); };
    const Asker hanako{{audit::ActorKind::person, w.hanako}};
    CHECK(may(hanako) == "it went well");
    directory::Change disable;
    disable.state = PersonState::disabled;
    REQUIRE(w.change(w.hanako, disable, World::as(w.taro)));
    CHECK(may(hanako) == "asker_gone");
    CHECK(may({{audit::ActorKind::person, new_id(w.clock, w.random)}}) == "asker_gone");
    const auto account = w.write(w.a, [&](store::Transaction& tx) { return w.directory.service_accounts().create(tx, "連携", directory::every_permission(), w.by); });
    const auto token = w.write(w.a, [&](store::Transaction& tx) { return w.directory.service_accounts().issue(tx, account->id, "first", w.clock.now() + std::chrono::hours(1), w.by); });
    const Asker connector{{audit::ActorKind::service_account, account->id}, {}, token->about.id};
    CHECK(may(connector) == "it went well");
    w.clock.advance(std::chrono::hours(2));
    CHECK(may(connector) == "asker_gone");
  });
}

}  // namespace
}  // namespace kidoban::approvals
