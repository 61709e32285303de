#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "kit/two_tenants.h"
#include "mail/mail.h"
#include "mail/queue_store.h"
#include "mail/sender.h"
#include "tenant/tenant.h"

namespace kidoban::mail {
namespace {

const std::vector<store::Feature> features{
    {"tenant", tenant::resources()}, {"seal", seal::resources()}, {"audit", audit::resources()}, {"mail", resources()}};

struct World : kit::TwoTenants {
  audit::Audit audit{keys, clock, random};
  tenant::Settings settings{keys, audit, clock};
  Mail mail{keys, audit, settings, clock, random};
  audit::Event by{.name = "test.acted", .actor = {audit::ActorKind::system, std::nullopt}};
  TenantId turn{};

  using TwoTenants::TwoTenants;

  Message message(Occasion occasion = Occasion::password_changed, std::string address = "hanako@example.com") {
    return {occasion, {new_id(clock, random), std::move(address), "山田 花子", "ja", ""}, "Acme", "https://id.example/t/acme/", {{"login", "hanako@example.com"}, {"link", "https://id.example/x"}, {"password", "k4m5-7wqp"}}, {}};
  }
  void send(const TenantId& tenant, const Message& message) {
    REQUIRE(write(tenant, [&](store::Transaction& tx) { return mail.send(tx, message); }));
  }
  std::vector<Queued> claim(std::size_t limit = 8, std::chrono::minutes lease = std::chrono::minutes(15)) {
    const Id id = new_id(clock, random);
    auto taken = store.system_write(soon(), [&](store::SystemTransaction& tx) { return claim_due(tx, keys, id, clock.now(), clock.now() + lease, limit, turn); });
    REQUIRE(taken);
    return *taken;
  }
  bool remove(const TenantId& tenant, const Queued& one) {
    const auto done = write(tenant, [&](store::Transaction& tx) { return remove_letter(tx, one.id, one.claim); });
    REQUIRE(done);
    return *done;
  }
  std::vector<audit::Record> audited(const TenantId& tenant, const std::string& name) {
    audit::Audit::Filter filter;
    filter.name = name;
    return *read(tenant, [&](store::Transaction& tx) { return audit.read(tx, filter, {}, 500); });
  }
};

void on_each(const std::function<void(World&)>& body) {
  kit::each_engine(features, [&](store::Store& store) {
    World world(store);
    body(world);
  });
}

TEST_CASE("a mail is there when the change is, and not when it isn't") {
  on_each([](World& w) {
    const auto undone = w.write(w.a, [&](store::Transaction& tx) -> Status {
      TRY(w.mail.send(tx, w.message()));
      return fail(Kind::conflict, "changed_my_mind");
    });
    CHECK_FALSE(undone);
    CHECK(w.claim().empty());
    w.send(w.a, w.message());
    CHECK(w.claim().size() == 1);
  });
}

TEST_CASE("a mail is in one pair of hands, until the lease is over, and goes once") {
  on_each([](World& w) {
    w.send(w.a, w.message());
    const auto first = w.claim();
    REQUIRE(first.size() == 1);
    CHECK(first[0].tenant == w.a);
    CHECK(first[0].letter.to_name == "山田 花子");
    CHECK(first[0].letter.language == "ja");
    CHECK(w.claim().empty());
    w.clock.advance(std::chrono::minutes(16));
    const auto second = w.claim();
    REQUIRE(second.size() == 1);
    CHECK_FALSE(w.remove(w.a, first[0]));   // not its any more
    CHECK_FALSE(w.remove(w.b, second[0]));  // never the other tenant's
    CHECK(w.remove(w.a, second[0]));
    CHECK_FALSE(w.remove(w.a, second[0]));
    w.clock.advance(std::chrono::hours(1));
    CHECK(w.claim().empty());
  });
}

TEST_CASE("what is postponed comes back with its count, when it is due") {
  on_each([](World& w) {
    w.send(w.a, w.message());
    const auto one = w.claim().at(0);
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return postpone_letter(tx, one.id, one.claim, 1, w.clock.now() + std::chrono::minutes(1)); }));
    CHECK(w.claim().empty());
    w.clock.advance(std::chrono::minutes(2));
    CHECK(w.claim().at(0).attempts == 1);
  });
}

TEST_CASE("a tenant's many mails hold up neither the other tenant's nor the one that somebody waits for") {
  on_each([](World& w) {
    for (int i = 0; i < 40; ++i) w.send(w.a, w.message());
    w.send(w.b, w.message());
    w.send(w.a, w.message(Occasion::password_reset));
    const auto round = w.claim();
    REQUIRE(round.size() == 8);
    CHECK(round[0].letter.occasion == "password_reset");
    CHECK(std::ranges::any_of(round, [&](const Queued& one) { return one.tenant == w.b; }));
    std::size_t all = round.size();
    for (auto more = w.claim(); !more.empty(); more = w.claim()) all += more.size();
    CHECK(all == 42);
  });
}

TEST_CASE("a mail past its use is taken out, and one in somebody's hands is left there") {
  on_each([](World& w) {
    auto message = w.message(Occasion::password_reset);
    message.useless_after = w.clock.now() + std::chrono::minutes(30);
    w.send(w.a, message);
    const auto useless = [&] { return *w.store.system_write(World::soon(), [&](store::SystemTransaction& tx) { return take_useless(tx, w.keys, w.clock.now(), 10); }); };
    CHECK(useless().empty());
    w.clock.advance(std::chrono::minutes(29));
    CHECK(w.claim().size() == 1);
    w.clock.advance(std::chrono::minutes(2));
    CHECK(useless().empty());
    w.clock.advance(std::chrono::minutes(15));
    CHECK(useless().size() == 1);
    CHECK(w.claim().empty());
  });
}

TEST_CASE("a temporary password goes to the copies that the tenant has set, a reset's link never; the disk shows neither") {
  on_each([](World& w) {
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.settings.write(tx, settings_section, R"({"issued_copies":["admin@example.com"],"from_name":"情シス","system_destinations":["system@example.com"]})", {}, w.by); }));
    w.send(w.a, w.message(Occasion::account_issued));
    w.send(w.a, w.message(Occasion::password_reset));
    w.send(w.b, w.message(Occasion::account_issued));
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.mail.send_to_system(tx, w.message(Occasion::domain_confirmed)); }));
    REQUIRE(w.write(w.b, [&](store::Transaction& tx) { return w.mail.send_to_system(tx, w.message(Occasion::domain_confirmed)); }));
    const std::string disk = w.everything({"mail_all", "select content from mail_queue"});
    for (const char* secret : {"k4m5-7wqp", "hanako", "https://id.example/x", "花子"}) CHECK(disk.find(secret) == std::string::npos);
    std::multiset<std::string> gone;
    for (const Queued& one : w.claim(50)) gone.insert((one.tenant == w.a ? "a " : "b ") + one.letter.occasion + " " + one.letter.envelope_to + " for " + one.letter.to + " by " + one.letter.from_name);
    CHECK(gone == std::multiset<std::string>{"a account_issued admin@example.com for hanako@example.com by 情シス", "a account_issued hanako@example.com for hanako@example.com by 情シス",
                                             "a domain_confirmed system@example.com for system@example.com by 情シス", "a password_reset hanako@example.com for hanako@example.com by 情シス",
                                             "b account_issued hanako@example.com for hanako@example.com by Acme"});
  });
}

TEST_CASE("an address that no server would take fails no change, and is told in the audit") {
  on_each([](World& w) {
    w.send(w.a, w.message(Occasion::password_changed, "hanako@example.com\r\nBcc: x@y.example"));
    CHECK(w.claim().empty());
    const auto told = w.audited(w.a, "mail.given_up");
    REQUIRE(told.size() == 1);
    CHECK(told[0].reason == "address_unsendable");
    CHECK(w.audited(w.b, "mail.given_up").empty());
  });
}

TEST_CASE("waits grow, and end after two days") {
  using std::chrono::seconds;
  seconds all{0};
  std::int64_t attempts = 1;
  for (; retry_after(attempts, seconds(60)); ++attempts) all += *retry_after(attempts, seconds(60));
  CHECK(retry_after(1, seconds(60)) == seconds(60));
  CHECK(retry_after(2, seconds(60)) == seconds(300));
  CHECK(all > std::chrono::hours(44));
  CHECK(all < std::chrono::hours(50));
}

}  // namespace
}  // namespace kidoban::mail
