// Targets, hosts, proxies, networks, forms, cookies, traces: each in one spelling only.

#include <doctest/doctest.h>

#include "base/limits.h"
#include "http/forwarded.h"
#include "http/guard.h"
#include "http/outgoing.h"
#include "http/target.h"
#include "http/trace.h"

namespace kidoban::http {
namespace {

TEST_CASE("a target has one reading, or none") {
  const auto good = parse_target(Method::get, "/t/demo/%E6%9C%A8?x=%2F..");
  REQUIRE(good);
  CHECK(good->path == "/t/demo/木");
  CHECK(good->query == "x=%2F..");
  const auto absolute = parse_target(Method::get, "HTTPS://ID.Example.com:8443/a?b");
  REQUIRE(absolute);
  CHECK(absolute->authority == "id.example.com:8443");
  CHECK(absolute->path == "/a");
  CHECK(parse_target(Method::get, "http://a?b")->path == "/");
  CHECK(parse_target(Method::options, "*")->path == "*");
  for (const std::string_view bad : {"", "a", "*", "/a/../b", "/a/./b", "/..", "/%2e%2e/b", "/.%2E/", "/a%2Fb", "/a%5cb", "/a\\b", "/%00", "/%",
                                     "/%zz", "/\x80", "/a b", "/a#b", "/a\tb", "//a/../b", "ftp://a/", "http://u@a/", "http:///", "javascript:x"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_target(Method::get, bad));
  }
}

TEST_CASE("a host is a name, an address, and perhaps a port") {
  CHECK(*parse_host("ID.Example.com") == "id.example.com");
  CHECK(*parse_host("[2001:DB8::1]:443") == "[2001:db8::1]:443");
  CHECK(*parse_host("localhost:0") == "localhost:0");
  for (const std::string_view bad : {"", ".a", "a..b", "a b", "a/b", "a@b", "a:", "a:99999", "a:-1", "[::1", "[1]", "a:1:2", "a\r\nb", "a,b", "木.example"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_host(bad));
  }
  CHECK_FALSE(parse_host(std::string(300, 'a')));
}

TEST_CASE("networks contain what they say, and nothing a reader could mistake") {
  const auto address = [](std::string_view text) { return *Address::parse(text); };
  CHECK(Network::parse("192.0.2.0/24")->contains(address("192.0.2.255")));
  CHECK_FALSE(Network::parse("192.0.2.0/24")->contains(address("192.0.3.0")));
  CHECK(Network::parse("192.0.2.7")->contains(address("::ffff:192.0.2.7")));  // seen through a dual-stack socket
  CHECK(Network::parse("0.0.0.0/0")->contains(address("255.1.2.3")));
  CHECK_FALSE(Network::parse("0.0.0.0/0")->contains(address("2001:db8::1")));
  CHECK(Network::parse("2001:db8::/32")->contains(address("2001:db8:ffff::1")));
  for (const std::string_view bad : {"", "x", "192.0.2.1/24", "192.0.2.0/33", "::/129", "192.0.2.0/", "192.0.2.0/-1", "/8", "1.2.3", "[::1]"}) {
    CAPTURE(bad);
    CHECK_FALSE(Network::parse(bad));
  }
  CHECK(address("::ffff:192.0.2.1").text() == "192.0.2.1");
  CHECK(address("2001:DB8:0:0::1").text() == "2001:db8::1");
}

TEST_CASE("only a configured proxy says who asks") {
  const Address proxy = *Address::parse("192.0.2.1"), stranger = *Address::parse("203.0.113.9");
  const Networks trusted{*Network::parse("192.0.2.0/24")};
  const auto client = [&](const Headers& headers, const Address& peer) {
    auto origin = origin_of(headers, peer, false, trusted);
    return origin ? origin->client.text() : std::string(origin.error().reason.text());
  };
  CHECK(client({{"x-forwarded-for", "198.51.100.1"}}, stranger) == "203.0.113.9");
  CHECK(client({{"x-forwarded-for", "198.51.100.1"}}, proxy) == "198.51.100.1");
  // What stands left of the first stranger is that stranger's word.
  CHECK(client({{"x-forwarded-for", "1.1.1.1, 198.51.100.1, 192.0.2.7"}}, proxy) == "198.51.100.1");
  CHECK(client({{"x-forwarded-for", "1.1.1.1"}, {"x-forwarded-for", "198.51.100.1"}}, proxy) == "198.51.100.1");
  CHECK(client({{"x-forwarded-for", "1.1.1.1, unknown, 192.0.2.7"}}, proxy) == "192.0.2.7");
  CHECK(client({{"x-forwarded-for", "[2001:db8::5]:4711"}}, proxy) == "2001:db8::5");
  CHECK(client({{"forwarded", "for=\"[2001:db8::5]:4711\";proto=https, for=192.0.2.7"}}, proxy) == "2001:db8::5");
  CHECK(client({{"forwarded", "for=198.51.100.1"}, {"x-forwarded-for", "198.51.100.1"}}, proxy) == "198.51.100.1");
  CHECK(client({{"forwarded", "for=198.51.100.1"}, {"x-forwarded-for", "1.1.1.1"}}, proxy) == "forwarded_ambiguous");
  CHECK(client({{"forwarded", "for"}}, proxy) == "forwarded_malformed");
  CHECK(client({{"x-forwarded-proto", "gopher"}}, proxy) == "forwarded_malformed");
  CHECK(client({{"x-forwarded-host", "a/b"}}, proxy) == "forwarded_malformed");
  const auto origin = origin_of({{"x-forwarded-proto", "https"}, {"x-forwarded-host", "ID.example.com"}}, proxy, false, trusted);
  REQUIRE(origin);
  CHECK(origin->tls);
  CHECK(origin->host == "id.example.com");
}

TEST_CASE("a form is strict, and says what is in it twice") {
  const auto form = Form::parse("a=1&b=%E6%9C%A8+x&a=2&empty=&bare");
  REQUIRE(form);
  CHECK(form->get_or("a") == "1");
  CHECK(form->get_or("b") == "木 x");
  CHECK(form->has("bare"));
  CHECK(form->repeated() == "a");
  CHECK(Form::parse(form->encode())->fields() == form->fields());
  for (const std::string_view bad : {"a=%", "a=%zz", "a=%00", "a=%ff", "%c0%80=a"}) {
    CAPTURE(bad);
    CHECK_FALSE(Form::parse(bad));
  }
  std::string many;
  for (std::size_t i = 0; i <= limits::form_fields; ++i) many += "a&";
  CHECK_FALSE(Form::parse(many));
}

TEST_CASE("cookies, types and what a client prefers are read from the headers") {
  Request request;
  request.headers = {{"cookie", "a=1; __Host-kidoban-demo=x=y; b"}, {"content-type", "Application/JSON; charset=utf-8"}};
  CHECK(request.cookie("__Host-kidoban-demo") == "x=y");
  CHECK_FALSE(request.cookie("kidoban-demo"));
  CHECK(request.content_type() == "application/json");
  const auto prefers_json = [](const char* accept) {
    Request asked;
    asked.headers = {{"accept", accept}};
    return asked.wants_json();
  };
  CHECK(prefers_json("application/json"));
  CHECK(prefers_json("text/html;q=0.5, application/json"));
  CHECK_FALSE(prefers_json("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
  CHECK_FALSE(prefers_json("*/*"));
  CHECK_FALSE(prefers_json("application/json;q=0, text/html"));
}

TEST_CASE("a changing request of our pages comes from our pages") {
  Request request;
  request.method = Method::post;
  request.site.base_url = "https://id.example.com/t/acme";
  const auto with = [&](std::vector<std::pair<std::string, std::string>> headers) {
    request.headers = std::move(headers);
    return check_same_origin(request).has_value();
  };
  CHECK(with({{"sec-fetch-site", "same-origin"}}));
  CHECK(with({{"sec-fetch-site", "none"}}));
  CHECK_FALSE(with({{"sec-fetch-site", "same-site"}}));
  CHECK_FALSE(with({{"sec-fetch-site", "cross-site"}, {"origin", "https://id.example.com"}}));
  CHECK(with({{"origin", "https://ID.example.com"}}));
  CHECK_FALSE(with({{"origin", "https://evil.example"}}));
  CHECK_FALSE(with({{"origin", "http://id.example.com"}}));
  CHECK_FALSE(with({{"origin", "null"}}));
  CHECK(with({{"referer", "https://id.example.com/t/acme/x"}}));
  CHECK_FALSE(with({{"referer", "https://id.example.com.evil.example/"}}));
  CHECK(with({}));
  request.method = Method::get;
  CHECK(with({{"sec-fetch-site", "cross-site"}}));
}

TEST_CASE("an answer says what every answer says, and nothing can be smuggled into it") {
  const Trace trace{std::string(32, 'a'), std::string(16, 'b')};
  Framing framing;
  framing.trace = &trace;
  framing.secure = true;
  const std::string head = head_of(Reply::html(200, "hello"), framing, from_us(0));
  for (const char* line : {"HTTP/1.1 200 OK\r\n", "\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n", "\r\nContent-Length: 5\r\n", "\r\nX-Content-Type-Options: nosniff\r\n",
                           "\r\nStrict-Transport-Security: max-age=", "\r\nX-Frame-Options: DENY\r\n", "\r\ntraceresponse: 00-aaaa"}) {
    CAPTURE(line);
    CHECK(head.find(line) != std::string::npos);
  }
  CHECK(head.ends_with("\r\n\r\n"));
  CHECK(body_of(Reply::html(200, "hello"), {.head_only = true}).empty());
  CHECK(head_of(Reply::html(200, "hello"), {.head_only = true}, from_us(0)).find("Content-Length: 5") != std::string::npos);
  CHECK(head_of(Reply::empty(204), framing, from_us(0)).find("Content-Length") == std::string::npos);
  CHECK_THROWS(head_of(Reply::see_other("https://a\r\nSet-Cookie: x=y"), framing, from_us(0)));
  CHECK_THROWS(head_of(Reply::text(200, "").with("X:y", "z"), framing, from_us(0)));
  // Framing is the edge's.
  CHECK(head_of(Reply::text(200, "hello").with("Content-Length", "99"), framing, from_us(0)).find("99") == std::string::npos);
}

TEST_CASE("a trace goes on, or begins") {
  const std::string good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  CHECK(trace_of(good).trace_id == "0af7651916cd43dd8448eb211c80319c");
  CHECK(trace_of(good).span_id != "b7ad6b7169203331");
  CHECK(trace_of("01" + good.substr(2) + "-more").trace_id == "0af7651916cd43dd8448eb211c80319c");
  for (const std::string& bad : {std::string(), good.substr(1), "ff" + good.substr(2), good + "-more", "00-" + std::string(32, '0') + good.substr(35), "00-" + std::string(32, 'A') + good.substr(35)}) {
    CAPTURE(bad);
    CHECK(trace_of(bad).trace_id != "0af7651916cd43dd8448eb211c80319c");
    CHECK(trace_of(bad).trace_id.size() == 32);
    CHECK(trace_of(bad).trace_id != trace_of(bad).trace_id);
  }
}

}  // namespace
}  // namespace kidoban::http
