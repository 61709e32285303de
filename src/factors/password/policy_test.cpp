// What a tenant may ask of passwords, and what is told where it asks amiss.

#include "factors/password/policy.h"

#include <doctest/doctest.h>

#include "factors/password/strength.h"

using namespace kidoban;
using namespace kidoban::factors;
using namespace kidoban::factors::password;

namespace {

std::string wrong_in(std::string_view json) {
  const auto parsed = parse_rules(json);
  const auto* faults = std::get_if<std::vector<RuleFault>>(&parsed);
  std::string all;
  if (faults == nullptr) return "nothing";
  for (const auto& fault : *faults) all += (all.empty() ? "" : " ") + fault.member + ":" + std::string(fault.reason.text());
  return all;
}

std::string faults_in(std::string_view typed, const Policy& policy, const std::vector<std::string>& own = {}) {
  std::string all;
  for (const auto& fault : faults_of(typed, policy, own)) {
    all += (all.empty() ? "" : " ") + std::string(fault.reason.text()) + (fault.value.empty() ? "" : "=" + fault.value);
  }
  return all;
}

}  // namespace

TEST_CASE("rules are read as they are written") {
  const std::string group = "018f3c1e-0000-7000-8000-000000000001";
  const auto parsed = parse_rules(R"({"default":{"min_length":12,"refuse_breached":false},"overrides":[{"groups":[")" + group +
                                  R"("],"policy":{"min_length":20}}],"lock":{"threshold":3}})");
  REQUIRE(std::holds_alternative<Rules>(parsed));
  const auto& rules = std::get<Rules>(parsed);
  CHECK(rules.everyone.min_length == 12);
  CHECK(rules.everyone.history == 3);
  CHECK(rules.lock == Lock{.threshold = 3});
  const Id id = *Id::parse(group);
  CHECK(rules.policy_of({}).min_length == 12);
  CHECK(rules.policy_of({Id{}, id}).min_length == 20);
  CHECK_FALSE(rules.policy_of({id}).refuse_breached);  // what an override doesn't say, the default does
  const auto again = parse_rules(write_rules(rules));
  REQUIRE(std::holds_alternative<Rules>(again));
  CHECK(write_rules(std::get<Rules>(again)) == write_rules(rules));
  CHECK(std::holds_alternative<Rules>(parse_rules("{}")));
}

TEST_CASE("everything that is wrong with rules is named, by its member") {
  CHECK(wrong_in("[]") == ":not_an_object");
  CHECK(wrong_in(R"({"default":{"min_length":7,"history":25,"min_strength":"3","colour":1,"refuse_breached":1}})") ==
        "default.refuse_breached:not_true_or_false default.colour:unknown default.min_length:out_of_range "
        "default.min_strength:not_a_whole_number default.history:out_of_range");
  CHECK(wrong_in(R"({"default":{"min_length":100,"max_length":64}})") == "default.min_length:above_max_length");
  CHECK(wrong_in(R"({"default":5,"lock":{"first_delay_s":600,"longest_delay_s":60},"x":1})") ==
        "x:unknown default:not_an_object lock.first_delay_s:above_longest_delay");
  CHECK(wrong_in(R"({"overrides":[{"groups":[],"policy":{}},{"groups":["x"]},7]})") ==
        "overrides.0.groups:missing overrides.1.groups:not_an_id overrides.1.policy:missing overrides.2:not_an_object");
  CHECK(wrong_in(R"({"default":{"min_length":1e9}})") == "default.min_length:not_a_whole_number");
}

TEST_CASE("a password's strength is what it costs to guess") {
  CHECK(strength_of("passwordpassword", {}) == 0);
  CHECK(strength_of("qwertyuiopasdfgh", {}) < 3);
  CHECK(strength_of("\xEF\xBD\x90\xEF\xBD\x81\xEF\xBD\x93\xEF\xBD\x93\xEF\xBD\x97\xEF\xBD\x8F\xEF\xBD\x92\xEF\xBD\x84", {}) == 0);  // full-width "password"
  CHECK(strength_of("\xE6\x9C\xA8\xE6\x88\xB8\xE6\x9C\xA8\xE6\x88\xB8\xE6\x9C\xA8\xE6\x88\xB8\xE6\x9C\xA8\xE6\x88\xB8", {}) == 0);
  CHECK(strength_of("gate of the lantern street", {}) == 4);
  CHECK(strength_of("kidobankidoban1", {}) < 3);
  CHECK(strength_of("marunouchi2026!", {}) > strength_of("marunouchi2026!", {"Marunouchi"}));
  CHECK(strength_of(std::string(500, 'a') + "b gate of the lantern street", {}) == 4);  // the end counts as well
}

TEST_CASE("everything that is wrong with a password is told at once") {
  Policy policy;
  CHECK(faults_in("gate of the lantern street", policy).empty());
  policy.character_kinds = 3;
  CHECK(faults_in("hanako", policy, {"Hanako"}) == "password_too_short=15 password_few_kinds=3 password_own_words password_too_common");
  policy.character_kinds = 4;
  CHECK(faults_in("Gate 7 of the lantern", policy).empty());
  policy = {};
  policy.max_length = 64;
  CHECK(faults_in(std::string("gate of the lantern street ") + std::string(40, '#'), policy) == "password_too_long=64");
  policy = {};
  CHECK(faults_in("the YAMADA lantern street", policy, {"yamada-taro"}) == "password_own_words");
  CHECK(faults_in("the lantern \xE5\xB1\xB1\xE7\x94\xB0 street", policy, {"\xE5\xB1\xB1\xE7\x94\xB0 \xE8\x8A\xB1\xE5\xAD\x90"}) == "password_own_words");
  CHECK(faults_in("a jo on the lantern street", policy, {"Jo"}).empty());  // too short a word to mean anything
  policy.refuse_own_words = false;
  CHECK(faults_in("the YAMADA lantern street", policy, {"yamada-taro"}).empty());
}
