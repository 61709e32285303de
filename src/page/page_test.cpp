// What pages promise, whatever they show.

#include <doctest/doctest.h>


#include "page/assets.h"
#include "page/language.h"
#include "page/page.h"
#include "page/templates.h"
#include "page/words.h"

using namespace kidoban;
using namespace kidoban::page;

namespace {

http::Request request_at(std::string path) {
  http::Request request;
  request.method = http::Method::get;
  request.path = std::move(path);
  request.site = {TenantId{}, "acme", "http://localhost/t/acme", "/t/acme", false, "Acme <b>"};
  request.trace = {"0123456789abcdef0123456789abcdef", "0123456789abcdef"};
  return request;
}

}  // namespace

TEST_CASE("the language is the first we speak of ui_locales, then the best of Accept-Language, then English") {
  CHECK(choose_language("", "") == Language::en);
  CHECK(choose_language("", "ja") == Language::ja);
  CHECK(choose_language("", "ja-JP,en;q=0.5") == Language::ja);
  CHECK(choose_language("", "en;q=0.5, ja;q=0.9") == Language::ja);
  CHECK(choose_language("", "fr, de;q=0.9") == Language::en);
  CHECK(choose_language("", "ja;q=0, en") == Language::en);
  CHECK(choose_language("fr ja", "en") == Language::ja);
  CHECK(choose_language("en-GB", "ja") == Language::en);
  CHECK(choose_language("", "jav") == Language::en);  // Javanese is not Japanese
}

TEST_CASE("a malformed preference is passed over, not obeyed and not refused") {
  CHECK(choose_language("", "ja;q=2, en") == Language::en);
  CHECK(choose_language("", "ja;q=0.1234, en") == Language::en);
  CHECK(choose_language("", "ja;q=, en;q=0.1") == Language::en);
  CHECK(choose_language("", ",,;;=, ja") == Language::ja);
  CHECK(parse_accept_language("-, ja-, 12, a_b, toolongsubtag").empty());
  CHECK(parse_accept_language(std::string(100'000, ',')).empty());
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "en,";
  CHECK(parse_accept_language(many).size() == 32);
}

TEST_CASE("gzip is sent only to those who take it") {
  CHECK(accepts_gzip("gzip, deflate, br"));
  CHECK(accepts_gzip("*"));
  CHECK(accepts_gzip("br;q=1.0, gzip;q=0.001"));
  CHECK_FALSE(accepts_gzip(""));
  CHECK_FALSE(accepts_gzip("gzip;q=0"));
  CHECK_FALSE(accepts_gzip("gzip;q=0, *"));
  CHECK_FALSE(accepts_gzip("identity"));
}

TEST_CASE("both languages have the same words, and every page a title") {
  const Words words(resources());
  for (const auto& [key, word] : words.all(Language::en)) {
    INFO(key);
    const std::string* other = words.find(Language::ja, key);
    REQUIRE(other != nullptr);
    CHECK_FALSE(word.empty());
    CHECK_FALSE(other->empty());
  }
  CHECK(words.all(Language::en).size() == words.all(Language::ja).size());
  CHECK(words.find(Language::en, "title.error") != nullptr);
  CHECK(words.find(Language::en, "title.application_error") != nullptr);
}

TEST_CASE("what a page shows is escaped, also inside words") {
  Parts parts;
  parts.word = [](std::string_view) -> std::optional<std::string> { return "Open <{{name}}> & go"; };
  parts.partial = [](std::string_view) -> std::optional<std::string_view> { return std::nullopt; };
  parts.asset = [](std::string_view) { return std::string(); };
  const Template page(assemble("<p>{{t.any}}</p>{{#empty}}never{{/empty}}", parts));
  Data data;
  data.text["name"] = "<script>\"'&{{t.any}}";
  data.text["empty"] = "";
  CHECK(page.render(data) == "<p>Open &lt;&lt;script&gt;&quot;&apos;&amp;{{t.any}}&gt; &amp; go</p>");
}

TEST_CASE("a page carries its security headers and nothing inline") {
  const Pages pages({{"page", resources()}});
  auto request = request_at("/");
  Data data;
  data.text["heading"] = "Hello <script>alert(1)</script>";
  const auto reply = pages.render(request, Language::ja, "page/error", data, 404,
                                  {"https://app.example", "evil; script-src *", "https://app.example/ x"});
  CHECK(reply.status == 404);
  const std::string csp(reply.header("Content-Security-Policy"));
  CHECK(csp.find("default-src 'none'") != std::string::npos);
  CHECK(csp.find("form-action 'self' https://app.example;") != std::string::npos);
  CHECK(csp.find("evil") == std::string::npos);
  CHECK(csp.find("unsafe") == std::string::npos);
  CHECK(csp.find("frame-ancestors 'none'") != std::string::npos);
  CHECK(reply.header("Referrer-Policy") == "no-referrer");
  CHECK(reply.header("X-Content-Type-Options") == "nosniff");
  CHECK(reply.header("Cache-Control") == "no-store");
  CHECK(reply.header("Strict-Transport-Security").empty());
  CHECK(reply.body.find("<html lang=\"ja\">") != std::string::npos);
  CHECK(reply.body.find("alert(1)</script>") == std::string::npos);
  CHECK(reply.body.find("Acme &lt;b&gt;") != std::string::npos);
  CHECK(reply.body.find("style=") == std::string::npos);
  CHECK(reply.body.find("{{") == std::string::npos);
  request.site.secure = true;
  CHECK_FALSE(pages.render(request, Language::en, "page/error", {}).header("Strict-Transport-Security").empty());
}

TEST_CASE("assets are found by the page that names them, compressed, and kept for ever") {
  const Pages pages({});
  http::Routes routes;
  pages.add_routes(routes);
  auto request = request_at("/");
  const auto page = pages.render(request, Language::en, "page/error", {});
  constexpr std::string_view base = "\"/t/acme";
  int found = 0;
  for (std::size_t at = page.body.find("\"/t/acme/assets/"); at != std::string::npos; at = page.body.find("\"/t/acme/assets/", at + 1)) {
    ++found;
    const std::size_t from = at + base.size();
    auto match = routes.match(http::Scope::tenant, http::Method::get, page.body.substr(from, page.body.find('"', from) - from));
    REQUIRE(match.route != nullptr);
    request.path_values = match.path_values;
    request.headers = {{"accept-encoding", "gzip"}};
    const auto squeezed = match.route->handler(request);
    REQUIRE(squeezed.has_value());
    CHECK(squeezed->header("Cache-Control") == "public, max-age=31536000, immutable");
    CHECK(squeezed->header("Vary") == "Accept-Encoding");
    request.headers.clear();
    const auto plain = match.route->handler(request);
    REQUIRE(plain.has_value());
    CHECK(plain->header("Content-Encoding").empty());
    CHECK(plain->static_body.size() >= squeezed->static_body.size());
  }
  CHECK(found == 3);
  request.path_values = {{"file", "kidoban.0000000000000000.css"}};
  const auto missing = routes.match(http::Scope::service, http::Method::get, "/assets/x").route->handler(request);
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().kind == Kind::not_found);
  CHECK(page.body.size() + Assets(resources()).compressed_bytes() < 60 * 1024);
}

TEST_CASE("an error says what happened and what to do, and shows no note") {
  const Pages pages({});
  auto request = request_at("/nowhere");
  request.headers = {{"accept", "text/html"}, {"accept-language", "en"}};
  const Error error = fail_for_now(Kind::unavailable, "store_busy", 3, "secret detail").error();
  const auto reply = pages.error(request, "page", error);
  CHECK(reply.status == 503);
  CHECK(reply.header("Retry-After") == "3");
  CHECK(reply.body.find("Just a moment, please") != std::string::npos);
  CHECK(reply.body.find(request.trace.trace_id) != std::string::npos);
  CHECK(reply.body.find("secret detail") == std::string::npos);
  request.headers = {{"accept", "application/json"}};
  const auto json = pages.error(request, "page", error);
  CHECK(json.header("Content-Type").starts_with("application/problem+json"));
}
