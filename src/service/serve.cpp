#include "service/serve.h"

#include <pthread.h>
#include <signal.h>

#include <cstdio>
#include <thread>

#include "console/console.h"
#include "crypto/password_hash.h"
#include "federation/oidc/oidc.h"
#include "http/server.h"
#include "jobs/engine.h"
#include "jobs/jobs.h"
#include "login/housekeeping.h"
#include "login/login.h"
#include "portal/portal.h"
#include "runtime/log.h"
#include "service/demo.h"
#include "service/features.h"
#include "service/health.h"
#include "service/house.h"
#include "service/housekeeping.h"
#include "service/import_passwords.h"
#include "service/issuer.h"
#include "service/setup.h"
#include "transfer/exports.h"
#include "transfer/imports.h"
#include "transfer/purge.h"

namespace kidoban::service {

namespace {

using runtime::Level;

// Signals are waited for on a thread of their own, so that nothing async-signal-unsafe is a worry.
sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int s : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, s);
  return set;
}

class Signals {
 public:
  Signals(http::Server& server, std::chrono::seconds grace)
      : thread_([&server, grace] { wait(server, grace); }) {}
  ~Signals() { thread_.join(); }

 private:
  static void wait(http::Server& server, std::chrono::seconds grace) {
    const sigset_t set = watched_signals();
    for (int got = 0; sigwait(&set, &got) == 0;) {
      if (got == SIGHUP) {
        const Status read = server.reload_certificates();
        if (read) runtime::log(Level::info, "certificates_read");
        else runtime::log(Level::error, "certificates_unusable", read.error());
        continue;
      }
      runtime::log(Level::info, "stopping");
      server.stop(grace);
      return;
    }
  }
  std::thread thread_;
};

std::string default_public_url(const Config& config, std::uint16_t port) {
  return std::string(config.tls_certificate.empty() ? "http" : "https") + "://localhost:" + std::to_string(port);
}

// With `listen = …:0` the port, and so the public URL and every tenant's, is known only once the
// edge listens. Nothing is answered before run().
class SitesOnceBound final : public http::SiteFinder {
 public:
  void become(std::unique_ptr<http::SiteFinder> finder) { finder_ = std::move(finder); }
  Located locate(std::string_view host, std::string_view path) const override { return finder_->locate(host, path); }
  Result<http::Site> find(const Located& place, bool tls, runtime::Deadline deadline) override {
    return finder_->find(place, tls, deadline);
  }
  std::optional<http::Site> remembered(const Located& place, bool tls) override { return finder_->remembered(place, tls); }

 private:
  std::unique_ptr<http::SiteFinder> finder_;
};

Status may_serve(const Config& config, const ServeOptions& options, const std::vector<http::Listen>& listens) {
  for (const http::Listen& listen : listens) {
    const bool loopback = listen.address.starts_with("127.") || listen.address == "::1";
    if (options.demo && !loopback) {
      return fail(Kind::forbidden, "demo_off_loopback",
                  "--demo makes people whose passwords are public: it listens on 127.0.0.1 or ::1 only");
    }
    if (!loopback && config.public_url.empty()) {
      return fail(Kind::malformed, "configuration_invalid",
                  "server.public_url must be set to listen on " + listen.address);
    }
  }
  return {};
}

login::Options login_options(const Config& config, factors::Passwords& passwords) {
  login::Options options;
  options.session.idle = std::chrono::minutes(config.session_idle_minutes);
  options.session.absolute = std::chrono::hours(config.session_absolute_hours);
  options.lockout.rule_of_tenant = [&passwords](store::Transaction& tx) -> Result<login::LockoutRule> {
    const auto rule = TRY(passwords.lock_rule(tx));
    return login::LockoutRule{rule.threshold, rule.first_delay, rule.longest_delay, rule.forget_after};
  };
  return options;
}

std::vector<Chore> chores(House& house, federation::oidc::Oidc& oidc) {
  return {
      {"login", [&] { return login::purge(*house.store, house.clock.now()); }},
      {"people", [&] { return house.directory.remove_due(*house.store); }},
      {"oidc", [&] { return oidc.purge(); }},
      {"jobs", [&] { return jobs::purge(*house.store, house.clock.now()); }},
      {"transfer", [&] { return transfer::purge(*house.store, house.clock.now()); }},
      {"signing_keys", [&] { return oidc.rotate_due_keys(); }},
      {"password_memory", [] { crypto::trim_password_memory(); return Status(); }},
  };
}

std::vector<jobs::Work*> works(transfer::Imports& imports, transfer::Exports& exports) {
  auto all = imports.works();
  for (jobs::Work* one : exports.works()) all.push_back(one);
  return all;
}

}  // namespace

Status serve(const Config& config, const ServeOptions& options) {
  const auto listens = TRY(service::listens(config));
  TRY(may_serve(config, options, listens));
  const sigset_t watched = watched_signals();
  pthread_sigmask(SIG_BLOCK, &watched, nullptr);  // before any thread: all inherit it
  ::signal(SIGPIPE, SIG_IGN);
  runtime::set_log_level(*runtime::level_named(config.log_level));

  auto house = TRY(House::open(config));
  if (options.demo) TRY(make_demo(*house));

  const page::Pages pages(page_folders());
  http::Routes routes;
  tenant::Addressing addressing{config.public_url, config.tenant_url};

  login::Login login(*house->store, house->keys, house->audit, house->directory, pages, house->clock,
                     house->random, {&house->password}, login_options(config, house->password));
  federation::oidc::Oidc oidc(*house->store, house->keys, house->applications, house->directory, house->audit,
                              login, pages, house->clock, house->random);
  portal::Portal portal(*house->store, house->directory, house->applications, login, house->password, pages, house->clock);
  login.add_protocol(oidc);
  login.add_protocol(portal);
  add_health_routes(routes, *house);
  add_setup_routes(routes, *house, pages, addressing);
  pages.add_routes(routes);
  login.add_routes(routes);
  oidc.add_routes(routes);
  portal.add_routes(routes);
  jobs::Jobs jobs(house->audit, house->clock, house->random);
  ImportPasswords import_passwords(house->password);
  transfer::Imports imports(*house->store, house->keys, house->directory, login.sessions(), house->settings, jobs, house->audit, import_passwords,
                            house->clock, house->random);
  transfer::Exports exports(*house->store, house->keys, house->directory, jobs, house->audit, house->clock, house->random);
  jobs::Engine engine(*house->store, house->audit, house->clock, house->random, works(imports, exports));
  console::Console(*house->store, house->directory, login, house->settings, house->password, jobs, engine, imports, exports).add_routes(routes);
  add_issuer_routes(routes, house->tenants, addressing);
  routes.otherwise([&pages](const http::Request& request, const Error& error) {
    return request.wants_json() ? http::problem(request, error) : pages.error(request, "service", error);
  });

  runtime::Workers workers(static_cast<std::size_t>(config.workers), static_cast<std::size_t>(config.queue));
  SitesOnceBound sites;
  http::ServerOptions edge;
  edge.listen = listens;
  edge.trusted_proxies = config.trusted_proxies;
  edge.internal_networks = config.internal_networks;
  edge.connections = static_cast<std::size_t>(config.connections);
  auto server = TRY(http::Server::listen(edge, routes, sites, workers));
  const std::uint16_t port = server->ports().front();
  if (addressing.public_url.empty()) addressing.public_url = default_public_url(config, port);
  TRY(tenant::check(addressing));
  sites.become(tenant::make_site_finder(house->tenants, addressing));

  if (const auto token = TRY(make_setup_token(*house))) {
    std::printf("Set up the first operator (this link works once, for a day):\n%s/setup/%s\n",
                addressing.public_url.c_str(), token->c_str());
    std::fflush(stdout);
  }
  for (std::size_t i = 0; i < listens.size(); ++i) {
    runtime::log(Level::info, "listening",
                 {{"address", listens[i].address + ":" + std::to_string(server->ports()[i])},
                  {"public_url", addressing.public_url},
                  {"store", std::string(house->store->engine_name())}});
  }
  {
    const Housekeeping housekeeping(chores(*house, oidc));
    engine.start();
    const Signals signals(*server, std::chrono::seconds(config.grace_s));
    server->run();
  }
  workers.drain();
  engine.stop();
  runtime::log(Level::info, "stopped");
  return {};
}

}  // namespace kidoban::service
