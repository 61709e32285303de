#pragma once
// One client's connection: its requests one after another, each answered before the next is looked at.
// All of it happens on its loop's thread, except that a handler runs on a worker, which has the request
// to itself meanwhile.

#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/answer.h"
#include "http/incoming.h"
#include "http/network.h"
#include "http/rate_limits.h"
#include "http/routes.h"
#include "http/telemetry.h"
#include "http/transport.h"
#include "runtime/workers.h"

namespace kidoban::http {

// What all connections of one server share; only read, except for what counts.
struct Edge {
  const Routes& routes;
  SiteFinder& sites;
  runtime::Workers& workers;
  Networks trusted, internal;
  Telemetry telemetry;
  RateLimits* limits = nullptr;
  std::atomic<std::size_t> large_bodies{0};  // that are being received, or worked on
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Steady = std::chrono::steady_clock;

  // `closed` is called once, on the loop's thread.
  Connection(boost::asio::ip::tcp::socket socket, const TlsContext& tls, Edge& edge, std::function<void(Connection&)> closed);

  void start();
  // Ends what takes too long. Called a few times a second.
  void check_time(Steady::time_point now);
  // Closes now where nothing is being answered, else once it is.
  void wind_down();

 private:
  enum class Stage { handshake, idle, head, body, working, writing, lingering, closed };

  void enter(Stage stage, Steady::duration time);
  void wait(boost::asio::ip::tcp::socket::wait_type what);
  void wait(Transport::Outcome outcome);  // closes where there is nothing to wait for
  void go_on();
  template <class Work>
  void guarded(Work work);

  void shake_hands();
  void read();
  bool digest();  // true: more bytes are needed
  bool may_grow();
  void let_go_of_body();
  bool take_head();
  void take_body();
  void answer_request();
  bool may_ask();
  void answer_on_worker();
  void answer_unmatched(const std::string& allowed);
  void refuse(const Refusal& refusal);
  void refuse(const Error& error);
  void reply(Answer answer);
  void write();
  void written();
  void linger();
  void close();

  boost::asio::ip::tcp::socket socket_;
  Transport transport_;
  Edge& edge_;
  std::function<void(Connection&)> closed_;
  Address peer_;

  Stage stage_ = Stage::idle;
  Steady::time_point until_ = Steady::time_point::max(), whole_at_;
  bool winding_down_ = false;

  std::string input_;  // read, and not yet part of a request
  Incoming incoming_;
  const Route* route_ = nullptr;
  SiteFinder::Located place_;
  bool head_taken_ = false, keep_alive_ = false;
  bool has_large_body_ = false;  // one of Edge::large_bodies
  RateLimits::Verdict verdict_;

  Reply reply_;
  std::string interim_;  // of an interim answer, what isn't sent yet
  std::string head_;
  std::string_view first_, second_;  // still to be written
  std::size_t lingered_ = 0;
};

}  // namespace kidoban::http
