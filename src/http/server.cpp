#include "http/server.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <csignal>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "http/connection.h"
#include "runtime/log.h"

namespace kidoban::http {

namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using Steady = std::chrono::steady_clock;

constexpr int backlog = 4096;
constexpr std::chrono::milliseconds look_every{250};
constexpr std::chrono::milliseconds accept_again_after{100};
constexpr std::string_view too_many =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

// A thread's worth of connections. Everything but `post`ing happens on that thread.
class Loop {
 public:
  Loop() : context_(1), work_(context_.get_executor()), clock_(context_) {}

  boost::asio::io_context& context() { return context_; }
  std::size_t count() const { return count_.load(std::memory_order_relaxed); }

  void add(tcp::socket socket, const TlsContext& tls, Edge& edge) {
    if (winding_down_) return;  // accepted on another thread just before
    auto one = std::make_shared<Connection>(std::move(socket), tls, edge, [this](Connection& gone) { remove(gone); });
    connections_.emplace(one.get(), one);
    count_.fetch_add(1, std::memory_order_relaxed);
    if (connections_.size() == 1) look_later();
    one->start();
  }

  void wind_down(std::chrono::seconds grace) {
    if (winding_down_) return;
    winding_down_ = true;
    for (const auto& one : everyone()) one->wind_down();
    if (connections_.empty()) return context_.stop();
    clock_.cancel();
    last_moment_ = Steady::now() + grace;
    look_later();
  }

 private:
  void remove(Connection& gone) {
    connections_.erase(&gone);
    count_.fetch_sub(1, std::memory_order_relaxed);
    if (winding_down_ && connections_.empty()) context_.stop();
  }

  // Closing one removes it, so whoever walks takes a list of its own.
  std::vector<std::shared_ptr<Connection>> everyone() const {
    std::vector<std::shared_ptr<Connection>> all;
    all.reserve(connections_.size());
    for (const auto& [pointer, one] : connections_) all.push_back(one);
    return all;
  }

  // One look at all, four times a second, costs less than a timer for each that every request sets anew.
  void look_later() {
    clock_.expires_after(look_every);
    clock_.async_wait([this](const error_code& ec) {
      if (ec) return;
      const auto now = Steady::now();
      if (now >= last_moment_) return context_.stop();
      for (const auto& one : everyone()) one->check_time(now);
      if (!connections_.empty()) look_later();
    });
  }

  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer clock_;
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
  std::atomic<std::size_t> count_{0};
  bool winding_down_ = false;
  Steady::time_point last_moment_ = Steady::time_point::max();
};

Result<tcp::endpoint> endpoint_of(const Listen& listen) {
  error_code ec;
  const auto address = boost::asio::ip::make_address(listen.address, ec);
  if (ec) return fail(Kind::malformed, "address_malformed", "'" + listen.address + "' is not an IP address");
  return tcp::endpoint(address, listen.port);
}

Failure cannot_listen(const Listen& listen, const error_code& ec) {
  const std::string where = listen.address + ":" + std::to_string(listen.port);
  if (ec == boost::asio::error::address_in_use) return fail(Kind::unavailable, "port_busy", where + " is in use by another program");
  if (ec == boost::asio::error::access_denied) {
    return fail(Kind::forbidden, "port_forbidden", where + " may not be listened on: ports below 1024 need CAP_NET_BIND_SERVICE");
  }
  return fail(Kind::unavailable, "address_unusable", where + ": " + ec.message());
}

struct Door {
  Listen listen;
  tcp::acceptor acceptor;
  boost::asio::steady_timer pause;
  std::mutex mutex;  // over `tls`: read when a connection comes, written on reload
  TlsContext tls;

  explicit Door(boost::asio::io_context& context) : acceptor(context), pause(context) {}
  TlsContext current() {
    const std::scoped_lock lock(mutex);
    return tls;
  }
};

Result<TlsContext> context_for(const Listen& listen) {
  if (listen.certificate.empty() && listen.private_key.empty()) return TlsContext();
  if (listen.certificate.empty() || listen.private_key.empty()) {
    return fail(Kind::malformed, "certificate_unusable", "a certificate and its private key belong together");
  }
  return make_tls_context(listen.certificate, listen.private_key);
}

class AsioServer final : public Server {
 public:
  AsioServer(const ServerOptions& options, const Routes& routes, SiteFinder& sites, runtime::Workers& workers, Networks trusted, Networks internal)
      : most_(options.connections), edge_{routes, sites, workers, std::move(trusted), std::move(internal), Telemetry(routes), options.rate_limits} {
    for (std::size_t i = 0; i < std::max<std::size_t>(1, options.edge_threads); ++i) loops_.push_back(std::make_unique<Loop>());
  }

  Status open(const std::vector<Listen>& listens) {
    for (const Listen& listen : listens) {
      const tcp::endpoint endpoint = TRY(endpoint_of(listen));
      auto door = std::make_unique<Door>(loops_.front()->context());
      door->listen = listen;
      door->tls = TRY(context_for(listen));
      error_code ec;
      tcp::acceptor& acceptor = door->acceptor;
      acceptor.open(endpoint.protocol(), ec);
      if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
      if (!ec && endpoint.address().is_v6() && endpoint.address().is_unspecified()) {
        acceptor.set_option(boost::asio::ip::v6_only(false), ec);  // "::" is everyone, whatever the system's default
      }
      if (!ec) acceptor.bind(endpoint, ec);
      if (!ec) acceptor.listen(backlog, ec);
      if (ec) return cannot_listen(listen, ec);
      doors_.push_back(std::move(door));
    }
    return {};
  }

  void run() override {
    for (const auto& door : doors_) accept(*door);
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < loops_.size(); ++i) {
      others.emplace_back([this, i] { loops_[i]->context().run(); });
    }
    loops_.front()->context().run();
  }

  void stop(std::chrono::seconds grace) override {
    for (std::size_t i = 0; i < loops_.size(); ++i) {
      boost::asio::post(loops_[i]->context(), [this, i, grace] {
        if (i == 0) {
          for (const auto& door : doors_) {
            error_code ignored;
            door->acceptor.close(ignored);
            door->pause.cancel();
          }
        }
        loops_[i]->wind_down(grace);
      });
    }
  }

  Status reload_certificates() override {
    std::vector<TlsContext> fresh;
    for (const auto& door : doors_) fresh.push_back(TRY(context_for(door->listen)));
    for (std::size_t i = 0; i < doors_.size(); ++i) {
      const std::scoped_lock lock(doors_[i]->mutex);
      doors_[i]->tls = std::move(fresh[i]);
    }
    return {};
  }

  std::vector<std::uint16_t> ports() const override {
    std::vector<std::uint16_t> all;
    for (const auto& door : doors_) {
      error_code ignored;
      all.push_back(door->acceptor.local_endpoint(ignored).port());
    }
    return all;
  }

 private:
  void accept(Door& door) {
    Loop& loop = *loops_[next_++ % loops_.size()];
    door.acceptor.async_accept(loop.context(), [this, &door, &loop](const error_code& ec, tcp::socket socket) {
      if (ec == boost::asio::error::operation_aborted || !door.acceptor.is_open()) return;
      if (ec) {  // no descriptors left, for one: wait until some are given back
        runtime::log(runtime::Level::error, "accept_failed", {{"why", ec.message()}});
        door.pause.expires_after(accept_again_after);
        door.pause.async_wait([this, &door](const error_code& cancelled) {
          if (!cancelled) accept(door);
        });
        return;
      }
      welcome(door, loop, std::move(socket));
      accept(door);
    });
  }

  void welcome(Door& door, Loop& loop, tcp::socket socket) {
    std::size_t open = 0;
    for (const auto& one : loops_) open += one->count();
    error_code ignored;
    socket.non_blocking(true, ignored);
    if (open >= most_) {
      edge_.telemetry.connections_refused.add();
      if (!door.current()) socket.send(boost::asio::buffer(too_many.data(), too_many.size()), 0, ignored);
      return;
    }
    socket.set_option(tcp::no_delay(true), ignored);
    edge_.telemetry.connections_accepted.add();
    if (&loop == loops_.front().get()) return loop.add(std::move(socket), door.current(), edge_);
    boost::asio::post(loop.context(), [this, &loop, tls = door.current(), socket = std::move(socket)]() mutable {
      loop.add(std::move(socket), tls, edge_);
    });
  }

  std::size_t most_;
  Edge edge_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::unique_ptr<Door>> doors_;
  std::size_t next_ = 0;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::listen(const ServerOptions& options, const Routes& routes, SiteFinder& sites,
                                               runtime::Workers& workers) {
  // OpenSSL writes to sockets by write(2), which has no MSG_NOSIGNAL.
  std::signal(SIGPIPE, SIG_IGN);
  auto trusted = TRY(parse_networks(options.trusted_proxies));
  auto internal = TRY(parse_networks(options.internal_networks));
  auto server = std::make_unique<AsioServer>(options, routes, sites, workers, std::move(trusted), std::move(internal));
  TRY(server->open(options.listen));
  return server;
}

}  // namespace kidoban::http
