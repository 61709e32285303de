// What sessions and signing out promise.

#include "login/browser_test.h"
#include "login/housekeeping.h"

using namespace kidoban;
using namespace kidoban::login;
using namespace std::chrono_literals;

namespace {

struct Signed {
  World& world;
  TenantId tenant;
  Id person;
  Browser browser;
};

void signed_in(const std::function<void(Signed&)>& body) {
  const auto features = sign_in_features();
  kit::each_engine(features, [&](store::Store& store) {
    World world(store);
    const TenantId tenant = world.make_tenant();
    const Id person = world.make_person(tenant, "hanako@example.com");
    Signed s{world, tenant, person, Browser(world, tenant)};
    s.browser.sign_in(s.browser.begin(asking()), "hanako@example.com", right_password);
    REQUIRE(s.browser.cookies.contains("kidoban-acme"));
    body(s);
  });
}

bool is_in(Browser& browser) { return location_of(browser.ask(asking())).starts_with("https://app.example/in"); }

}  // namespace

TEST_CASE("the cookie is for this host alone, out of reach of scripts, and only over https where there is https") {
  signed_in([](Signed& s) {
    CHECK(s.browser.last_set_cookie.find("HttpOnly") != std::string::npos);
    CHECK(s.browser.last_set_cookie.find("SameSite=Lax") != std::string::npos);
    CHECK(s.browser.last_set_cookie.find("Secure") == std::string::npos);
    Browser secure(s.world, s.tenant);
    secure.secure = true;
    secure.sign_in(secure.begin(asking()), "hanako@example.com", right_password);
    CHECK(secure.last_set_cookie.starts_with("__Host-kidoban-acme="));
    CHECK(secure.last_set_cookie.find("Secure") != std::string::npos);
    CHECK(secure.last_set_cookie.find("Path=/;") != std::string::npos);
  });
}

TEST_CASE("a session dies when idle too long, and lives on while used, until its whole life is over") {
  signed_in([](Signed& s) {
    Browser idle = s.browser;
    for (int i = 0; i < 11; ++i) {
      s.world.clock.advance(59min);
      CHECK(is_in(s.browser));
    }
    s.world.clock.advance(75min);
    CHECK_FALSE(is_in(s.browser));
  });
  signed_in([](Signed& s) {
    s.world.clock.advance(61min);
    CHECK_FALSE(is_in(s.browser));
  });
}

TEST_CASE("a forged, cut or foreign cookie is no session") {
  signed_in([](Signed& s) {
    const std::string good = s.browser.cookies["kidoban-acme"];
    for (std::string bad : {std::string(), good.substr(1), good + "A", std::string(64, 'A'), std::string("..")}) {
      Browser forger(s.world, s.tenant);
      forger.cookies["kidoban-acme"] = bad;
      CHECK_FALSE(is_in(forger));
    }
    std::string other_secret = good;
    other_secret[40] = other_secret[40] == 'A' ? 'B' : 'A';
    Browser forger(s.world, s.tenant);
    forger.cookies["kidoban-acme"] = other_secret;
    CHECK_FALSE(is_in(forger));
  });
}

TEST_CASE("a disabled person is signed in nowhere any more") {
  signed_in([](Signed& s) {
    s.world.set_state(s.tenant, s.person, directory::PersonState::disabled);
    CHECK_FALSE(is_in(s.browser));
  });
}

TEST_CASE("signing out needs the page's token, ends the session and leads nowhere foreign") {
  signed_in([](Signed& s) {
    s.browser.accept = "text/html";
    const auto page = s.browser.get("/sign-out");
    CHECK(page.status == 200);
    const std::size_t at = page.body.find("name=\"csrf\" value=\"") + 19;
    http::Form form;
    form.add("csrf", page.body.substr(at, page.body.find('"', at) - at));
    http::Form led = form;
    led.add("then", "https://evil.example/");
    CHECK(s.browser.post("/sign-out", led).status == 403);
    CHECK(is_in(s.browser));
    const auto out = s.browser.post("/sign-out", form);
    CHECK(out.status == 200);
    CHECK(out.header("Location").empty());
    CHECK_FALSE(is_in(s.browser));
    const auto ended = s.world.audited(s.tenant, "session.ended");
    REQUIRE(ended.size() == 1);
    CHECK(ended[0].reason == "signed_out");
    // Without a session nobody vouches for `then`.
    CHECK(s.browser.post("/sign-out", led).header("Location").empty());
  });
}

TEST_CASE("a protocol's sign-out leads on to where the protocol checked") {
  signed_in([](Signed& s) {
    auto request = s.browser.request(http::Method::get, "/oauth2/logout");
    const auto page = s.world.login.ask_sign_out(request, "https://app.example/bye?x=1", "Sample");
    REQUIRE(page.has_value());
    CHECK(std::string(page->header("Content-Security-Policy")).find("form-action 'self' https://app.example;") !=
          std::string::npos);
    const std::size_t at = page->body.find("name=\"csrf\" value=\"") + 19;
    http::Form form;
    form.add("csrf", page->body.substr(at, page->body.find('"', at) - at));
    form.add("then", "https://app.example/bye?x=1");
    CHECK(s.browser.post("/sign-out", form).header("Location") == "https://app.example/bye?x=1");
    CHECK_FALSE(is_in(s.browser));
  });
}

TEST_CASE("a person's sessions are listed and ended, each by its id and theirs") {
  signed_in([](Signed& s) {
    auto& sessions = s.world.login.sessions();
    const Id other = s.world.make_person(s.tenant, "other@example.com");
    const auto by = audit::Event{.name = "test.acted", .actor = {audit::ActorKind::system, std::nullopt}};
    const auto in = [&](auto act) { return s.world.store.write(s.tenant, soon(), [&](store::Transaction& tx) { return act(tx); }); };
    const auto listed = in([&](store::Transaction& tx) { return sessions.list(tx, s.person); });
    REQUIRE(listed.has_value());
    REQUIRE(listed->size() == 1);
    const Session one = listed->front();
    CHECK(one.client_address == "192.0.2.1");
    CHECK(one.user_agent == "Test/1");
    CHECK_FALSE(*in([&](store::Transaction& tx) { return sessions.end(tx, one.id, other, by, "ended_by_test"); }));  // not theirs
    CHECK(is_in(s.browser));
    CHECK(*in([&](store::Transaction& tx) { return sessions.end(tx, one.id, s.person, by, "ended_by_test"); }));
    CHECK_FALSE(*in([&](store::Transaction& tx) { return sessions.end(tx, one.id, s.person, by, "ended_by_test"); }));
    CHECK_FALSE(is_in(s.browser));
    s.browser.sign_in(s.browser.begin(asking()), "hanako@example.com", right_password);
    CHECK(is_in(s.browser));
    CHECK(*in([&](store::Transaction& tx) { return sessions.end_all(tx, s.person, by, "ended_by_test"); }) == 1);
    CHECK_FALSE(is_in(s.browser));
  });
}

TEST_CASE("a second tenant finds no session, and a cookie brought there is nobody's") {
  signed_in([](Signed& s) {
    const TenantId other = s.world.make_tenant();
    const auto asks = [&](const TenantId& tenant, Browser& browser) {
      const auto request = browser.request(http::Method::get, "/api/v1/people");
      const auto person = s.world.store.read(tenant, soon(), [&](store::Transaction& tx) { return s.world.login.signed_in(tx, request); });
      REQUIRE(person.has_value());
      return person->has_value();
    };
    CHECK(asks(s.tenant, s.browser));
    CHECK_FALSE(asks(other, s.browser));
    const auto found = s.world.store.read(other, soon(), [&](store::Transaction& tx) {
      return s.world.login.sessions().list(tx, s.person);
    });
    REQUIRE(found.has_value());
    CHECK(found->empty());
    const auto by = audit::Event{.name = "test.acted", .actor = {audit::ActorKind::system, std::nullopt}};
    CHECK(*s.world.store.write(other, soon(), [&](store::Transaction& tx) { return s.world.login.sessions().end_all(tx, s.person, by, "ended_by_test"); }) == 0);
    CHECK(is_in(s.browser));
  });
}

TEST_CASE("what has run out is purged, what lives stays") {
  signed_in([](Signed& s) {
    s.browser.begin([] { auto a = asking(); a.fresh = true; return a; }());
    REQUIRE(purge(s.world.store, s.world.clock.now()).has_value());
    CHECK(is_in(s.browser));
    s.world.clock.advance(13h);
    const auto gone = s.world.store.system_write(soon(), [&](store::SystemTransaction& tx) -> Result<std::int64_t> {
      return purge(tx, s.world.clock.now(), 100);
    });
    REQUIRE(gone.has_value());
    CHECK(*gone >= 2);  // the session and the journey
    const auto again = s.world.store.system_write(soon(), [&](store::SystemTransaction& tx) -> Result<std::int64_t> {
      return purge(tx, s.world.clock.now(), 100);
    });
    CHECK(*again == 0);
  });
}
