// The edge with real sockets.

#include "http/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <future>
#include <latch>
#include <thread>

#include "base/text.h"

namespace kidoban::http {
namespace {

// Everything below /t/{slug} is a tenant's.
class OneTenant final : public SiteFinder {
 public:
  Located locate(std::string_view, std::string_view path) const override {
    if (!path.starts_with("/t/demo/")) return {Scope::service, {}, {}, {}, std::string(path)};
    return {Scope::tenant, "demo", {}, "/t/demo", std::string(path.substr(7))};
  }
  Result<Site> find(const Located& place, bool, runtime::Deadline) override {
    Site site;
    site.base_path = place.base_path;
    return site;
  }
};

// A blocking client that says exactly what it is told.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void say(std::string_view bytes) const { REQUIRE(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size())); }
  // One answer: its head and as much body as Content-Length says.
  std::string hear(bool without_body = false) {
    while (got_.find("\r\n\r\n") == std::string::npos && more()) {}
    const std::size_t head = got_.find("\r\n\r\n") + 4;
    std::size_t length = 0;
    if (const std::size_t at = got_.find("Content-Length: "); at < head && !without_body) length = static_cast<std::size_t>(std::stoul(got_.substr(at + 16)));
    while (got_.size() < head + length && more()) {}
    std::string one = got_.substr(0, head + length);
    got_.erase(0, head + length);
    return one;
  }
  std::string ask(std::string_view bytes) {
    say(bytes);
    return hear();
  }
  // Whether the server has ended the connection, once it has nothing more to say.
  bool is_over() {
    while (more()) {}
    return over_;
  }

 private:
  bool more() {
    std::array<char, 4096> part{};
    const ssize_t n = ::recv(socket_, part.data(), part.size(), 0);
    over_ = n == 0;
    if (n > 0) got_.append(part.data(), static_cast<std::size_t>(n));
    return n > 0;
  }
  int socket_;
  std::string got_;
  bool over_ = false;
};

struct Edge {
  Routes routes;
  OneTenant sites;
  ServerOptions options;
  std::unique_ptr<runtime::Workers> workers = std::make_unique<runtime::Workers>(2, 1);
  std::unique_ptr<Server> server;
  std::thread runner;
  // A handler that waits until it is let go.
  std::latch entered{1}, released{1};

  Edge() {
    options.listen = {{"127.0.0.1", 0, {}, {}}};
    options.trusted_proxies = {"127.0.0.1"};
    const Body none{Body::Type::none, 0}, form{Body::Type::form, 16};
    const auto say = [](std::string text) { return [text](Request&) -> Result<Reply> { return Reply::text(200, text); }; };
    add("hello", Scope::tenant, Method::get, "/hello", Guard::open, none, say("hello"));
    add("echo", Scope::tenant, Method::post, "/echo", Guard::cors, form, [](Request& r) -> Result<Reply> { return Reply::text(200, r.body); });
    add("ours", Scope::tenant, Method::post, "/ours", Guard::same_origin, form, say("ours"));
    add("throws", Scope::tenant, Method::get, "/throws", Guard::open, none, [](Request&) -> Result<Reply> { throw std::runtime_error("a secret"); });
    add("splits", Scope::tenant, Method::get, "/splits", Guard::open, none, [](Request&) -> Result<Reply> { return Reply::see_other("/a\r\nSet-Cookie: x=y"); });
    add("metrics", Scope::service, Method::get, "/metrics", Guard::internal, none, say("numbers"));
    add("big", Scope::tenant, Method::get, "/big", Guard::open, none, say(std::string(3'000'000, 'x')));
    add("slow", Scope::tenant, Method::get, "/slow", Guard::open, none, [this](Request&) -> Result<Reply> {
      entered.count_down();
      released.wait();
      return Reply::text(200, "done");
    });
    routes.add({Scope::service, Method::get, "/alive", Guard::open, none, problem, say("yes"), "alive", true});
  }
  void add(std::string name, Scope scope, Method method, std::string path, Guard guard, Body body, Handler handler) {
    routes.add({scope, method, std::move(path), guard, body, problem, std::move(handler), std::move(name), false});
  }
  std::uint16_t run() {
    auto made = Server::listen(options, routes, sites, *workers);
    REQUIRE(made);
    server = std::move(*made);
    runner = std::thread([this] { server->run(); });
    return server->ports().front();
  }
  ~Edge() {
    if (!server) return;
    server->stop(std::chrono::seconds(0));
    runner.join();
    workers->drain();
  }
};

std::string get(std::string_view path, std::string_view more = {}) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more) + "\r\n";
}
std::string post(std::string_view path, std::string_view body, std::string_view more = {}) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + std::string(more) + "\r\n" + std::string(body);
}
bool is(const std::string& answer, int status) { return answer.starts_with("HTTP/1.1 " + std::to_string(status) + " "); }
bool has(const std::string& answer, std::string_view text) { return answer.find(text) != std::string::npos; }

TEST_CASE("one connection asks again and again, and ahead of the answers") {
  Edge edge;
  Client client(edge.run());
  for (int i = 0; i < 3; ++i) CHECK(client.ask(get("/t/demo/hello")).ends_with("\r\n\r\nhello"));
  std::string ahead;
  for (int i = 0; i < 50; ++i) ahead += i % 2 == 0 ? get("/alive") : post("/t/demo/echo", "n=" + std::to_string(i));
  client.say(ahead);
  for (int i = 0; i < 50; ++i) CHECK(client.hear().ends_with(i % 2 == 0 ? "yes" : "n=" + std::to_string(i)));
  client.say("HEAD /t/demo/hello HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto head = client.hear(true);
  CHECK(has(head, "Content-Length: 5"));
  CHECK(client.ask(get("/t/demo/hello", "Connection: close\r\n")).ends_with("hello"));
  CHECK(client.is_over());
}

TEST_CASE("what isn't there, isn't allowed or isn't read is said, and the connection stays usable where it can") {
  Edge edge;
  const auto port = edge.run();
  Client client(port);
  CHECK(is(client.ask(get("/t/demo/nowhere")), 404));
  const auto wrong = client.ask("DELETE /t/demo/hello HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(is(wrong, 405));
  CHECK(has(wrong, "Allow: GET, HEAD\r\n"));
  const auto type = client.ask("POST /t/demo/echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\nContent-Length: 3\r\n\r\nabc");
  CHECK(is(type, 400));
  CHECK(has(type, "content_type_unsupported"));
  const auto failed = client.ask(get("/t/demo/throws"));
  CHECK(is(failed, 500));
  CHECK_FALSE(has(failed, "a secret"));
  const auto split = client.ask(get("/t/demo/splits"));
  CHECK(is(split, 500));
  CHECK_FALSE(has(split, "x=y"));
  CHECK(is(client.ask(post("/t/demo/echo", std::string(17, 'a'))), 413));
  CHECK(client.is_over());
  for (const std::string& bad : {get("/t/demo/../hello"), get("/a%2fb"), std::string("GET / HTTP/1.1\r\n\r\n"), std::string("\x16\x03\x01\x02\r\n\r\n")}) {
    Client other(port);
    CHECK(is(other.ask(bad), 400));
    CHECK(other.is_over());
  }
  Client expecting(port);
  expecting.say("POST /t/demo/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  CHECK(expecting.hear() == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(expecting.ask("a=b").ends_with("a=b"));
}

TEST_CASE("guards stand before handlers") {
  Edge edge;
  Client client(edge.run());
  CHECK(is(client.ask(post("/t/demo/ours", "a=b", "Sec-Fetch-Site: cross-site\r\n")), 403));
  CHECK(is(client.ask(post("/t/demo/ours", "a=b", "Sec-Fetch-Site: same-origin\r\n")), 200));
  const auto preflight = client.ask("OPTIONS /t/demo/echo HTTP/1.1\r\nHost: a\r\nOrigin: https://x.example\r\nAccess-Control-Request-Method: POST\r\n\r\n");
  CHECK(is(preflight, 204));
  CHECK(has(preflight, "Access-Control-Allow-Origin: *"));
  CHECK_FALSE(has(preflight, "Allow-Credentials"));
  CHECK(is(client.ask("OPTIONS /t/demo/ours HTTP/1.1\r\nHost: a\r\nOrigin: https://x.example\r\nAccess-Control-Request-Method: POST\r\n\r\n"), 405));
  CHECK(has(client.ask(post("/t/demo/echo", "a=b", "Origin: https://x.example\r\n")), "Access-Control-Allow-Origin: *"));
  CHECK(is(client.ask(get("/metrics")), 200));
  // Through the proxy (we are trusted to be one) a stranger doesn't see that it is there.
  CHECK(is(client.ask(get("/metrics", "X-Forwarded-For: 203.0.113.9\r\n")), 404));
}

TEST_CASE("more than there are workers and places to wait is refused at once, and those in flight are answered") {
  Edge edge;
  edge.workers = std::make_unique<runtime::Workers>(1, 1);
  const auto port = edge.run();
  Client first(port), second(port), third(port);
  first.say(get("/t/demo/slow"));
  edge.entered.wait();
  second.say(get("/t/demo/hello"));
  while (edge.workers->load().waiting == 0) std::this_thread::yield();
  const std::string refused = third.ask(get("/t/demo/hello"));
  CHECK(is(refused, 503));
  CHECK(has(refused, "Retry-After: 1"));
  CHECK(third.ask(get("/alive")).ends_with("yes"));  // what needs no worker is answered still
  edge.released.count_down();
  CHECK(first.hear().ends_with("done"));
  CHECK(second.hear().ends_with("hello"));
}

TEST_CASE("stopping answers what is in flight, closes what is idle, and takes nobody new") {
  Edge edge;
  const auto port = edge.run();
  Client busy(port), idle(port);
  CHECK(idle.ask(get("/alive")).ends_with("yes"));
  busy.say(get("/t/demo/slow"));
  edge.entered.wait();
  edge.server->stop(std::chrono::seconds(20));
  CHECK(idle.is_over());
  edge.released.count_down();
  const auto answer = busy.hear();
  CHECK(answer.ends_with("done"));
  CHECK(has(answer, "Connection: close"));
  CHECK(busy.is_over());
}

TEST_CASE("a long answer reaches who reads late, and who leaves midway harms nobody") {
  Edge edge;
  edge.workers = std::make_unique<runtime::Workers>(2, 16);
  const auto port = edge.run();
  for (int i = 0; i < 5; ++i) {
    Client leaving(port);
    leaving.say(get("/t/demo/big"));
  }
  Client late(port);
  late.say(get("/t/demo/big"));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(late.hear().size() > 3'000'000);
  CHECK(late.ask(get("/alive")).ends_with("yes"));
}

TEST_CASE("more connections than configured are told so") {
  Edge edge;
  edge.options.connections = 2;
  const auto port = edge.run();
  Client one(port), two(port);
  CHECK(one.ask(get("/alive")).ends_with("yes"));
  CHECK(two.ask(get("/alive")).ends_with("yes"));
  Client three(port);
  CHECK(is(three.hear(), 503));
  CHECK(three.is_over());
}

TEST_CASE("what can't be listened on is named") {
  Edge edge;
  const auto port = edge.run();
  const auto reason = [&](Listen listen) {
    ServerOptions options;
    options.listen = {std::move(listen)};
    const auto made = Server::listen(options, edge.routes, edge.sites, *edge.workers);
    REQUIRE_FALSE(made);
    return std::string(made.error().reason.text());
  };
  CHECK(reason({"127.0.0.1", port, {}, {}}) == "port_busy");
  CHECK(reason({"not an address", 0, {}, {}}) == "address_malformed");
  CHECK(reason({"203.0.113.1", 0, {}, {}}) == "address_unusable");
  CHECK(reason({"127.0.0.1", 0, "/nowhere/certificate.pem", "/nowhere/key.pem"}) == "certificate_unusable");
  CHECK(reason({"127.0.0.1", 0, "/nowhere/certificate.pem", {}}) == "certificate_unusable");
  ServerOptions options;
  options.trusted_proxies = {"192.0.2.1/24"};
  CHECK_FALSE(Server::listen(options, edge.routes, edge.sites, *edge.workers));
}

}  // namespace
}  // namespace kidoban::http
