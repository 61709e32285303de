// The edge with real sockets.

#include "http/edge_test.h"

namespace kidoban::http {
namespace {

TEST_CASE("one connection asks again and again, and ahead of the answers") {
  TestEdge edge;
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
  TestEdge edge;
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
  TestEdge edge;
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
  TestEdge edge;
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
  TestEdge edge;
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
  TestEdge edge;
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
  TestEdge edge;
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
  TestEdge edge;
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

// RFC 9112 §9.3: a body that isn't read can't be told from the next request.
TEST_CASE("a body that nobody asked for is never read as a request") {
  TestEdge edge;
  const auto port = edge.run();
  const std::string inner = get("/alive");
  const std::string tail = "Host: a\r\nContent-Length: " + std::to_string(inner.size()) + "\r\n\r\n" + inner;
  const auto answers = [&](const std::string& bytes) {
    Client client(port);
    client.say(bytes);
    const std::string all = client.rest();
    CAPTURE(all);
    CHECK_FALSE(has(all, "yes"));
    CHECK(has(all, "Connection: close"));
    return all;
  };
  CHECK(is(answers("OPTIONS /t/demo/echo HTTP/1.1\r\nOrigin: https://x.example\r\nAccess-Control-Request-Method: POST\r\n" + tail), 204));
  CHECK(is(answers("OPTIONS * HTTP/1.1\r\n" + tail), 204));
  CHECK(is(answers("POST /nowhere HTTP/1.1\r\n" + tail), 404));
  CHECK(is(answers("POST /alive HTTP/1.1\r\n" + tail), 405));
  CHECK(is(answers("GET /alive HTTP/1.1\r\n" + tail), 413));
  CHECK(is(answers("POST /../x HTTP/1.1\r\n" + tail), 400));
  Client none(port);  // without a body there is nothing to mistake
  CHECK(is(none.ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), 204));
  CHECK(none.ask(inner).ends_with("yes"));
}

TEST_CASE("what is internal isn't there for a stranger, by any method") {
  TestEdge edge;
  Client client(edge.run());
  const std::string stranger = "X-Forwarded-For: 203.0.113.9\r\n";
  CHECK(is(client.ask("DELETE /metrics HTTP/1.1\r\nHost: a\r\n\r\n"), 405));
  for (const std::string method : {"GET", "DELETE", "OPTIONS"}) {
    const auto answer = client.ask(method + " /metrics HTTP/1.1\r\nHost: a\r\n" + stranger + "\r\n");
    CAPTURE(method);
    CHECK(is(answer, 404));
    CHECK_FALSE(has(answer, "Allow:"));
  }
  // A proxy that says nobody's address asks for itself.
  CHECK(is(client.ask(get("/metrics", "Forwarded: for=unknown\r\n")), 200));
  CHECK(is(client.ask(get("/metrics", "Forwarded: for=127.0.0.1\r\n" + stranger)), 400));
}

TEST_CASE("an origin decides where no Sec-Fetch-Site does") {
  TestEdge edge;
  Client client(edge.run());
  CHECK(is(client.ask(post("/t/demo/ours", "a=b", "Origin: http://localhost\r\n")), 200));
  CHECK(is(client.ask(post("/t/demo/ours", "a=b", "Origin: http://localhost:1\r\n")), 403));
  CHECK(is(client.ask(post("/t/demo/ours", "a=b", "Referer: https://x.example/\r\n")), 403));
}

TEST_CASE("a fault at the edge ends its connection, and no other") {
  TestEdge edge;
  const auto port = edge.run();
  Client other(port), one(port);
  CHECK(other.ask(get("/alive")).ends_with("yes"));
  one.say(get("/fault"));
  CHECK(one.rest().empty());
  CHECK(other.ask(get("/alive")).ends_with("yes"));
}

TEST_CASE("several loops share the connections, and stop together") {
  TestEdge edge;
  edge.options.edge_threads = 3;
  const auto port = edge.run();
  std::array<std::unique_ptr<Client>, 12> clients;
  for (auto& one : clients) one = std::make_unique<Client>(port);
  for (int round = 0; round < 3; ++round) {
    for (const auto& one : clients) one->say(get("/alive"));
    for (const auto& one : clients) CHECK(one->hear().ends_with("yes"));
  }
  edge.server->stop(std::chrono::seconds(20));
  for (const auto& one : clients) CHECK(one->is_over());
}

// A request that had begun when the service was told to stop is read to its end and answered.
TEST_CASE("stopping lets who is still asking finish") {
  TestEdge edge;
  const auto port = edge.run();
  Client half(port), idle(port);
  CHECK(half.ask(get("/alive")).ends_with("yes"));
  CHECK(idle.ask(get("/alive")).ends_with("yes"));
  half.say("POST /t/demo/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  CHECK(half.hear() == "HTTP/1.1 100 Continue\r\n\r\n");  // so its head was taken
  edge.server->stop(std::chrono::seconds(20));
  CHECK(idle.is_over());
  const auto answer = half.ask("a=b");
  CHECK(answer.ends_with("a=b"));
  CHECK(has(answer, "Connection: close"));
  CHECK(half.is_over());
}

TEST_CASE("who is finished writing is still answered") {
  TestEdge edge;
  Client client(edge.run());
  client.say(get("/t/demo/hello") + get("/alive"));
  client.finish();
  const std::string all = client.rest();
  CHECK(has(all, "hello"));
  CHECK(all.ends_with("yes"));
}

}  // namespace
}  // namespace kidoban::http
