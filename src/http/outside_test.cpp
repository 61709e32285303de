#include <doctest/doctest.h>

#include <atomic>

#include "http/certificate_test.h"
#include "http/client.h"
#include "http/edge_test.h"
#include "http/public_address.h"

namespace kidoban::http {
namespace {

using namespace std::chrono_literals;

std::string reason_of(const auto& result) { return result ? std::string("it went well") : std::string(result.error().reason.text()); }
bool is_public(const char* text) { return http::is_public(*Address::parse(text)); }

// A server with a certificate that counts who comes.
struct Receiver {
  Certificate certificate{"receiver"};
  TestEdge edge;
  std::atomic<int> came = 0;
  std::string url;

  Receiver() {
    edge.options.listen = {{"127.0.0.1", 0, certificate.chain, certificate.key}};
    const auto add = [&](std::string path, Handler handler) {
      edge.routes.add({Scope::service, Method::post, path, Guard::open, {Body::Type::json, 4096}, problem,
                       [this, handler](Request& request) {
                         ++came;
                         return handler(request);
                       },
                       path.substr(1), true});
    };
    add("/taken", [](Request&) -> Result<Reply> { return Reply::empty(204); });
    add("/elsewhere", [](Request&) -> Result<Reply> { return Reply::see_other("/taken"); });
    add("/endless", [](Request&) -> Result<Reply> { return Reply::text(200, std::string(8 * 1024 * 1024, 'x')); });
    add("/busy", [](Request&) -> Result<Reply> {
      auto reply = Reply::text(429, "later");
      reply.with("Retry-After", "7");
      return reply;
    });
    url = "https://localhost:" + std::to_string(edge.run());
  }
  auto post(const std::string& path, const Reach& reach, std::chrono::milliseconds time = 10s) const {
    return post_within(reach, {.url = url + path, .headers = {{"Content-Type", "application/json"}}, .body = "{}", .time = time}, runtime::Deadline::never());
  }
};

TEST_CASE("only addresses of the public Internet are public") {
  for (const char* text : {"1.1.1.1", "8.8.8.8", "172.15.255.255", "172.32.0.1", "2606:4700::1111", "2a00::1", "::ffff:8.8.8.8", "64:ff9b::808:808"}) {
    CHECK_MESSAGE(is_public(text), text);
  }
  for (const char* text : {"0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1", "198.18.0.1",
                           "224.0.0.1", "240.0.0.1", "255.255.255.255", "168.63.129.16", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
                           "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "4000::1"}) {
    CHECK_MESSAGE(!is_public(text), text);
  }
}

TEST_CASE("a URL that somebody else chose is https, plain, and not of this machine or its neighbours") {
  for (const char* text : {"https://siem.example.com/hook?x=1", "https://siem.example.com:8443/", "https://1.1.1.1/", "https://[2606:4700::1111]/"}) {
    CHECK_MESSAGE(check_url(text, {}), text);
  }
  CHECK(check_url("https://SIEM.example.com/hook", {}).value_or("") != "");
  CHECK(reason_of(check_url("http://siem.example.com/", {})) == "url_not_https");
  CHECK(reason_of(check_url("file:///etc/passwd", {})) != "it went well");
  for (const char* text : {"https://", "siem.example.com", "", "https://user@siem.example.com/", "https://user:password@siem.example.com/", "https://siem.example.com/#part",
                           "https://siem.example.com/a b", "https://siem.example.com/\r\nHost: other", "https://siem.example.com\\@other/", "https://例え.jp/"}) {
    CHECK_MESSAGE(reason_of(check_url(text, {})) == "url_malformed", text);
  }
  CHECK(reason_of(check_url("https://siem.example.com/" + std::string(2048, 'x'), {})) == "url_malformed");
  for (const char* text : {"https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://169.254.169.254/latest/meta-data/",
                           "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[fe80::1]/", "https://10.0.0.1:8443/", "https://localhost/", "https://LOCALHOST./",
                           "https://hook.localhost:9000/"}) {
    CHECK_MESSAGE(reason_of(check_url(text, {})) == "url_unreachable", text);
  }
  const Reach near{*parse_networks(std::vector<std::string>{"127.0.0.0/8"}), {}};
  CHECK(check_url("https://127.0.0.1/", near));
  CHECK(check_url("https://localhost:9000/", near));
  CHECK(reason_of(check_url("https://10.0.0.1/", near)) == "url_unreachable");
}

TEST_CASE("a name that leads to this machine is found out when it is connected to, and only then") {
  const Receiver receiver;
  const Reach reach{*parse_networks(std::vector<std::string>{"127.0.0.0/8", "::1/128"}), receiver.certificate.chain};
  const auto taken = receiver.post("/taken", reach);
  REQUIRE(taken);
  CHECK(taken->status == 204);
  // With a connection to it still open.
  CHECK(reason_of(receiver.post("/taken", {{}, receiver.certificate.chain})) == "address_forbidden");
  const Reach elsewhere{*parse_networks(std::vector<std::string>{"10.0.0.0/8"}), receiver.certificate.chain};
  CHECK(reason_of(receiver.post("/taken", elsewhere)) == "address_forbidden");
  CHECK(receiver.came == 1);
}

TEST_CASE("the status is the answer: nothing is followed, and nothing endless is read") {
  const Receiver receiver;
  const Reach reach{*parse_networks(std::vector<std::string>{"127.0.0.0/8", "::1/128"}), receiver.certificate.chain};
  CHECK(receiver.post("/elsewhere", reach)->status == 303);
  CHECK(receiver.came == 1);
  const auto endless = receiver.post("/endless", reach);
  REQUIRE(endless);
  CHECK(endless->status == 200);
  const auto busy = receiver.post("/busy", reach);
  CHECK(busy->status == 429);
  CHECK(busy->retry_after == 7s);
  CHECK_FALSE(receiver.post("/taken", reach)->retry_after);
}

TEST_CASE("what failed is said: no TLS to be believed, nobody there, no such name") {
  const Receiver receiver;
  const auto networks = *parse_networks(std::vector<std::string>{"127.0.0.0/8", "::1/128"});
  CHECK(reason_of(receiver.post("/taken", {networks, {}})) == "certificate_invalid");
  CHECK(receiver.came == 0);
  const auto post = [&](const std::string& url) {
    return reason_of(post_within({networks, receiver.certificate.chain}, {.url = url, .headers = {}, .body = "{}", .time = 5s}, runtime::Deadline::never()));
  };
  CHECK(post("https://127.0.0.1:1/") == "server_unreachable");
  CHECK(post("https://no-such-name.invalid/") == "name_unresolvable");
  CHECK(post("http://127.0.0.1:1/") != "it went well");
  CHECK(reason_of(receiver.post("/taken", {networks, receiver.certificate.chain}, 0ms)) == "server_too_slow");
}

}  // namespace
}  // namespace kidoban::http
