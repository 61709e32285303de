#pragma once
// What the edge's tests share: a blocking client, a tenant, and a server on a free port of 127.0.0.1.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "http/server.h"

namespace kidoban::http {

// Everything below /t/{slug} is a tenant's.
class OneTenant final : public SiteFinder {
 public:
  Located locate(std::string_view, std::string_view path) const override {
    if (path == "/fault") throw std::runtime_error("a fault of the finder's");
    if (!path.starts_with("/t/demo/")) return {Scope::service, {}, {}, {}, std::string(path)};
    return {Scope::tenant, "demo", {}, "/t/demo", std::string(path.substr(7))};
  }
  Result<Site> find(const Located& place, bool, runtime::Deadline) override {
    Site site;
    site.base_path = place.base_path;
    site.base_url = "http://localhost/t/demo";
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
    while (got_.find("\r\n\r\n") == std::string::npos) {
      if (!more()) return {};
    }
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
  int descriptor() const { return socket_; }
  // Whether there is anything to read now.
  bool can_hear() const {
    char one = 0;
    return ::recv(socket_, &one, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
  }
  void skip(std::size_t bytes) const {
    std::array<char, 4096> part{};
    while (bytes > 0) {
      const ssize_t n = ::recv(socket_, part.data(), std::min(part.size(), bytes), 0);
      REQUIRE(n > 0);
      bytes -= static_cast<std::size_t>(n);
    }
  }
  void finish() const { ::shutdown(socket_, SHUT_WR); }
  // Everything until the server ends the connection.
  std::string rest() {
    while (more()) {}
    return std::exchange(got_, {});
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

// A server and what it answers; it listens once a test has said how, and stops with the test.
struct TestEdge {
  Routes routes;
  OneTenant sites;
  ServerOptions options;
  std::unique_ptr<runtime::Workers> workers = std::make_unique<runtime::Workers>(2, 1);
  std::unique_ptr<Server> server;
  std::thread runner;
  // A handler that waits until it is let go.
  std::latch entered{1}, released{1};

  TestEdge() {
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
    routes.add({Scope::service, Method::post, "/echo", Guard::open, form, problem, [](Request& r) -> Result<Reply> { return Reply::text(200, r.body); }, "echo_here", true});
    routes.add({Scope::service, Method::get, "/huge", Guard::open, none, problem,
                [](Request&) -> Result<Reply> { return Reply::text(200, std::string(64 * 1024 * 1024, 'x')); }, "huge", true});
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
  ~TestEdge() {
    if (!server) return;
    server->stop(std::chrono::seconds(0));
    runner.join();
    workers->drain();
  }
};

inline std::string get(std::string_view path, std::string_view more = {}) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more) + "\r\n";
}
inline std::string post(std::string_view path, std::string_view body, std::string_view more = {}) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + std::string(more) + "\r\n" + std::string(body);
}
inline bool is(const std::string& answer, int status) { return answer.starts_with("HTTP/1.1 " + std::to_string(status) + " "); }
inline bool has(const std::string& answer, std::string_view text) { return answer.find(text) != std::string::npos; }

}  // namespace kidoban::http
