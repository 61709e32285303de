// One connection on a loop that the test turns by hand: what time does to it, and what it owes a client.

#include "http/connection.h"

#include <boost/asio/io_context.hpp>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include "base/limits.h"
#include "http/certificate_test.h"
#include "http/edge_test.h"

namespace kidoban::http {
namespace {

using boost::asio::ip::tcp;
using std::chrono::seconds;

// The server's side of one accepted socket, without a server's loop or its clock.
struct Accepted {
  boost::asio::io_context context{1};
  tcp::acceptor acceptor{context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
  TestEdge rows;
  Edge edge{rows.routes, rows.sites, *rows.workers, {}, {}, Telemetry(rows.routes)};
  std::unique_ptr<Client> client = std::make_unique<Client>(acceptor.local_endpoint().port());
  int descriptor = -1;  // the server's end
  bool closed = false;
  std::shared_ptr<Connection> connection;

  explicit Accepted(const TlsContext& tls = {}) {
    tcp::socket socket = acceptor.accept();
    socket.non_blocking(true);
    descriptor = socket.native_handle();
    connection = std::make_shared<Connection>(std::move(socket), tls, edge, [this](Connection&) { closed = true; });
    connection->start();
  }
  // Lets the connection see what the client said.
  void hears(std::string_view bytes) {
    client->say(bytes);
    hear();
  }
  // A loop may also be woken for nothing.
  void hear() {
    for (int unread = 1; !closed && unread > 0; ::ioctl(descriptor, FIONREAD, &unread)) context.run_one_for(seconds(20));
  }
  void passes(seconds time) const { connection->check_time(Connection::Steady::now() + time); }
};

TEST_CASE("who says nothing is let go without a word") {
  Accepted one;
  one.passes(limits::http_header_time - seconds(1));
  CHECK_FALSE(one.closed);
  one.passes(limits::http_header_time);
  CHECK(one.closed);
  CHECK(one.client->rest().empty());
}

TEST_CASE("a head that never ends is given up, and the client told") {
  Accepted one;
  one.hears("GET /alive HTTP/1.1\r\n");
  one.hears("Host: a\r\n");  // a byte now and then wins no time
  one.passes(limits::http_header_time - seconds(1));
  CHECK_FALSE(one.client->can_hear());
  one.passes(limits::http_header_time);
  const auto answer = one.client->hear();
  CHECK(is(answer, 408));
  CHECK(has(answer, "Connection: close"));
  CHECK_FALSE(one.closed);  // what was said is to be heard first
  one.passes(seconds(3));
  CHECK(one.closed);
}

TEST_CASE("a body that never ends is given up, and the client told") {
  Accepted one;
  one.hears("POST /t/demo/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na");
  one.passes(limits::http_body_time - seconds(1));
  CHECK_FALSE(one.client->can_hear());
  one.passes(limits::http_body_time);
  CHECK(is(one.client->hear(), 408));
}

TEST_CASE("an idle connection is kept for a while, and no longer") {
  Accepted one;
  one.hears(get("/alive"));
  CHECK(one.client->hear().ends_with("yes"));
  one.passes(limits::http_idle_time - seconds(1));
  CHECK_FALSE(one.closed);
  one.passes(limits::http_idle_time);
  CHECK(one.closed);
  CHECK(one.client->rest().empty());
}

TEST_CASE("an answer that nobody reads is given up") {
  Accepted one;
  one.hears(get("/huge"));
  one.passes(limits::http_write_time - seconds(1));
  CHECK_FALSE(one.closed);
  one.passes(limits::http_write_time);
  CHECK(one.closed);
}

TEST_CASE("winding down closes who is idle, and lets who is asking finish") {
  Accepted idle, asking;
  asking.hears("GET /alive HTTP/1.1\r\n");
  idle.connection->wind_down();
  asking.connection->wind_down();
  CHECK(idle.closed);
  CHECK_FALSE(asking.closed);
  asking.hears("Host: a\r\n\r\n");
  const auto answer = asking.client->hear();
  CHECK(answer.ends_with("yes"));
  CHECK(has(answer, "Connection: close"));
}

// RFC 9110 §10.1.1: "100 Continue" is a response of its own. Where the socket has no room for it, TLS
// has made a record of it all the same, which goes out before the next one.
TEST_CASE("an interim answer that couldn't be sent at once doesn't take the place of the final one") {
  const Certificate certificate("localhost");
  Accepted one(*make_tls_context(certificate.chain, certificate.key));
  // Of TLS 1.2, where nothing follows the handshake unasked.
  const std::unique_ptr<SSL_CTX, ContextDeleter> context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  const std::unique_ptr<SSL, void (*)(SSL*)> tls(SSL_new(context.get()), SSL_free);
  SSL_set_fd(tls.get(), one.client->descriptor());
  std::atomic<bool> connected = false;
  std::thread connecting([&] {
    if (SSL_connect(tls.get()) == 1) connected = true;
  });
  while (SSL_is_init_finished(tls.get()) == 0 && one.context.run_one_for(seconds(20)) == 1 && !one.closed && !connected) {}
  connecting.join();
  REQUIRE(connected);

  const std::string plug(4096, 'x');
  std::size_t plugged = 0;
  pollfd room{one.descriptor, POLLOUT, 0};
  do {  // until none is made any more
    for (ssize_t sent = 0; (sent = ::send(one.descriptor, plug.data(), plug.size(), MSG_DONTWAIT)) > 0;) plugged += static_cast<std::size_t>(sent);
  } while (::poll(&room, 1, 100) == 1);
  const auto say = [&](std::string_view bytes) {
    REQUIRE(SSL_write(tls.get(), bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size()));
    one.hear();
  };
  say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 3\r\n\r\n");
  one.client->skip(plugged);
  say("a=b");
  std::string all;
  std::array<char, 4096> part{};
  for (int n = 0; (n = SSL_read(tls.get(), part.data(), static_cast<int>(part.size()))) > 0;) all.append(part.data(), static_cast<std::size_t>(n));
  CAPTURE(all);
  CHECK(all.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
  CHECK(all.ends_with("\r\n\r\na=b"));
}

// A part of it without the rest would be read as the beginning of the answer.
TEST_CASE("an interim answer that couldn't be sent goes out whole before the final one") {
  Accepted one;
  std::string filler(64 * 1024, 'x');
  for (ssize_t sent = 1; sent > 0;) {
    sent = ::send(one.descriptor, filler.data(), filler.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && filler.size() > 1) filler.resize(1), sent = 1;
  }
  one.hears("POST /t/demo/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  one.client->say("a=b");
  std::atomic<bool> over{false};
  std::string all;
  std::thread reader([&] {
    all = one.client->rest();
    over = true;
  });
  for (int turn = 0; turn < 1000 && !over; ++turn) {
    one.context.restart();
    one.context.run_for(std::chrono::milliseconds(10));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  reader.join();
  all.erase(0, all.find_first_not_of('x'));
  CHECK(all.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
  CHECK(all.ends_with("a=b"));
}

}  // namespace
}  // namespace kidoban::http
