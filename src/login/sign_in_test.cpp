// What signing in promises, through its own routes, on both engines.

#include "login/browser_test.h"
#include "login/dispatcher.h"

using namespace kidoban;
using namespace kidoban::login;
using namespace std::chrono_literals;

namespace {

void in_world(const std::function<void(World&, TenantId, Id)>& body) {
  const auto features = sign_in_features();
  kit::each_engine(features, [&](store::Store& store) {
    World world(store);
    const TenantId tenant = world.make_tenant();
    const Id person = world.make_person(tenant, "hanako@example.com");
    body(world, tenant, person);
  });
}

}  // namespace

TEST_CASE("a person signs in once, and a second application opens without asking") {
  in_world([](World& world, TenantId tenant, Id person) {
    Browser browser(world, tenant);
    const auto journey = browser.begin(asking());
    CHECK(browser.look(journey).at("step") == "identify");
    browser.answer(journey, {{"login", " Hanako@EXAMPLE.com "}});
    const auto state = browser.look(journey);
    CHECK(state.at("step") == "password");
    CHECK(state.at("application").at("name") == "Sample");
    const auto done = browser.answer(journey, {{"password", std::string(right_password)}});
    CHECK(location_of(done).starts_with("https://app.example/in?person=" + person.text()));
    CHECK(location_of(done).find("amr=pwd&state=s1") != std::string::npos);
    CHECK(location_of(browser.ask(asking())).starts_with("https://app.example/in?person=" + person.text()));
    CHECK(world.audited(tenant, "application.opened").size() == 2);
    CHECK(world.audited(tenant, "session.started").size() == 1);
    CHECK(browser.get(journey).status == 410);  // a journey ends once
  });
}

TEST_CASE("a wrong password, an unknown person and a disabled one get the same answer") {
  in_world([](World& world, TenantId tenant, Id) {
    const Id gone = world.make_person(tenant, "gone@example.com");
    world.set_state(tenant, gone, directory::PersonState::disabled);
    std::vector<std::string> said;
    for (const auto& [login, password] : std::vector<std::pair<std::string, std::string>>{
             {"hanako@example.com", "not the right one at all"},
             {"nobody@example.com", std::string(right_password)},
             {"gone@example.com", std::string(right_password)}}) {
      Browser browser(world, tenant);
      const auto journey = browser.begin(asking());
      const auto reply = browser.sign_in(journey, login, password);
      CHECK(reply.status == 403);
      auto told = boost::json::parse(reply.body).as_object();
      told.erase("journey");
      told.erase("csrf");
      said.push_back(boost::json::serialize(told));
      CHECK(problem_of(reply) == "password_wrong");
      CHECK_FALSE(browser.cookies.contains("kidoban-acme"));
    }
    CHECK(said[0] == said[1]);
    CHECK(said[0] == said[2]);
    CHECK(world.audited(tenant, "sign_in.factor").size() == 3);
  });
}

TEST_CASE("a form without its token, or of another browser, does nothing") {
  in_world([](World& world, TenantId tenant, Id) {
    Browser browser(world, tenant);
    const auto journey = browser.begin(asking());
    http::Form form;
    form.add("step", "identify");
    form.add("login", "hanako@example.com");
    CHECK(problem_of(browser.post(journey, form)) == "form_stale");
    CHECK(browser.look(journey).at("step") == "identify");
    Browser stranger(world, tenant);
    CHECK(stranger.get(journey).status == 410);
    stranger.begin(asking());  // has a cookie of its own now
    CHECK(stranger.get(journey).status == 410);
  });
}

TEST_CASE("a second tenant finds neither journey, session nor person") {
  in_world([](World& world, TenantId tenant, Id) {
    const TenantId other = world.make_tenant();
    Browser browser(world, tenant);
    const auto journey = browser.begin(asking());
    Browser at_other(world, other);
    at_other.cookies = browser.cookies;
    CHECK(at_other.get(journey).status == 410);
    browser.sign_in(journey, "hanako@example.com", right_password);
    at_other.cookies = browser.cookies;
    CHECK(location_of(at_other.ask(asking())).find("/sign-in/") != std::string::npos);
    const auto theirs = at_other.begin(asking());
    CHECK(problem_of(at_other.sign_in(theirs, "hanako@example.com", right_password)) == "password_wrong");
  });
}

TEST_CASE("guessing gets slower, survives a new process, and is the same for a login nobody has") {
  in_world([](World& world, TenantId tenant, Id) {
    for (const std::string login : {"hanako@example.com", "nobody@example.com"}) {
      Browser browser(world, tenant);
      const auto journey = browser.begin(asking());
      browser.answer(journey, {{"login", login}});
      for (int i = 0; i < 6; ++i) {
        CHECK(problem_of(browser.answer(journey, {{"password", "wrong wrong wrong"}})) == "password_wrong");
      }
      const auto reply = browser.answer(journey, {{"password", std::string(right_password)}});
      CHECK(reply.status == 429);
      CHECK(reply.header("Retry-After") == "2");
      CHECK(problem_of(reply) == "please_wait");
      World again(world.store);  // nothing is kept in memory
      again.clock.set(world.clock.now());
    }
    world.clock.advance(2s);
    Browser browser(world, tenant);
    const auto journey = browser.begin(asking());
    CHECK_FALSE(location_of(browser.sign_in(journey, "hanako@example.com", right_password)).empty());
  });
}

TEST_CASE("one address that guesses at many people is slowed, and one good account buys it nothing") {
  in_world([](World& world, TenantId tenant, Id) {
    Browser browser(world, tenant);
    browser.address = "2001:db8::1";
    for (int i = 0; i < 31; ++i) {
      const auto journey = browser.begin(asking());
      CHECK(problem_of(browser.sign_in(journey, "p" + std::to_string(i) + "@example.com", "wrong wrong wrong")) ==
            "password_wrong");
    }
    browser.address = "2001:db8::2";
    const auto journey = browser.begin(asking());
    CHECK(problem_of(browser.sign_in(journey, "hanako@example.com", right_password)) == "please_wait");
    Browser elsewhere(world, tenant);
    const auto theirs = elsewhere.begin(asking());
    CHECK_FALSE(location_of(elsewhere.sign_in(theirs, "hanako@example.com", right_password)).empty());
  });
}

TEST_CASE("prompt=none answers without a page") {
  in_world([](World& world, TenantId tenant, Id) {
    using federation::Refusal;
    const auto refusal = [](Refusal r) { return "https://app.example/no?" + std::to_string(static_cast<int>(r)); };
    Browser browser(world, tenant);
    auto silent = asking();
    silent.silent = true;
    CHECK(location_of(browser.ask(silent)) == refusal(Refusal::login_required));
    browser.sign_in(browser.begin(asking()), "hanako@example.com", right_password);
    CHECK(location_of(browser.ask(silent)).starts_with("https://app.example/in"));
    silent.consent = federation::SignInRequest::Consent::if_not_given;
    silent.scopes = {"openid"};
    CHECK(location_of(browser.ask(silent)) == refusal(Refusal::consent_required));
    silent.consent = federation::SignInRequest::Consent::not_needed;
    silent.max_age_s = 10;
    world.clock.advance(11s);
    CHECK(location_of(browser.ask(silent)) == refusal(Refusal::login_required));
    silent.max_age_s.reset();
    silent.person.emplace();
    CHECK(location_of(browser.ask(silent)) == refusal(Refusal::login_required));
  });
}

TEST_CASE("prompt=login and max_age ask the same person again, and the session is a new one") {
  in_world([](World& world, TenantId tenant, Id) {
    Browser browser(world, tenant);
    browser.sign_in(browser.begin(asking()), "hanako@example.com", right_password);
    const std::string first = browser.cookies["kidoban-acme"];
    auto fresh = asking();
    fresh.fresh = true;
    const auto journey = browser.begin(fresh);
    CHECK(browser.look(journey).at("step") == "password");  // who it is is known
    CHECK(location_of(browser.answer(journey, {{"password", std::string(right_password)}}))
              .starts_with("https://app.example/in"));
    CHECK(browser.cookies["kidoban-acme"] != first);
    CHECK(world.audited(tenant, "session.ended").size() == 1);
    Browser thief(world, tenant);  // the rotated cookie is worth nothing
    thief.cookies["kidoban-acme"] = first;
    CHECK(location_of(thief.ask(asking())).find("/sign-in/") != std::string::npos);
  });
}

TEST_CASE("prompt=select_account lets the person choose") {
  in_world([](World& world, TenantId tenant, Id person) {
    Browser browser(world, tenant);
    browser.sign_in(browser.begin(asking()), "hanako@example.com", right_password);
    auto choosing = asking();
    choosing.choose_account = true;
    const auto journey = browser.begin(choosing);
    CHECK(browser.look(journey).at("step") == "choose");
    const auto same = browser.answer(journey, {{"account", person.text()}});
    const auto where = location_of(same).empty() ? location_of(browser.get(journey)) : location_of(same);
    CHECK(where.starts_with("https://app.example/in?person=" + person.text()));
    const auto other = browser.begin(choosing);
    browser.answer(other, {{"account", "another"}});
    CHECK(browser.look(other).at("step") == "identify");
  });
}

TEST_CASE("consent is asked once, remembered, and its refusal is told to the application") {
  in_world([](World& world, TenantId tenant, Id) {
    Browser browser(world, tenant);
    auto asked = asking();
    asked.consent = federation::SignInRequest::Consent::if_not_given;
    asked.scopes = {"openid", "email", "x-unheard-of"};
    auto journey = browser.begin(asked);
    browser.sign_in(journey, "hanako@example.com", right_password);
    const auto state = browser.look(journey);
    CHECK(state.at("step") == "consent");
    CHECK(state.at("scopes").as_array().size() == 3);
    CHECK(state.at("scopes").as_array()[1].at("text") == "Your email address");
    CHECK(location_of(browser.answer(journey, {{"decision", "deny"}})) ==
          "https://app.example/no?" + std::to_string(static_cast<int>(federation::Refusal::access_denied)));
    journey = browser.begin(asked);  // signed in all the same: straight to consent
    CHECK(location_of(browser.answer(journey, {{"decision", "allow"}})).starts_with("https://app.example/in"));
    CHECK(location_of(browser.ask(asked)).starts_with("https://app.example/in"));
    asked.scopes.push_back("profile");
    CHECK(browser.look(browser.begin(asked)).at("step") == "consent");
    CHECK(world.audited(tenant, "consent.given").size() == 1);
    CHECK(world.audited(tenant, "consent.refused").size() == 1);
  });
}

TEST_CASE("id_token_hint lets nobody else in") {
  in_world([](World& world, TenantId tenant, Id person) {
    world.make_person(tenant, "john@example.com");
    Browser browser(world, tenant);
    auto asked = asking();
    asked.person = person;
    CHECK(location_of(browser.sign_in(browser.begin(asked), "john@example.com", right_password)) ==
          "https://app.example/no?" + std::to_string(static_cast<int>(federation::Refusal::login_required)));
    CHECK_FALSE(browser.cookies.contains("kidoban-acme"));
    CHECK(location_of(browser.sign_in(browser.begin(asked), "hanako@example.com", right_password))
              .starts_with("https://app.example/in"));
  });
}

TEST_CASE("a strength that can't be had is refused before anyone tries") {
  in_world([](World& world, TenantId tenant, Id) {
    Browser browser(world, tenant);
    auto asked = asking();
    asked.acr_values = {"urn:kidoban:acr:multi-factor"};
    asked.acr_essential = true;
    CHECK(location_of(browser.ask(asked)) ==
          "https://app.example/no?" + std::to_string(static_cast<int>(federation::Refusal::strength_unmet)));
  });
}

TEST_CASE("the pages are whole without script, and posting leads to a redirect") {
  in_world([](World& world, TenantId tenant, Id) {
    Browser browser(world, tenant);
    browser.accept = "text/html";
    auto asked = asking();
    asked.login_hint = "\"><script>";
    const auto journey = browser.begin(asked);
    const auto page = browser.get(journey);
    CHECK(page.status == 200);
    CHECK(page.body.find("value=\"&quot;&gt;&lt;script&gt;\"") != std::string::npos);
    CHECK(std::string(page.header("Content-Security-Policy")).find("form-action 'self' https://app.example") !=
          std::string::npos);
    const auto token = [&](const std::string& body) {
      const std::size_t at = body.find("name=\"csrf\" value=\"") + 19;
      return body.substr(at, body.find('"', at) - at);
    };
    http::Form who;
    who.add("csrf", token(page.body));
    who.add("step", "identify");
    who.add("login", "not an address");
    const auto wrong = browser.post(journey, who);
    CHECK(wrong.status == 400);
    CHECK(wrong.body.find("role=\"alert\"") != std::string::npos);
    CHECK(wrong.body.find("value=\"not an address\"") != std::string::npos);
    http::Form right;
    right.add("csrf", token(page.body));
    right.add("step", "identify");
    right.add("login", "hanako@example.com");
    CHECK(browser.post(journey, right).status == 303);
    const auto second = browser.get(journey);
    CHECK(second.body.find("autocomplete=\"current-password\"") != std::string::npos);
    http::Form show;
    show.add("csrf", token(second.body));
    show.add("step", "password");
    show.add("password", std::string(right_password));
    const auto done = browser.post(journey, show);
    CHECK(done.status == 303);
    CHECK(done.header("Location").starts_with("https://app.example/in"));
  });
}

TEST_CASE("an old journey is gone") {
  in_world([](World& world, TenantId tenant, Id) {
    Browser browser(world, tenant);
    const auto journey = browser.begin(asking());
    world.clock.advance(31min);
    CHECK(browser.get(journey).status == 410);
  });
}
