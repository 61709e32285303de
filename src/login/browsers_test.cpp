#include <doctest/doctest.h>

#include "kit/two_tenants.h"
#include "login/browsers.h"
#include "login/housekeeping.h"
#include "login/lockout.h"
#include "login/login.h"
#include "login/sign_in_settings.h"

namespace kidoban::login {
namespace {

using namespace std::chrono_literals;
using Familiar = Browsers::Familiar;
const std::vector<store::Feature> features{{"seal", seal::resources()}, {"login", resources()}};

struct Jar {
  std::string value;
  http::Request request() const {
    http::Request r;
    r.site = {std::nullopt, "acme", "http://id.example/t/acme", "/t/acme", false, "Acme"};
    if (!value.empty()) r.headers.emplace_back("cookie", "kidoban-known-acme=" + value);
    return r;
  }
};

struct World : kit::TwoTenants {
  explicit World(store::Store& s) : TwoTenants(s) {}
  Browsers browsers{keys, clock, random};
  Id person = new_id(clock, random), another = new_id(clock, random);

  Familiar meet(Jar& jar, const Id& who, std::optional<TenantId> tenant = {}) {
    const auto met = write(tenant.value_or(a), [&](store::Transaction& tx) { return browsers.meet(tx, who, jar.request()); });
    REQUIRE(met);
    CHECK(met->cookie.max_age == std::chrono::seconds(400h * 24));
    CHECK(met->cookie.http_only);
    jar.value = met->cookie.value;
    return met->familiar;
  }
};

TEST_CASE("a browser is known to whoever has signed in there, and to nobody else") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    Jar home, phone;
    CHECK(w.meet(home, w.person) == Familiar::first);
    CHECK(w.meet(home, w.person) == Familiar::known);
    CHECK(w.meet(phone, w.person) == Familiar::another);
    CHECK(w.meet(phone, w.person) == Familiar::known);
    CHECK(w.meet(home, w.another) == Familiar::first);
    CHECK(w.meet(phone, w.another) == Familiar::another);
    CHECK(w.meet(home, w.person, w.b) == Familiar::first);
    for (const std::string& forged : {std::string("x"), home.value + "A", std::string(300, 'A')}) {
      Jar jar{forged};
      CHECK(w.meet(jar, w.person) == Familiar::another);
      CHECK(jar.value != forged);
    }
    const std::string kept = w.everything({"test_known_browsers", "select mark from known_browsers"});
    CHECK(kept.size() == 8 * 32);
    CHECK(kept.find(home.value) == std::string::npos);
  });
}

TEST_CASE("who keeps no cookies isn't written to all day, nor kept without end, and what is unused goes") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    std::vector<Familiar> all;
    for (int i = 0; i < 8; ++i) {
      Jar jar;
      w.clock.advance(1s);
      all.push_back(w.meet(jar, w.person));
    }
    CHECK(all == std::vector{Familiar::first, Familiar::another, Familiar::another, Familiar::another, Familiar::another, Familiar::another, Familiar::many, Familiar::many});
    w.clock.advance(25h);
    Jar last;
    CHECK(w.meet(last, w.person) == Familiar::another);
    for (int i = 0; i < 60; ++i) {
      Jar jar;
      w.clock.advance(1s);
      w.meet(jar, w.person);
    }
    const auto rows = [&] { return w.everything({"test_known_browsers_2", "select mark from known_browsers"}).size() / 32; };
    CHECK(rows() == 50);
    w.clock.advance(400h * 24 + 1s);
    REQUIRE(purge(w.store, w.clock.now()));
    CHECK(rows() == 0);
    w.meet(last, w.person);
    w.meet(last, w.person, w.b);
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return forget(tx, w.person); }));
    CHECK(rows() == 1);
  });
}

TEST_CASE("that somebody is held up is news once, and not for a moment's wait") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    LockoutOptions options;
    options.person = {1, 30s, 15min, 24h};
    Lockout lockout(w.keys, w.clock, options);
    // A wrong answer as soon as one may be given.
    const auto wrong = [&](const std::string& login) {
      const auto news = w.write(w.a, [&](store::Transaction& tx) -> Result<std::optional<Time>> {
        while (const auto wait = TRY(lockout.charge(tx, login, "192.0.2.1"))) w.clock.advance(std::chrono::seconds(wait));
        return lockout.news_of(tx, login);
      });
      REQUIRE(news);
      return *news;
    };
    CHECK_FALSE(wrong("hanako@acme.example"));  // free
    CHECK_FALSE(wrong("hanako@acme.example"));  // half a minute
    const auto news = wrong("hanako@acme.example");
    CHECK(news == w.clock.now() + 60s);
    for (int i = 0; i < 20; ++i) CHECK_FALSE(wrong("hanako@acme.example"));
    // Cleared and guessed at anew on the same day.
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return lockout.passed(tx, "hanako@acme.example", "192.0.2.1"); }));
    for (int i = 0; i < 4; ++i) CHECK_FALSE(wrong("hanako@acme.example"));
    w.clock.advance(7h);
    CHECK(wrong("hanako@acme.example"));
    const auto theirs = w.read(w.b, [&](store::Transaction& tx) { return lockout.locked_among(tx, {"hanako@acme.example"}); });
    REQUIRE(theirs);
    CHECK(theirs->empty());
    w.clock.advance(8h * 24);
    REQUIRE(purge(w.store, w.clock.now()));
    CHECK(w.everything({"test_lock_notices", "select subject from lock_notices"}).empty());
  });
}

TEST_CASE("of many logins those that are held up are found at once") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    LockoutOptions options;
    options.person = {0, 120s, 15min, 24h};
    Lockout lockout(w.keys, w.clock, options);
    std::vector<std::string> logins;
    for (int i = 0; i < 500; ++i) logins.push_back("person" + std::to_string(i) + "@acme.example");
    for (const int i : {0, 77, 499}) {
      REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return lockout.charge(tx, logins[static_cast<std::size_t>(i)], "192.0.2.1"); }));
    }
    const auto among = [&](const TenantId& tenant) {
      const auto all = w.read(tenant, [&](store::Transaction& tx) { return lockout.locked_among(tx, logins); });
      REQUIRE(all);
      return *all;
    };
    const auto found = among(w.a);
    CHECK(found.size() == 3);
    for (const int i : {0, 77, 499}) CHECK(found.at(logins[static_cast<std::size_t>(i)]) == w.clock.now() + 120s);
    CHECK(among(w.b).empty());
    const auto none = w.read(w.a, [&](store::Transaction& tx) { return lockout.locked_among(tx, {}); });
    REQUIRE(none);
    CHECK(none->empty());
    w.clock.advance(121s);
    CHECK(among(w.a).empty());
  });
}

TEST_CASE("what a tenant settles of signing in is read strictly") {
  CHECK(parse_sign_in_settings("{}")->mail_new_browser);
  CHECK_FALSE(parse_sign_in_settings(sign_in_settings_json({false}))->mail_new_browser);
  for (const auto& [json, reason] : {std::pair{"[]", "json_malformed"}, {R"({"mail_new_browser":1})", "member_malformed"}, {R"({"colour":true})", "member_unknown"}}) {
    CHECK(kit::reason_of(parse_sign_in_settings(json)) == reason);
  }
}

}  // namespace
}  // namespace kidoban::login
