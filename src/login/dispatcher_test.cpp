// The dispatcher alone: from state, what is due.

#include <doctest/doctest.h>

#include "login/dispatcher.h"
#include "login/lockout.h"

using namespace kidoban;
using namespace kidoban::login;
using namespace std::chrono_literals;

namespace {
const Policy password_alone{{Element{{"password"}}}};
const Policy two{{Element{{"password"}}, Element{{"totp", "webauthn"}}}};
const Time noon = from_us(1'800'000'000'000'000);

Session session_of(Time signed_in_at) {
  Session session;
  session.person.bytes.fill(1);
  session.signed_in_at = signed_in_at;
  session.amr = {"pwd"};
  return session;
}
}  // namespace

TEST_CASE("a stranger says who they are, shows it, and is let in") {
  Progress p;
  CHECK(decide(p, password_alone, {}) == Due::identify);
  p.login = "hanako@example.com";
  CHECK(decide(p, password_alone, {}) == Due::element);
  p.passed = {"password"};
  CHECK(decide(p, password_alone, {}) == Due::finish);
  CHECK(decide(p, password_alone, {false, true}) == Due::consent);
}

TEST_CASE("every element must be passed, in order") {
  Progress p;
  p.login = "hanako@example.com";
  p.passed = {"password"};
  CHECK(decide(p, two, {}) == Due::element);
  p.passed = {"password", "totp"};
  CHECK(decide(p, two, {}) == Due::finish);
}

TEST_CASE("prompt=select_account asks once, and only where there is an account to choose") {
  Progress p;
  p.asked.choose_account = true;
  CHECK(decide(p, password_alone, {}) == Due::identify);
  CHECK(decide(p, password_alone, {true, false}) == Due::choose);
  p.chosen = true;
  CHECK(decide(p, password_alone, {true, false}) == Due::identify);
  p.session.emplace();
  CHECK(decide(p, password_alone, {true, false}) == Due::finish);
}

TEST_CASE("a session satisfies by person, age, freshness and strength") {
  federation::SignInRequest asked;
  const auto session = session_of(noon - 100s);
  CHECK(satisfies(session, asked, noon, noon));
  asked.max_age_s = 100;
  CHECK(satisfies(session, asked, noon, noon));
  asked.max_age_s = 99;
  CHECK_FALSE(satisfies(session, asked, noon, noon));
  asked.max_age_s = std::numeric_limits<std::int64_t>::max();
  CHECK(satisfies(session, asked, noon, noon));
  asked.max_age_s = 0;  // the same as prompt=login
  CHECK_FALSE(satisfies(session_of(noon), asked, noon + 1us, noon));
  asked.max_age_s.reset();
  asked.fresh = true;
  CHECK_FALSE(satisfies(session, asked, noon, noon));
  CHECK(satisfies(session_of(noon + 1s), asked, noon, noon + 2s));
  asked.fresh = false;
  asked.person.emplace();
  CHECK_FALSE(satisfies(session, asked, noon, noon));
  asked.person = session.person;
  CHECK(satisfies(session, asked, noon, noon));
  asked.acr_values = {std::string(acr_multi_factor)};
  CHECK(satisfies(session, asked, noon, noon));
  asked.acr_essential = true;
  CHECK_FALSE(satisfies(session, asked, noon, noon));
}

TEST_CASE("a journey's state survives its writing down") {
  Progress p;
  p.asked.protocol = "oidc";
  p.asked.application.bytes.fill(3);
  p.asked.max_age_s = 12;
  p.asked.scopes = {"openid", "email"};
  p.asked.state = "{\"nonce\":\"\\u0000\xE6\x9C\xA8\"}";
  p.asked.consent = federation::SignInRequest::Consent::ask;
  p.started_at = noon;
  p.login = "hanako@example.com";
  p.passed = {"password"};
  p.amr = {"pwd"};
  p.chosen = true;
  p.session.emplace().bytes.fill(9);
  const auto again = decode(encode(p));
  REQUIRE(again.has_value());
  CHECK(encode(*again) == encode(p));
  CHECK(again->asked.state == p.asked.state);
  CHECK(again->session == p.session);
  CHECK_FALSE(decode("{}").has_value());
  CHECK_FALSE(decode("[").has_value());
}

TEST_CASE("delay doubles after the free attempts and has an end") {
  const LockoutRule rule{3, 2s, 60s, 1h};
  CHECK(delay_after(rule, 0) == 0s);
  CHECK(delay_after(rule, 3) == 0s);
  CHECK(delay_after(rule, 4) == 2s);
  CHECK(delay_after(rule, 5) == 4s);
  CHECK(delay_after(rule, 8) == 32s);
  CHECK(delay_after(rule, 9) == 60s);
  CHECK(delay_after(rule, std::numeric_limits<std::int64_t>::max()) == 60s);
}

TEST_CASE("an address is counted as what one subscriber has") {
  CHECK(address_block("192.0.2.1") != address_block("192.0.2.2"));
  CHECK(address_block("2001:db8::1") == address_block("2001:db8:0:0:ffff::2"));
  CHECK(address_block("2001:db8::1") != address_block("2001:db8:0:1::1"));
  CHECK(address_block("::ffff:192.0.2.1") == address_block("192.0.2.1"));
  CHECK(address_block("") == address_block(""));
}
