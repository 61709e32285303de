#include "http/connection.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "base/text.h"
#include "http/forwarded.h"
#include "http/guard.h"
#include "http/outgoing.h"
#include "http/target.h"
#include "http/trace.h"
#include "runtime/log.h"

namespace kidoban::http {

namespace {

using boost::asio::ip::tcp;

constexpr std::size_t read_at_once = 16 * 1024;  // a TLS record
// What each of many idle connections may hold on to.
constexpr std::size_t kept_while_idle = 4 * 1024;
// What a client that is being closed may still send: it must see our answer rather than a reset (RFC 9112 §9.6).
constexpr std::chrono::seconds linger_time{2};
constexpr std::size_t linger_bytes = 1024 * 1024;
// The slowest honest upload: beside http_body_time, a second for each of these that the row takes.
constexpr std::size_t slowest_bytes_a_second = 8 * 1024;

// Of everyone on this thread: what was read is moved on before anyone else reads.
thread_local std::array<char, read_at_once> scratch;

Address address_of(const tcp::socket& socket) {
  boost::system::error_code ignored;
  const auto endpoint = socket.remote_endpoint(ignored);
  Address out;
  if (ignored) return out;
  const auto address = endpoint.address();
  out.bytes = address.is_v6() ? address.to_v6().to_bytes()
                              : boost::asio::ip::make_address_v6(boost::asio::ip::v4_mapped, address.to_v4()).to_bytes();
  return out;
}

}  // namespace

Connection::Connection(tcp::socket socket, const TlsContext& tls, Edge& edge, std::function<void(Connection&)> closed)
    : socket_(std::move(socket)),
      transport_(socket_.native_handle(), tls),
      edge_(edge),
      closed_(std::move(closed)),
      peer_(address_of(socket_)) {}

// What throws here is a fault of ours: it ends this connection, and not the thread that all of them share.
template <class Work>
void Connection::guarded(Work work) {
  try {
    work();
  } catch (const std::exception& thrown) {
    edge_.telemetry.requests_threw.add();
    runtime::log(runtime::Level::error, "connection_threw", {{"what", std::string(thrown.what())}});
    close();
  }
}

void Connection::start() {
  if (transport_.is_tls()) {
    enter(Stage::handshake, limits::http_header_time);
    return shake_hands();
  }
  enter(Stage::idle, limits::http_header_time);  // who connects has something to say
  wait(tcp::socket::wait_read);
}

void Connection::enter(Stage stage, Steady::duration time) {
  stage_ = stage;
  until_ = time == Steady::duration::max() ? Steady::time_point::max() : Steady::now() + time;
}

void Connection::wait(tcp::socket::wait_type what) {
  socket_.async_wait(what, [self = shared_from_this()](const boost::system::error_code& ec) {
    if (!ec) self->guarded([&] { self->go_on(); });
  });
}

void Connection::wait(Transport::Outcome outcome) {
  switch (outcome) {
    case Transport::Outcome::wants_read: return wait(tcp::socket::wait_read);
    case Transport::Outcome::wants_write: return wait(tcp::socket::wait_write);
    default: return close();
  }
}

void Connection::go_on() {
  switch (stage_) {
    case Stage::handshake: return shake_hands();
    case Stage::idle:
    case Stage::head:
    case Stage::body: return read();
    case Stage::writing: return write();
    case Stage::lingering: return linger();
    case Stage::working:
    case Stage::closed: return;
  }
}

void Connection::check_time(Steady::time_point now) {
  if (now < until_ || stage_ == Stage::closed) return;
  enum Counted : std::size_t { handshake, idle, head, body, writing };
  const auto count = [&](Counted what) { edge_.telemetry.timed_out.add(what); };
  switch (stage_) {
    case Stage::handshake: count(handshake); return close();
    case Stage::idle: count(idle); return close();
    case Stage::head: count(head); return refuse(Refusal{408, "request_timeout"});
    case Stage::body: count(body); return refuse(Refusal{408, "request_timeout"});
    case Stage::writing: count(writing); return close();
    default: return close();
  }
}

void Connection::wind_down() {
  winding_down_ = true;
  keep_alive_ = false;
  if (stage_ == Stage::idle || stage_ == Stage::handshake) close();
}

void Connection::close() {
  if (stage_ == Stage::closed) return;
  stage_ = Stage::closed;
  let_go_of_body();
  boost::system::error_code ignored;
  socket_.close(ignored);
  closed_(*this);
}

void Connection::shake_hands() {
  const auto outcome = transport_.handshake();
  if (outcome == Transport::Outcome::done) {
    enter(Stage::idle, limits::http_header_time);
    return read();
  }
  if (outcome == Transport::Outcome::failed) edge_.telemetry.tls_failed.add();
  wait(outcome);
}

void Connection::read() {
  while (digest()) {
    const auto step = transport_.read(scratch);
    if (step.outcome != Transport::Outcome::done) return wait(step.outcome);
    input_.append(scratch.data(), step.bytes);
  }
}

bool Connection::digest() {
  for (;;) {
    input_.erase(0, incoming_.read(input_));
    switch (incoming_.state()) {
      case Incoming::State::head:
        if (stage_ == Stage::idle && (incoming_.has_begun() || !input_.empty())) enter(Stage::head, limits::http_header_time);
        return true;
      case Incoming::State::body:
        if (head_taken_) return may_grow();
        if (!take_head()) return false;
        take_body();
        break;
      case Incoming::State::whole:
        if (!head_taken_ && !take_head()) return false;
        answer_request();
        return false;
      case Incoming::State::refused:
        refuse(incoming_.refusal());
        return false;
    }
  }
}

// Whose the request is and which row answers it; false where it has been answered already.
bool Connection::take_head() {
  head_taken_ = true;
  whole_at_ = Steady::now();
  Request& request = incoming_.request();
  keep_alive_ = !winding_down_ && incoming_.keep_alive() && incoming_.is_http11();
  request.trace = trace_of(request.header("traceparent"));
  auto target = parse_target(request.method, request.target);
  if (!target) return refuse(target.error()), false;
  const auto origin = origin_of(request.headers, peer_, transport_.is_tls(), edge_.trusted);
  if (!origin) return refuse(origin.error()), false;
  request.client_address = origin->client.text();
  request.tls = origin->tls;
  if (const std::string_view named = request.header("host"); !named.empty() || incoming_.is_http11()) {
    auto host = parse_host(named);
    if (!host) return refuse(host.error()), false;
    request.host = std::move(*host);
  }
  if (!target->authority.empty()) request.host = std::move(target->authority);  // RFC 9112 §3.2.2
  if (!origin->host.empty()) request.host = origin->host;
  request.query = std::move(target->query);
  if (target->path == "*") {
    reply({Reply::empty(204).with("Allow", "GET, HEAD, POST, OPTIONS"), {}});
    return false;
  }
  place_ = edge_.sites.locate(request.host, target->path);
  request.path = place_.path;
  const auto caller = contains(edge_.internal, origin->client) ? Routes::Caller::internal : Routes::Caller::stranger;
  auto match = edge_.routes.match(place_.scope, request.method, request.path, caller);
  if (match.route == nullptr && is_preflight(request)) {
    const std::string wanted = ascii_lower(request.header("access-control-request-method"));
    const Method method = wanted == "get" ? Method::get : wanted == "post" ? Method::post : Method::other;
    const auto asked = edge_.routes.match(place_.scope, method, request.path, caller);
    if (asked.route != nullptr && asked.route->guard == Guard::cors) {
      reply({answer_preflight(*asked.route), {}});
      return false;
    }
  }
  route_ = match.route;
  if (route_ == nullptr) {
    answer_unmatched(match.allowed);
    return false;
  }
  request.path_values = std::move(match.path_values);
  return true;
}

// Whoever sends more than honest JSON has holds one of few places until they are answered: what all connections together
// keep of bodies stays bounded, and a slow client that sends little keeps nobody out.
bool Connection::may_grow() {
  if (has_large_body_ || incoming_.request().body.size() <= limits::json_body_bytes) return true;
  if (edge_.large_bodies.fetch_add(1) < limits::large_bodies_at_once) {
    has_large_body_ = true;
    return true;
  }
  edge_.large_bodies.fetch_sub(1);
  const Error busy = fail_for_now(Kind::unavailable, "busy", 10, "as many large bodies as there may be are being received").error();
  reply(http::refuse(route_->errors, incoming_.request(), busy, edge_.telemetry));
  return false;
}

void Connection::let_go_of_body() {
  if (std::exchange(has_large_body_, false)) edge_.large_bodies.fetch_sub(1);
}

void Connection::take_body() {
  if (!incoming_.accept_body(route_->body.limit)) return;  // digest() sees the refusal
  enter(Stage::body, limits::http_body_time + std::chrono::seconds(route_->body.limit / slowest_bytes_a_second));
  if (!incoming_.wants_continue() || !input_.empty()) return;
  // RFC 9110 §10.1.1. Where it can't be sent now, the client goes on by itself after a while; what was begun goes out
  // before the answer.
  interim_ = "HTTP/1.1 100 Continue\r\n\r\n";
  const auto step = transport_.write(interim_, {});
  if (step.outcome == Transport::Outcome::done) interim_.erase(0, step.bytes);
}

void Connection::answer_unmatched(const std::string& allowed) {
  const bool wrong_method = !allowed.empty();
  const Error error = wrong_method ? fail(Kind::malformed, "method_not_allowed").error() : fail(Kind::not_found, "page_unknown").error();
  Answer answer = http::refuse(edge_.routes.otherwise(), incoming_.request(), error, edge_.telemetry);
  if (wrong_method) {
    answer.reply.status = 405;
    answer.reply.with("Allow", allowed);
  }
  reply(std::move(answer));
}

void Connection::answer_request() {
  Request& request = incoming_.request();
  whole_at_ = Steady::now();
  enter(Stage::working, Steady::duration::max());  // the deadline is the handler's to keep
  request.deadline = runtime::Deadline::after(limits::request_time);
  if (!may_ask()) return;
  if (route_->inline_on_edge) {
    if (route_->scope == Scope::service) return reply(answer_at_site(*route_, request, edge_.telemetry));
    if (auto site = edge_.sites.remembered(place_, request.tls)) {
      request.site = std::move(*site);
      return reply(answer_at_site(*route_, request, edge_.telemetry));
    }
  }
  answer_on_worker();
}

// Whether it isn't one too many; answered already where it is.
bool Connection::may_ask() {
  if (edge_.limits == nullptr || route_->scope != Scope::tenant) return true;
  const Request& request = incoming_.request();
  verdict_ = edge_.limits->ask(place_.slug.empty() ? place_.host : place_.slug, edge_.sites.remembered(place_, request.tls), request, whole_at_);
  if (verdict_.allowed) return true;
  const Error too_many = fail_for_now(Kind::rate_limited, "rate_limited", verdict_.retry_after_s).error();
  reply(http::refuse(route_->errors, request, too_many, edge_.telemetry));
  return false;
}

void Connection::answer_on_worker() {
  const bool taken = edge_.workers.submit([self = shared_from_this(), since = whole_at_]() mutable {
    Edge& edge = self->edge_;
    edge.telemetry.waited(Steady::now() - since);
    Answer made = answer(*self->route_, self->incoming_.request(), self->place_, edge.sites, edge.telemetry);
    const auto executor = self->socket_.get_executor();
    // `self` goes along, so that a connection never ends on a worker.
    boost::asio::post(executor, [self = std::move(self), made = std::move(made)]() mutable {
      if (self->stage_ == Stage::working) self->guarded([&] { self->reply(std::move(made)); });
    });
  });
  if (taken) return;
  const Error busy = fail_for_now(Kind::unavailable, "busy", 1, "the workers' queue is full").error();
  reply(http::refuse(route_->errors, incoming_.request(), busy, edge_.telemetry));
}

void Connection::refuse(const Refusal& refusal) {
  keep_alive_ = false;
  whole_at_ = Steady::now();
  Request& request = incoming_.request();
  if (request.trace.trace_id.empty()) request.trace = trace_of({});
  reply({reply_to(refusal, request.trace), refusal.reason.text()});
}

void Connection::refuse(const Error& error) { refuse(Refusal{status_of(error.kind), error.reason}); }

void Connection::reply(Answer answer) {
  const Request& request = incoming_.request();
  Framing framing;
  framing.head_only = request.method == Method::head;
  // A body that isn't read can't be told from the next request (RFC 9112 §9.3).
  framing.keep_alive = keep_alive_ && !winding_down_ && incoming_.state() == Incoming::State::whole;
  framing.secure = request.site.secure || request.tls;
  framing.any_origin = route_ != nullptr && route_->guard == Guard::cors;
  framing.trace = &request.trace;
  keep_alive_ = framing.keep_alive;
  reply_ = std::move(answer.reply);
  if (verdict_.limited) {
    for (auto& [name, value] : verdict_.headers) reply_.with(name, value);
    edge_.limits->answered(verdict_, reply_.status);
    verdict_ = {};
  }
  const Time now = std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now());
  try {
    head_ = head_of(reply_, framing, now);
  } catch (const std::exception&) {  // a header that could end its line: nothing of the reply is sent
    edge_.telemetry.requests_threw.add();
    reply_ = problem(request, fail(Kind::internal, "internal_error").error());
    answer.reason = "internal_error";
    head_ = head_of(reply_, framing, now);
  }
  head_.insert(0, std::exchange(interim_, {}));
  const std::string_view body = body_of(reply_, framing);
  edge_.telemetry.answered({.route = route_,
                            .method = request.method,
                            .status = reply_.status,
                            .body_bytes = body.size(),
                            .reason = answer.reason,
                            .trace = request.trace,
                            .tenant = request.site.tenant,
                            .took = Steady::now() - whole_at_});
  first_ = head_;
  second_ = body;
  if (transport_.is_tls() && head_.size() + body.size() <= read_at_once) {  // one record, one packet
    head_ += body;
    first_ = head_;
    second_ = {};
  }
  enter(Stage::writing, limits::http_write_time);
  write();
}

void Connection::write() {
  while (!first_.empty() || !second_.empty()) {
    const auto step = transport_.write(first_, second_);
    if (step.outcome != Transport::Outcome::done) return wait(step.outcome);
    const std::size_t of_first = std::min(step.bytes, first_.size());
    first_.remove_prefix(of_first);
    second_.remove_prefix(std::min(step.bytes - of_first, second_.size()));
    if (!first_.empty() || !second_.empty()) enter(Stage::writing, limits::http_write_time);
  }
  written();
}

void Connection::written() {
  if (!keep_alive_ || winding_down_) {
    transport_.finish_writing();
    enter(Stage::lingering, linger_time);
    return linger();
  }
  incoming_ = Incoming();
  let_go_of_body();
  route_ = nullptr;
  head_taken_ = false;
  reply_ = {};
  head_.clear();
  for (std::string* buffer : {&input_, &head_}) {
    if (buffer->empty() && buffer->capacity() > kept_while_idle) buffer->shrink_to_fit();
  }
  enter(Stage::idle, limits::http_idle_time);
  // Requests sent ahead wait for their turn behind other connections, and don't grow this stack.
  if (!input_.empty() || transport_.holds_bytes()) {
    return boost::asio::post(socket_.get_executor(), [self = shared_from_this()] { self->guarded([&] { self->go_on(); }); });
  }
  wait(tcp::socket::wait_read);
}

void Connection::linger() {
  for (;;) {
    const auto step = transport_.read(scratch);
    if (step.outcome == Transport::Outcome::wants_read) return wait(tcp::socket::wait_read);
    if (step.outcome != Transport::Outcome::done) return close();
    lingered_ += step.bytes;
    if (lingered_ > linger_bytes) return close();
  }
}

}  // namespace kidoban::http
