#include "webhooks/webhooks.h"

#include <doctest/doctest.h>

#include "audit/sealing.h"
#include "audit/stream.h"
#include "base/text.h"
#include "kit/two_tenants.h"
#include "webhooks/courier.h"
#include "webhooks/message.h"
#include "webhooks/sealed.h"

namespace kidoban::webhooks {
namespace {

using namespace std::chrono_literals;
using kit::reason_of;
using Kind = Courier::Kind;
const std::vector<store::Feature> features{{"seal", seal::resources()}, {"audit", audit::resources()}, {"webhooks", resources()}};
constexpr store::Sql sealed_contents{"contents", "select content from webhooks"}, sealed_secrets{"secrets", "select secrets from webhooks"};
// Nobody listens there: the connection is refused at once.
constexpr const char* nobody = "https://127.0.0.1:1/hook";

struct World : kit::TwoTenants {
  http::Reach reach{*http::parse_networks(std::vector<std::string>{"127.0.0.0/8"}), {}};
  audit::Audit audit{keys, clock, random};
  audit::Sealer sealer{store, keys, audit, clock};
  Webhooks webhooks{keys, audit, clock, random, reach};
  std::vector<std::string> switched_off;
  Courier courier{store, keys, audit, sealer, clock, random, reach, [this](store::Transaction&, const Webhook& off, const Attempt& last) {
                    switched_off.push_back(off.name + ": " + off.off_reason + ", " + last.failure);
                    return Status();
                  }};
  audit::Event by{.name = "test.acted", .actor = {audit::ActorKind::person, new_id(clock, random)}};

  using TwoTenants::TwoTenants;
  auto create(const TenantId& tenant, Webhooks::New wanted) {
    return write(tenant, [&](store::Transaction& tx) { return webhooks.create(tx, wanted, by); });
  }
  Webhook made(const TenantId& tenant, std::vector<std::string> events = {}) {
    auto one = create(tenant, {.name = "SIEM", .url = nobody, .events = std::move(events), .position = 0});
    REQUIRE(one);
    return one->webhook;
  }
  auto get(const TenantId& tenant, const Id& id) {
    return read(tenant, [&](store::Transaction& tx) { return webhooks.get(tx, id); });
  }
  auto change(const TenantId& tenant, const Id& id, const Webhooks::Change& wanted, std::optional<std::int64_t> version = {}) {
    return write(tenant, [&](store::Transaction& tx) { return webhooks.change(tx, id, wanted, version, by); });
  }
  auto attempts(const TenantId& tenant, const Id& id) {
    return read(tenant, [&](store::Transaction& tx) { return webhooks.attempts(tx, id, attempts_kept); });
  }
  void append(const TenantId& tenant, Reason name, int count = 1) {
    REQUIRE(write(tenant, [&](store::Transaction& tx) -> Status {
      for (int i = 0; i < count; ++i) TRY(audit.append(tx, {.name = name}));
      return {};
    }));
  }
  bool deliver(Kind kind = Kind::slow) {
    const auto did = courier.deliver_one(kind);
    if (!did) FAIL(did.error().note);
    return *did;
  }
};

void on_each(const std::function<void(World&)>& body) {
  kit::each_engine(features, [&](store::Store& store) {
    World world(store);
    body(world);
  });
}

TEST_CASE("messages are signed as Standard Webhooks says, with each secret that holds") {
  const auto key = unbase64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  Secrets secrets{.now = Secret(*key), .before = {}, .before_until = {}};
  const Time at = from_us(1614265330'000'000);
  const auto headers = headers_of("msg_p5jXN8AQM9LWM0D4loKWxJek", at, "{\"test\": 2432232314}", secrets);
  const auto value = [&](std::string_view name) {
    for (const auto& [one, is] : headers) {
      if (one == name) return is;
    }
    return std::string();
  };
  CHECK(value("webhook-id") == "msg_p5jXN8AQM9LWM0D4loKWxJek");
  CHECK(value("webhook-timestamp") == "1614265330");
  CHECK(value("webhook-signature") == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  secrets.before = Secret::of("another secret of thirty-two char");
  secrets.before_until = at + 1s;
  CHECK(headers_of("msg_1", at, "{}", secrets)[3].second.find(" v1,") != std::string::npos);
  CHECK(headers_of("msg_1", at + 1s, "{}", secrets)[3].second.find(' ') == std::string::npos);
}

TEST_CASE("waits grow from seconds to hours") {
  CHECK(retry_after(1, 5s) == 5s);
  CHECK(retry_after(2, 5s) == 15s);
  CHECK(retry_after(5, 5s) == 405s);
  CHECK(retry_after(9, 5s) == 6h);
  CHECK(retry_after(1'000'000, 5s) == 6h);
}

TEST_CASE("a webhook is its tenant's, sealed, and what is done with it is recorded") {
  on_each([](World& w) {
    const auto made = w.create(w.a, {.name = " SIEM ", .url = "https://siem.example.com/hook?token=1", .events = {"person.", "session.started"}});
    REQUIRE(made);
    CHECK(made->webhook.name == "SIEM");
    CHECK(made->secret.reveal_text().starts_with("whsec_"));
    CHECK(unbase64(made->secret.reveal_text().substr(6))->size() == 32);
    const Id id = made->webhook.id;
    CHECK(w.get(w.a, id)->url == "https://siem.example.com/hook?token=1");
    CHECK(w.get(w.a, id)->events == std::vector<std::string>{"person.", "session.started"});
    for (const auto& what : {sealed_contents, sealed_secrets}) {
      const auto disk = w.everything(what);
      CHECK(disk.find("siem") == std::string::npos);
      CHECK(disk.find(made->secret.reveal_text().substr(6)) == std::string::npos);
    }
    // The other tenant finds nothing, and changes nothing.
    CHECK(reason_of(w.get(w.b, id)) == "webhook_unknown");
    CHECK(reason_of(w.attempts(w.b, id)) == "webhook_unknown");
    CHECK(reason_of(w.change(w.b, id, {.enabled = false})) == "webhook_unknown");
    CHECK(reason_of(w.write(w.b, [&](store::Transaction& tx) { return w.webhooks.remove(tx, id, w.by); })) == "webhook_unknown");
    CHECK(reason_of(w.write(w.b, [&](store::Transaction& tx) { return w.webhooks.turn_secret(tx, id, 0s, w.by); })) == "webhook_unknown");
    const auto by = [&](store::Transaction&) -> Result<audit::Event> { return w.by; };
    CHECK(reason_of(w.courier.test(w.b, id, by, w.soon())) == "webhook_unknown");
    CHECK(w.read(w.b, [&](store::Transaction& tx) { return w.webhooks.list(tx); })->empty());
    CHECK(w.get(w.a, id)->enabled);

    w.clock.advance(1s);  // so that records stand in their order
    const auto changed = w.change(w.a, id, {.name = "SIEM 2", .enabled = false}, 1);
    REQUIRE(changed);
    CHECK(changed->version == 2);
    CHECK(reason_of(w.change(w.a, id, {.enabled = true}, 1)) == "version_changed");
    w.clock.advance(1s);
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.webhooks.remove(tx, id, w.by); }));
    const auto records = w.read(w.a, [&](store::Transaction& tx) { return w.audit.read(tx, {}, {}, 10); });
    REQUIRE(records->size() == 3);
    CHECK((*records)[0].name == "webhook.deleted");
    CHECK((*records)[1].name == "webhook.changed");
    CHECK((*records)[2].name == "webhook.created");
    for (const auto& record : *records) {
      CHECK(record.detail_json.find("whsec") == std::string::npos);
      CHECK(record.detail_json.find("token=1") == std::string::npos);  // what lets one in there
    }
    CHECK((*records)[2].detail_json.find("https://siem.example.com/") != std::string::npos);
  });
}

TEST_CASE("what no webhook can be is refused") {
  on_each([](World& w) {
    CHECK(reason_of(w.create(w.a, {.name = " ", .url = nobody})) == "name_malformed");
    CHECK(reason_of(w.create(w.a, {.name = "x", .url = "http://127.0.0.1/"})) == "url_not_https");
    CHECK(reason_of(w.create(w.a, {.name = "x", .url = "https://169.254.169.254/"})) == "url_unreachable");
    for (const char* event : {"", ".", "person..", "Person.", "person created", ".person"}) {
      CHECK_MESSAGE(reason_of(w.create(w.a, {.name = "x", .url = nobody, .events = {event}})) == "events_malformed", event);
    }
    CHECK(reason_of(w.create(w.a, {.name = "x", .url = nobody, .events = std::vector<std::string>(51, "person.")})) == "events_malformed");
    CHECK(reason_of(w.create(w.a, {.name = "x", .url = nobody, .position = 1})) == "position_malformed");
    CHECK(reason_of(w.create(w.a, {.name = "x", .url = nobody, .position = -1})) == "position_malformed");
    for (std::size_t i = 0; i < most_webhooks; ++i) w.made(w.a);
    CHECK(reason_of(w.create(w.a, {.name = "x", .url = nobody})) == "webhook_too_many");
    w.made(w.b);
  });
}

TEST_CASE("a secret is turned over: both sign for a while, then the new one alone") {
  on_each([](World& w) {
    const auto made = w.create(w.a, {.name = "SIEM", .url = nobody});
    const Id id = made->webhook.id;
    const auto turn = [&](std::chrono::seconds overlap) { return w.write(w.a, [&](store::Transaction& tx) { return w.webhooks.turn_secret(tx, id, overlap, w.by); }); };
    CHECK(reason_of(turn(-1s)) == "overlap_malformed");
    CHECK(reason_of(turn(8 * 24h)) == "overlap_malformed");
    const auto turned = turn(1h);
    REQUIRE(turned);
    CHECK(turned->secret.reveal_text() != made->secret.reveal_text());
    CHECK(turned->webhook.old_secret_until == w.clock.now() + 1h);
    CHECK_FALSE(turn(0s)->webhook.old_secret_until);
  });
}

TEST_CASE("what fails is tried again, later each time, as the same message; and is given up after three days, which is told") {
  on_each([](World& w) {
    const Webhook hook = w.made(w.a);
    REQUIRE(w.courier.look());
    REQUIRE(w.deliver());
    const Time begun = w.clock.now();
    auto now = w.get(w.a, hook.id);
    CHECK(now->failures == 1);
    CHECK(now->failing_since == begun);
    CHECK(now->position == 0);
    CHECK_FALSE(w.deliver());  // not due yet
    CHECK_FALSE(w.deliver(Kind::quick));
    Duration wait{};
    int tries = 1;
    while (now->enabled) {
      REQUIRE(now->next_attempt_at);
      const Duration next = *now->next_attempt_at - w.clock.now();
      CHECK(next >= std::min<Duration>(wait, 6h));
      CHECK(next <= Duration(6h) * 6 / 5);
      wait = next / 2;
      w.clock.set(*now->next_attempt_at);
      w.append(w.a, "test.acted");
      REQUIRE(w.courier.look());
      REQUIRE(w.deliver());
      now = w.get(w.a, hook.id);
      REQUIRE(++tries < 50);
    }
    CHECK(tries > 12);
    CHECK(now->off_reason == "webhook_gave_up");
    CHECK(w.clock.now() - begun >= given_up_after);
    CHECK(w.clock.now() - begun <= given_up_after + 8h);
    CHECK(w.switched_off == std::vector<std::string>{"SIEM: webhook_gave_up, server_unreachable"});
    CHECK_FALSE(w.deliver());
    const auto all = *w.attempts(w.a, hook.id);
    REQUIRE(static_cast<int>(all.size()) == tries);
    for (const Attempt& one : all) {
      CHECK(one.message == all.front().message);
      CHECK(one.first == 0);
      CHECK(one.end == all.front().end);
      CHECK(one.records == all.front().records);
      CHECK(one.failure == "server_unreachable");
    }
    const auto told = w.read(w.a, [&](store::Transaction& tx) { return w.audit.read(tx, {.actor = {}, .target = hook.id, .name = "webhook.switched_off", .from = {}, .until = {}}, {}, 10); });
    REQUIRE(told->size() == 1);
    CHECK(told->front().outcome == "failed");
    CHECK(told->front().reason == "webhook_gave_up");
    // Switched on again, it goes on where it stopped.
    const auto on = w.change(w.a, hook.id, {.enabled = true});
    CHECK(on->position == 0);
    CHECK(on->failures == 0);
    CHECK(on->off_reason.empty());
    CHECK(w.deliver());
    CHECK(w.get(w.a, hook.id)->failures == 1);
  });
}

TEST_CASE("whoever takes it in hand and dies loses nothing: another sends the same message when the lease is over") {
  on_each([](World& w) {
    const Webhook hook = w.made(w.a);
    REQUIRE(w.courier.look());
    // What a node does before it sends, and then it is gone.
    const Id claim = new_id(w.clock, w.random), message = new_id(w.clock, w.random);
    const auto take = [&](const Id& by) {
      return w.write(w.a, [&](store::Transaction& tx) -> Result<bool> { return take_row(tx, *TRY(select_row(tx, hook.id)), by, w.clock.now() + 90s, message, 1); });
    };
    CHECK(take(claim) == true);
    CHECK_FALSE(w.deliver());
    w.append(w.a, "test.acted", 5);
    w.clock.advance(90s);
    REQUIRE(w.courier.look());
    CHECK(w.deliver());
    const auto attempts = *w.attempts(w.a, hook.id);
    REQUIRE(attempts.size() == 1);
    CHECK(attempts.front().message == message);
    CHECK(attempts.front().end == 1);
    // The one that was given up comes back to life: it has no say any more.
    const auto settled = w.write(w.a, [&](store::Transaction& tx) -> Result<bool> {
      Row row = *TRY(select_row(tx, hook.id));
      row.cursor = 1;
      return TRY(settle_row(tx, row, claim)).has_value();
    });
    CHECK(settled == false);
    CHECK(w.get(w.a, hook.id)->position == 0);
  });
}

TEST_CASE("a row moves only as it was read, and as its own tenant's") {
  on_each([](World& w) {
    const Webhook hook = w.made(w.a);
    const Row seen = **w.read(w.a, [&](store::Transaction& tx) { return select_row(tx, hook.id); });
    const Id claim = new_id(w.clock, w.random);
    const auto take = [&](const TenantId& tenant, const Row& row) {
      return w.write(tenant, [&](store::Transaction& tx) { return take_row(tx, row, claim, w.clock.now() + 90s, claim, 1); });
    };
    const auto pass = [&](const TenantId& tenant, const Row& row) {
      return w.write(tenant, [&](store::Transaction& tx) { return pass_row(tx, row, 1, {}); });
    };
    CHECK(take(w.b, seen) == false);
    CHECK(pass(w.b, seen) == false);
    for (const int which : {0, 1, 2}) {
      Row other = seen;
      if (which == 0) other.version = 9;
      if (which == 1) other.cursor = 9;
      if (which == 2) other.due_at = *seen.due_at + 1us;
      CHECK(take(w.a, other) == false);
      CHECK(pass(w.a, other) == false);
    }
    CHECK(take(w.a, seen) == true);
    CHECK(take(w.a, seen) == false);
    CHECK(pass(w.a, seen) == false);
    CHECK(w.write(w.b, [&](store::Transaction& tx) { return settle_row(tx, seen, claim); })->has_value() == false);
    CHECK(w.write(w.b, [&](store::Transaction& tx) { return wake_waiting(tx, w.clock.now()); }));
    CHECK(w.write(w.a, [&](store::Transaction& tx) { return settle_row(tx, seen, claim); })->value_or(0) == 1);
  });
}

TEST_CASE("where nothing is wanted nothing is sent, and it waits for more without being looked at") {
  on_each([](World& w) {
    const Webhook hook = w.made(w.a, {"domain."});
    w.append(w.a, "test.acted", 20);
    REQUIRE(w.courier.look());
    CHECK(w.deliver());        // passes over all of it
    CHECK_FALSE(w.deliver());
    CHECK(w.get(w.a, hook.id)->position > 20);
    CHECK(w.attempts(w.a, hook.id)->empty());
    CHECK(w.read(w.a, [](store::Transaction& tx) { return first_waiting(tx); })->has_value());
    CHECK_FALSE(w.read(w.b, [](store::Transaction& tx) { return first_waiting(tx); })->has_value());
    // Somebody else appends, and nobody hints at it: found by going around.
    w.append(w.a, "domain.added");
    (void)w.sealer.seal(w.a, w.soon());
    w.clock.advance(1s);
    REQUIRE(w.courier.look());
    CHECK(w.deliver());
    CHECK(w.attempts(w.a, hook.id)->size() == 1);
  });
}

TEST_CASE("of a webhook that was changed while its message was under way, the outcome isn't taken") {
  on_each([](World& w) {
    const Webhook hook = w.made(w.a);
    REQUIRE(w.courier.look());
    const Id claim = new_id(w.clock, w.random);
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) -> Result<bool> { return take_row(tx, *TRY(select_row(tx, hook.id)), claim, w.clock.now() + 90s, claim, 1); }) == true);
    REQUIRE(w.change(w.a, hook.id, {.url = "https://127.0.0.1:2/"}));
    const Row row = **w.read(w.a, [&](store::Transaction& tx) { return select_row(tx, hook.id); });
    CHECK_FALSE(row.claim);
    CHECK_FALSE(row.message);
    CHECK(row.due_at == w.clock.now());
    CHECK(w.write(w.a, [&](store::Transaction& tx) { return settle_row(tx, row, claim); })->has_value() == false);
  });
}

TEST_CASE("the last hundred attempts are kept, tests among them") {
  on_each([](World& w) {
    const Webhook hook = w.made(w.a);
    const auto by = [&](store::Transaction&) -> Result<audit::Event> { return w.by; };
    for (int i = 0; i < 103; ++i) {
      REQUIRE(w.write(w.a, [&](store::Transaction& tx) -> Status {
        return insert_attempt(tx, hook.id, {.number = TRY(count_attempt(tx, hook.id)), .message = hook.id, .test = false, .at = w.clock.now(), .failure = ""}, attempts_kept);
      }));
    }
    w.clock.advance(1s);
    const auto tested = w.courier.test(w.a, hook.id, by, w.soon());
    REQUIRE(tested);
    CHECK(tested->failure == "server_unreachable");
    const auto all = *w.attempts(w.a, hook.id);
    REQUIRE(all.size() == 100);
    CHECK(all.front().test);
    CHECK(all.front().number == 104);
    const auto records = w.read(w.a, [&](store::Transaction& tx) { return w.audit.read(tx, {}, {}, 1); });
    CHECK(records->front().name == "webhook.tested");
  });
}

TEST_CASE("what is due longest comes first, whoever's; a new one is slow until it has shown otherwise") {
  on_each([](World& w) {
    for (std::size_t i = 0; i < most_webhooks; ++i) w.made(w.a);
    w.clock.advance(1s);
    const Webhook theirs = w.made(w.b);
    const auto due = w.store.system_read(w.soon(), [&](store::SystemTransaction& tx) { return select_due(tx, true, w.clock.now(), 100); });
    CHECK(due->size() == most_webhooks + 1);
    CHECK(due->back().id == theirs.id);
    CHECK(w.store.system_read(w.soon(), [&](store::SystemTransaction& tx) { return select_due(tx, false, w.clock.now(), 100); })->empty());
  });
}

}  // namespace
}  // namespace kidoban::webhooks
