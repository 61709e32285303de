// Replacing a password on the way in: who must, who wishes to, and what guessing costs by the tenant's own rule.

#include "login/browser_test.h"

using namespace kidoban;
using namespace kidoban::login;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view fresh = "a second lantern by the quay";
const audit::Event by{"test", audit::Outcome::success, {}, {}, {}, {}};

void in_world(const std::function<void(World&, TenantId, Id)>& body) {
  const auto features = sign_in_features();
  kit::each_engine(features, [&](store::Store& store) {
    World world(store);
    const TenantId tenant = world.make_tenant();
    const Id person = world.make_person(tenant, "hanako@example.com");
    body(world, tenant, person);
  });
}

std::string make_temporary(World& world, TenantId tenant, const Id& person) {
  const auto made = world.password.generate(tenant, soon());
  REQUIRE(made.has_value());
  REQUIRE(world.store.write(tenant, soon(), [&](store::Transaction& tx) { return world.password.set(tx, person, made->prepared, by); }));
  world.clock.advance(1s);
  return std::string(made->text.reveal_text());
}

std::vector<std::pair<std::string, std::string>> twice(std::string_view password) {
  return {{"new_password", std::string(password)}, {"new_password_again", std::string(password)}};
}

}  // namespace

TEST_CASE("whoever has a temporary password chooses their own before anything else") {
  in_world([](World& world, TenantId tenant, Id person) {
    const auto temporary = make_temporary(world, tenant, person);
    Browser browser(world, tenant);
    const auto journey = browser.begin(asking());
    browser.sign_in(journey, "hanako@example.com", temporary);
    auto state = browser.look(journey);
    CHECK(state.at("step") == "renewal");
    CHECK(state.at("why") == "password_temporary");
    CHECK_FALSE(browser.cookies.contains("kidoban-acme"));
    const auto weak = browser.answer(journey, twice("hanako"));
    CHECK(weak.status == 400);
    const auto told = boost::json::parse(weak.body).at("problem").as_object();
    CHECK(told.at("reason") == "password_too_short");
    CHECK(told.at("faults").as_array().size() == 3);
    CHECK(problem_of(browser.answer(journey, twice(temporary))) == "password_reused");
    CHECK(problem_of(browser.answer(journey, {{"new_password", std::string(fresh)}, {"new_password_again", "other"}})) == "passwords_differ");
    CHECK_FALSE(browser.cookies.contains("kidoban-acme"));
    CHECK(location_of(browser.answer(journey, twice(fresh))).starts_with("https://app.example/in?person=" + person.text()));
    CHECK(browser.cookies.contains("kidoban-acme"));
    Browser again(world, tenant);
    CHECK(location_of(again.sign_in(again.begin(asking()), "hanako@example.com", fresh)).starts_with("https://app.example/in"));
    Browser old(world, tenant);
    CHECK(problem_of(old.sign_in(old.begin(asking()), "hanako@example.com", temporary)) == "password_wrong");
    CHECK(world.audited(tenant, "password.set").size() == 3);
  });
}

TEST_CASE("what was replaced meanwhile opens nothing, however far the sign-in had come") {
  in_world([](World& world, TenantId tenant, Id person) {
    const auto first = make_temporary(world, tenant, person);
    Browser thief(world, tenant);
    const auto journey = thief.begin(asking());
    thief.sign_in(journey, "hanako@example.com", first);
    CHECK(thief.look(journey).at("step") == "renewal");
    const auto second = make_temporary(world, tenant, person);
    CHECK(location_of(thief.answer(journey, twice(fresh))).empty());
    CHECK_FALSE(thief.cookies.contains("kidoban-acme"));
    CHECK(thief.look(journey).at("step") == "password");
    Browser browser(world, tenant);
    const auto hers = browser.begin(asking());
    browser.sign_in(hers, "hanako@example.com", second);
    CHECK(location_of(browser.answer(hers, twice(fresh))).starts_with("https://app.example/in"));
  });
}

TEST_CASE("somebody disabled in between replaces nothing") {
  in_world([](World& world, TenantId tenant, Id person) {
    const auto temporary = make_temporary(world, tenant, person);
    Browser browser(world, tenant);
    const auto journey = browser.begin(asking());
    browser.sign_in(journey, "hanako@example.com", temporary);
    world.set_state(tenant, person, directory::PersonState::disabled);
    CHECK(location_of(browser.answer(journey, twice(fresh))).empty());
    CHECK(browser.look(journey).at("step") == "password");
    CHECK(world.audited(tenant, "password.set").size() == 2);
  });
}

TEST_CASE("whoever wishes to change their password shows it once more, and is signed in nowhere else afterwards") {
  in_world([](World& world, TenantId tenant, Id person) {
    Browser elsewhere(world, tenant), browser(world, tenant);
    elsewhere.sign_in(elsewhere.begin(asking()), "hanako@example.com", right_password);
    browser.sign_in(browser.begin(asking()), "hanako@example.com", right_password);
    world.clock.advance(1s);
    auto wish = asking();
    wish.fresh = true;
    wish.renew = "password";
    const auto journey = browser.begin(wish);
    CHECK(browser.look(journey).at("step") == "password");
    browser.answer(journey, {{"password", std::string(right_password)}});
    CHECK(browser.look(journey).at("why") == "wished");
    browser.answer(journey, {{"back", "1"}});
    CHECK(browser.look(journey).at("step") == "identify");
    browser.sign_in(journey, "hanako@example.com", right_password);
    CHECK(location_of(browser.answer(journey, twice(fresh))).starts_with("https://app.example/in?person=" + person.text()));
    CHECK(location_of(browser.ask(asking())).starts_with("https://app.example/in"));
    CHECK(location_of(elsewhere.ask(asking())).find("/sign-in/") != std::string::npos);
    Browser out(world, tenant);
    CHECK(problem_of(out.sign_in(out.begin(asking()), "hanako@example.com", right_password)) == "password_wrong");
  });
}

TEST_CASE("guessing gets slower by the tenant's own rule, and an administrator can forget it") {
  in_world([](World& world, TenantId tenant, Id person) {
    LockoutOptions options;
    options.rule_of_tenant = [&](store::Transaction& tx) -> Result<LockoutRule> {
      const auto rule = TRY(world.password.lock_rule(tx));
      return LockoutRule{rule.threshold, rule.first_delay, rule.longest_delay, rule.forget_after};
    };
    Lockout lockout(world.keys, world.clock, options);
    const TenantId other = world.make_tenant();
    REQUIRE(world.store.write(tenant, soon(), [&](store::Transaction& tx) -> Status {
      const auto wrong = TRY(world.password.set_rules(tx, R"({"lock":{"threshold":1,"first_delay_s":60,"longest_delay_s":90}})", {}, by));
      CHECK(wrong.empty());
      return {};
    }));
    const auto guess = [&](TenantId at) {
      const auto wait = world.store.write(at, soon(), [&](store::Transaction& tx) { return lockout.charge(tx, "hanako@example.com", "192.0.2.9"); });
      REQUIRE(wait.has_value());
      return *wait;
    };
    CHECK(guess(tenant) == 0);
    CHECK(guess(tenant) == 0);
    CHECK(guess(tenant) == 60);
    for (int i = 0; i < 4; ++i) CHECK(guess(other) == 0);
    const auto locked = [&](TenantId at) {
      const auto until = world.store.read(at, soon(), [&](store::Transaction& tx) { return lockout.locked_until(tx, "hanako@example.com"); });
      REQUIRE(until.has_value());
      return until->has_value();
    };
    CHECK(locked(tenant));
    CHECK_FALSE(locked(other));
    world.clock.advance(60s);
    CHECK_FALSE(locked(tenant));
    CHECK(guess(tenant) == 0);
    CHECK(guess(tenant) == 90);
    REQUIRE(world.store.write(tenant, soon(), [&](store::Transaction& tx) -> Status {
      const auto who = TRY(world.directory.get_person(tx, person));
      TRY(world.login.unlock(tx, who, by));
      return world.login.unlock(tx, who, by);  // nothing left to forget: no second record
    }));
    CHECK(world.audited(tenant, "person.unlocked").size() == 1);
    CHECK(guess(tenant) == 0);
  });
}
