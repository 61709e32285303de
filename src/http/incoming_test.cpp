// Requests as bytes: what is read, what is refused, and that cutting them up changes nothing.

#include "http/incoming.h"

#include <doctest/doctest.h>

#include "base/limits.h"

namespace kidoban::http {
namespace {

// Feeds everything, `step` bytes at a time, and lets a body of `limit` in.
Incoming fed(std::string_view bytes, std::size_t step, std::size_t limit = 1024, std::string* left = nullptr) {
  Incoming incoming;
  std::string waiting;
  bool accepted = false;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    waiting += bytes.substr(at, step);
    for (;;) {
      waiting.erase(0, incoming.read(waiting));
      if (incoming.state() != Incoming::State::body || accepted) break;
      accepted = true;
      incoming.accept_body(limit);
    }
  }
  if (left != nullptr) *left = waiting;
  return incoming;
}

void refused(const std::string& bytes, int status, std::string_view reason = {}) {
  CAPTURE(bytes.substr(0, 120));
  for (const std::size_t step : {bytes.size(), std::size_t{1}, std::size_t{5}}) {
    const Incoming incoming = fed(bytes, step);
    REQUIRE(incoming.state() == Incoming::State::refused);
    CHECK(incoming.refusal().status == status);
    if (!reason.empty()) CHECK(incoming.refusal().reason.text() == reason);
  }
}

const std::string host = "Host: id.example.com\r\n";

TEST_CASE("a request is the same however its bytes are cut") {
  const std::string form = "POST /t/demo/oauth2/token?x=1 HTTP/1.1\r\n" + host + "X-One:  a b \r\nx-one: c\r\nContent-Length: 5\r\n\r\nhello";
  const std::string chunks = "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n2;name=\"x\"\r\nhe\r\n3\r\nllo\r\n0\r\nX-Trailer: t\r\n\r\n";
  for (std::size_t step = 1; step <= 40; ++step) {
    CAPTURE(step);
    Incoming one = fed(form, step);
    REQUIRE(one.state() == Incoming::State::whole);
    CHECK(one.request().method == Method::post);
    CHECK(one.request().target == "/t/demo/oauth2/token?x=1");
    CHECK(one.request().header("x-one") == "a b");
    CHECK(one.request().body == "hello");
    CHECK(one.keep_alive());
    Incoming two = fed(chunks, step);
    REQUIRE(two.state() == Incoming::State::whole);
    CHECK(two.request().body == "hello");
    CHECK(two.request().header("x-trailer").empty());  // RFC 9110 §6.5.1
    REQUIRE(fed("\r\nGET / HTTP/1.1\r\n" + host + "\r\n", step).state() == Incoming::State::whole);
    // A chunked body whose first chunk is its last.
    REQUIRE(fed("POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", step).state() == Incoming::State::whole);
  }
}

TEST_CASE("what comes after a request stays for the next") {
  std::string left;
  const std::string next = "GET /b HTTP/1.1\r\n" + host + "\r\n";
  const Incoming first = fed("GET /a HTTP/1.1\r\n" + host + "\r\n" + next, 4096, 0, &left);
  CHECK(first.state() == Incoming::State::whole);
  CHECK(left == next);
}

TEST_CASE("a message that could be framed in two ways is refused") {
  const std::string post = "POST / HTTP/1.1\r\n" + host;
  refused(post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
  refused(post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", 400);
  refused(post + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", 400);
  refused(post + "Content-Length: 4, 4\r\n\r\nabcd", 400);
  refused(post + "Content-Length: +4\r\n\r\nabcd", 400);
  refused(post + "Content-Length: 0x4\r\n\r\nabcd", 400);
  refused(post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
  refused("POST / HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
  refused(post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, "transfer_encoding_unsupported");
  refused(post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501, "transfer_encoding_unsupported");
  refused(post + "Content-Length : 4\r\n\r\nabcd", 400, "request_malformed");
  refused(post + "X: a\nY: b\r\n\r\n", 400, "request_malformed");
  // RFC 9112 §5.2: a line that goes on in the next is the old way to hide a field from one of two readers.
  refused(post + "X: a\r\n b\r\n\r\n", 400, "request_malformed");
  refused(post + "X: a\r\n\tb\r\n\r\n", 400, "request_malformed");
  refused(post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400, "request_malformed");
  refused(post + "Content-Length:\r\n 4\r\n\r\nabcd", 400, "request_malformed");
  refused("POST / HTTP/1.1\r\n " + host + "\r\n", 400, "request_malformed");
  for (const std::string coding : {"chunked, chunked", "chunked;q=1", "\"chunked\"", "identity", "chunked, identity", ""}) {
    refused(post + "Transfer-Encoding: " + coding + "\r\n\r\n0\r\n\r\n", 501, "transfer_encoding_unsupported");
  }
  for (const std::string field : {"Transfer-Encoding : chunked", "Transfer-Encoding: chunked\v", "Transfer-Encoding\t: chunked", ": chunked", "X", "X: a\rb",
                                  "Content-Length: 4 4", "Content-Length:", "Content-Length: -1", "Content-Length: 18446744073709551616"}) {
    refused(post + field + "\r\n\r\n0\r\n\r\n", 400);
  }
  refused(post + std::string("X: a\0b\r\n\r\n", 10), 400, "request_malformed");
  for (const std::string line : {"GET  / HTTP/1.1", "GET /\tHTTP/1.1", " GET / HTTP/1.1", "G@T / HTTP/1.1", "GET /", "\nGET / HTTP/1.1"}) {
    refused(line + "\r\n" + host + "\r\n", 400, "request_malformed");
  }
  for (const std::string version : {"HTTP/1.1 ", "HTTP/1.12", "http/1.1", "HTTP/0.9", "HTTP/1.2", "HTTP/1.1\n"}) {
    refused("GET / " + version + "\r\n" + host + "\r\n", 505, "version_unsupported");
  }
  refused("GET / HTTP/1.1\r\nX: a\r\n\r\n", 400, "host_malformed");
  refused("GET / HTTP/1.1\r\n" + host + host + "\r\n", 400, "host_malformed");
  refused("GET / HTTP/2.0\r\n" + host + "\r\n", 505, "version_unsupported");
  refused(post + "Expect: 200-maybe\r\nContent-Length: 1\r\n\r\na", 417, "expectation_unsupported");
  // RFC 9112 §7.1: a size is hexadecimal digits, and what it announces is followed by CRLF.
  for (const std::string chunk : {"zz\r\n\r\n", "0x1\r\nx\r\n", "+1\r\nx\r\n", "-1\r\nx\r\n", " 1\r\nx\r\n", "1 \r\nx\r\n", "1\nx\r\n", "1;\nx\r\n", "1;a\nb\r\nx\r\n",
                                  "1;a=\"\r\n\"\r\nx\r\n", "1\r\nxx", "1\r\nx\n", "fffffffffffffffff\r\nx\r\n"}) {
    refused(post + "Transfer-Encoding: chunked\r\n\r\n" + chunk + "0\r\n\r\n", 400, "request_malformed");
  }
  refused(post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx\r\n0\r\n\r\n", 413, "body_too_large");
}

TEST_CASE("everything has a limit") {
  const std::string get = "GET /";
  refused(get + std::string(limits::http_target_bytes + 1, 'a') + " HTTP/1.1\r\n" + host + "\r\n", 414, "target_too_long");
  refused("GET / HTTP/1.1\r\n" + host + "X: " + std::string(limits::http_header_bytes, 'a') + "\r\n\r\n", 431, "header_too_large");
  std::string many = "GET / HTTP/1.1\r\n" + host;
  for (int i = 0; i < 200; ++i) many += "X: a\r\n";
  refused(many + "\r\n", 431, "header_too_large");
  const std::string post = "POST / HTTP/1.1\r\n" + host;
  refused(post + "Content-Length: 1025\r\n\r\n", 413, "body_too_large");
  refused(post + "Content-Length: 9223372036854775807\r\n\r\n", 413, "body_too_large");
  refused(post + "Transfer-Encoding: chunked\r\n\r\n401\r\n", 413, "body_too_large");
  refused(post + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(9000, 'x'), 400, "chunk_malformed");
  // The largest header that is meant to pass: a Kerberos ticket in Authorization.
  const std::string ticket = "Authorization: Negotiate " + std::string(60 * 1024, 'Y') + "\r\n";
  CHECK(fed("GET / HTTP/1.1\r\n" + host + ticket + "\r\n", 1400).state() == Incoming::State::whole);
}

TEST_CASE("how a connection goes on is the client's word and the version's") {
  CHECK_FALSE(fed("GET / HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", 99).keep_alive());
  CHECK_FALSE(fed("GET / HTTP/1.0\r\n\r\n", 99).keep_alive());
  CHECK(fed("POST / HTTP/1.1\r\n" + host + "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\na", 99).wants_continue());
}

}  // namespace
}  // namespace kidoban::http
