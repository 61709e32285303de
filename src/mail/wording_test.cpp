#include <doctest/doctest.h>

#include "kit/two_tenants.h"
#include "mail/settings.h"

namespace kidoban::mail {
namespace {

using kit::reason_of;
using page::Language;

TEST_CASE("every mail has words in both languages, which pass what a tenant's own must pass") {
  for (std::size_t i = 0; i < occasions; ++i) {
    const auto occasion = static_cast<Occasion>(i);
    CHECK(occasion_named(word_of(occasion)) == occasion);
    for (const Language language : {Language::ja, Language::en}) {
      const Text text = built_in(occasion, language);
      INFO(word_of(occasion));
      CHECK(reason_of(check_wording(occasion, text)) == "it went well");
      auto values = sample_values(occasion, from_us(1'800'000'000'000'000));
      const Text told = filled(text, values, language, "Asia/Tokyo");
      CHECK(told.body.find("{{") == std::string::npos);
      for (const auto& [name, value] : values) {
        if (const auto* words = std::get_if<std::string>(&value)) CHECK((told.body + told.subject).find(*words) != std::string::npos);
      }
    }
  }
  CHECK_FALSE(occasion_named("spam"));
}

TEST_CASE("a tenant's words name only what the mail has, and keep what it is for") {
  const auto check = [](Occasion occasion, const char* subject, const char* body) { return reason_of(check_wording(occasion, {subject, body})); };
  CHECK(check(Occasion::password_reset, "S", "{{ link }} {{name}}") == "it went well");
  CHECK(check(Occasion::password_reset, "S", "no link") == "variable_missing");
  CHECK(check(Occasion::password_reset, "{{link}}", "{{link}}") == "variable_misplaced");
  CHECK(check(Occasion::password_changed, "S", "{{link}}") == "variable_unknown");
  CHECK(check(Occasion::password_changed, "{{#name}}", "b") == "variable_unknown");
  CHECK(check(Occasion::password_changed, "a\r\nBcc: x@y", "b") == "wording_malformed");
  CHECK(check(Occasion::password_changed, "S", "a\x01") == "wording_malformed");
  CHECK(check(Occasion::password_changed, "S", " ") == "wording_malformed");
  CHECK(reason_of(check_wording(Occasion::password_changed, {"S", std::string(9000, 'a')})) == "wording_malformed");
}

TEST_CASE("what is filled in is read by nobody, and stays in its line") {
  const Text told = filled({"{{name}}", "Hello {{name}},\n{{unknown}}{{at}}"}, {{"name", "{{link}}\r\nVisit https://evil.example"}, {"at", from_us(1'800'000'000'000'000)}}, Language::ja, "");
  CHECK(told.subject == "{{link}}  Visit https://evil.example");
  CHECK(told.body == "Hello {{link}}  Visit https://evil.example,\n2027年1月15日 17:00 (JST)");
  CHECK(readable(from_us(1'800'000'000'000'000), Language::en, "") == "15 January 2027, 08:00 (UTC)");
  CHECK(readable(from_us(1'800'000'000'000'000), Language::en, "nowhere/x") == readable(from_us(1'800'000'000'000'000), Language::en, "UTC"));
}

TEST_CASE("a tenant's mail settings are read strictly and come back as they were meant") {
  const auto reason = [](const char* json) { return reason_of(parse_settings(json)); };
  CHECK(reason("[]") == "json_malformed");
  CHECK(reason(R"({"from":"x"})") == "member_unknown");
  CHECK(reason(R"({"from_name":1})") == "member_malformed");
  CHECK(reason(R"({"from_name":"a\r\nb"})") == "name_malformed");
  CHECK(reason(R"({"reply_to":"a@b.example\r\nX: y"})") == "email_malformed");
  CHECK(reason(R"({"default_language":"fr"})") == "language_unknown");
  CHECK(reason(R"({"issued_copies":["a@b.example","x"]})") == "email_malformed");
  CHECK(reason(R"({"system_destinations":["a@b.example","a@b.example","a@b.example","a@b.example","a@b.example","a@b.example","a@b.example","a@b.example","a@b.example"]})") == "destinations_too_many");
  CHECK(reason(R"({"wording":{"spam":{}}})") == "mail_unknown");
  CHECK(reason(R"({"wording":{"password_reset":{"ja":{"subject":"S","body":"no"}}}})") == "variable_missing");
  CHECK(reason(R"({"wording":{"password_reset":{"ja":{"subject":"S","body":"{{link}}","html":""}}}})") == "member_unknown");
  const auto settings = parse_settings(R"({"from_name":"情報システム部","reply_to":"help@example.com","default_language":"en","issued_copies":["admin@example.com"],
      "wording":{"password_reset":{"ja":{"subject":"件名","body":"{{link}}"}}}})");
  REQUIRE(settings);
  CHECK(settings->words(Occasion::password_reset, Language::ja).subject == "件名");
  CHECK(settings->words(Occasion::password_reset, Language::en).subject == built_in(Occasion::password_reset, Language::en).subject);
  CHECK(settings_json(*parse_settings(settings_json(*settings))) == settings_json(*settings));
}

}  // namespace
}  // namespace kidoban::mail
