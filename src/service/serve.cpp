#include "service/serve.h"

#include <pthread.h>
#include <signal.h>

#include <cstdio>
#include <fstream>
#include <thread>

#include "audit/retention.h"
#include "console/console.h"
#include "console/kept_answers.h"
#include "crypto/password_hash.h"
#include "directory/changes.h"
#include "directory/group_rules.h"
#include "federation/oidc/oidc.h"
#include "http/rate_limits.h"
#include "http/server.h"
#include "jobs/jobs.h"
#include "login/housekeeping.h"
#include "mail/sender.h"
#include "portal/portal.h"
#include "recovery/recovery.h"
#include "provisioning/scim_server/scim_server.h"
#include "runtime/log.h"
#include "service/demo.h"
#include "service/features.h"
#include "service/health.h"
#include "service/house.h"
#include "service/housekeeping.h"
#include "service/issuer.h"
#include "service/mails.h"
#include "service/rooms.h"
#include "service/setup.h"
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

http::RateOptions rate_options(const Config& config) {
  http::RateOptions options;
  options.paths = {"/api/v1/", "/scim/v2/"};
  options.session_cookie = login::session_cookie_name;
  options.for_anybody = {"/api/v1/openapi.json", "/api/v1/audit/heads", "/api/v1/audit/keys", "/api/v1/audit/consistency",
                         "/scim/v2/ServiceProviderConfig", "/scim/v2/Schemas", "/scim/v2/ResourceTypes"};
  options.client.quota = config.limit_client;
  options.tenant.quota = config.limit_tenant;
  options.address.quota = config.limit_address;
  options.strangers.quota = config.limit_strangers;
  return options;
}

// Each tenant's audit once a day: what is older than it wants to keep.
Status retire_audits(House& house) {
  const auto deadline = [] { return runtime::Deadline::after(std::chrono::seconds(30)); };
  Status outcome;
  for (const TenantId& tenant : TRY(house.sealer.due_to_retire(100, deadline()))) {
    const auto retire = [&]() -> Status {
      const auto section = TRY(house.store->read(tenant, deadline(), [&](store::Transaction& tx) { return house.settings.read(tx, "audit"); }));
      const auto wanted = section ? TRY(audit::parse_settings(section->json)) : audit::AuditSettings{};
      TRY(house.sealer.retire(tenant, house.clock.now() - std::chrono::days(wanted.retention_days), deadline()));
      return {};
    };
    if (const Status done = retire(); !done) outcome = std::unexpected(done.error());
  }
  return outcome;
}

// One line of a file that is for the service's user alone, like the root key.
Result<std::string> mail_password(const Config& config) {
  if (config.mail_password_file.empty()) return std::string();
  std::ifstream file(config.mail_password_file);
  std::string line;
  if (!file || !std::getline(file, line) || line.empty()) {
    return fail(Kind::malformed, "configuration_invalid", "mail.password_file = \"" + config.mail_password_file.string() + "\" can't be read, or is empty");
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

Result<mail::SenderOptions> sender_options(const Config& config) {
  using Tls = mail::SmtpOptions::Tls;
  mail::SenderOptions options;
  options.smtp.server = config.mail_server;
  options.smtp.tls = config.mail_tls == "tls" ? Tls::tls : config.mail_tls == "none" ? Tls::none : Tls::starttls;
  options.smtp.username = config.mail_username;
  options.smtp.password = TRY(mail_password(config));
  options.smtp.from = config.mail_from;
  options.smtp.ca_file = config.mail_ca_file;
  options.connections = static_cast<std::size_t>(config.mail_connections);
  options.first_retry = std::chrono::seconds(config.mail_first_retry_s);
  return options;
}

// How a password is chosen on the page of a reset, by the policy that holds for the person.
recovery::Choose choosing(factors::Passwords& passwords, const page::Pages& pages) {
  return [&passwords, &pages](const http::Request& request, const directory::Person& person, page::Language language,
                              const Secret& typed) -> Result<recovery::Chosen> {
    const auto say = [&](std::string_view reason, const std::string& value) { return pages.word(language, "factors/password", reason, {value}); };
    if (typed.empty()) return recovery::Chosen{{say("password_missing", "")}, {}};
    const auto owner = factors::owner_of(*request.site.tenant, person.id, person.profile, request.site.display_name);
    auto chosen = TRY(passwords.choose(owner, typed, request.deadline));
    if (const auto* faults = std::get_if<std::vector<factors::Fault>>(&chosen)) {
      recovery::Chosen wrong;
      for (const factors::Fault& fault : *faults) wrong.faults.push_back(say(fault.reason.text(), fault.value));
      return wrong;
    }
    auto kept = std::make_shared<factors::PreparedPassword>(std::get<factors::PreparedPassword>(std::move(chosen)));
    return recovery::Chosen{{}, [&passwords, kept, id = person.id](store::Transaction& tx, const audit::Event& by) {
                              return passwords.set(tx, id, *kept, by);
                            }};
  };
}

std::vector<Chore> chores(House& house, const tenant::Addressing& addressing, federation::oidc::Oidc& oidc, recovery::Recovery& recovery,
                          portal::Own& own) {
  return {
      {"login", [&] { return login::purge(*house.store, house.clock.now()); }},
      {"people", [&] { return house.directory.remove_due(*house.store); }},
      {"people_removed", [&] { return directory::forget_removed(*house.store, house.clock.now()); }},
      {"search", [&] { return house.search.forget_idle(); }},
      {"service_credentials", [&] { return warn_of_credentials(house, addressing); }},
      {"service_access", [&] { return house.directory.service_accounts().purge(*house.store); }},
      {"approvals", [&] { return expire_approvals(house, addressing); }},
      {"approvals_ended", [&] { return house.approvals.purge(*house.store); }},
      {"oidc", [&] { return oidc.purge(); }},
      {"recovery", [&] { return recovery.purge(); }},
      {"address_changes", [&] { return own.purge(); }},
      {"password_expiry", [&] { return warn_of_expiries(house); }},
      {"jobs", [&] { return jobs::purge(*house.store, house.clock.now()); }},
      {"kept_answers", [&] { return console::purge_answers(*house.store, house.clock.now()); }},
      {"transfer", [&] { return transfer::purge(*house.store, house.clock.now()); }},
      {"signing_keys", [&] { return oidc.rotate_due_keys(); }},
      {"domains", [&] { return house.domains.check_due(); }},
      {"audit_sealing", [&] { return house.sealer.seal_due(); }},
      {"audit_retention", [&] { return retire_audits(house); }},
      {"password_memory", [] { crypto::trim_password_memory(); return Status(); }},
  };
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

  auto mailing = TRY(sender_options(config));
  const page::Pages pages(page_folders());
  http::Routes routes;
  tenant::Addressing& addressing = house->addressing;

  const http::Reach reach = TRY(webhook_reach(config));
  Rooms rooms(*house, pages, reach, *house->store);
  login::Login& login = rooms.login;
  federation::oidc::Oidc oidc(*house->store, house->keys, house->applications, house->directory, house->audit,
                              login, pages, house->clock, house->random);
  portal::Portal portal(*house->store, house->directory, house->applications, login, house->password, rooms.own, pages, house->clock);
  recovery::Recovery recovery(*house->store, house->keys, house->audit, house->directory, login, house->mail, pages, house->clock,
                              house->random, choosing(house->password, pages));
  login.add_protocol(oidc);
  login.add_protocol(portal);
  add_health_routes(routes, *house);
  add_setup_routes(routes, *house, pages, addressing);
  pages.add_routes(routes);
  login.add_routes(routes);
  oidc.add_routes(routes);
  portal.add_routes(routes);
  recovery.add_routes(routes);
  scim::ScimServer(*house->store, house->directory, login, house->password, house->keys, house->clock, house->search).add_routes(routes);
  console::add_routes(routes, rooms.inside());
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
  http::RateLimits rate_limits(rate_options(config));
  edge.rate_limits = &rate_limits;
  auto server = TRY(http::Server::listen(edge, routes, sites, workers));
  const std::uint16_t port = server->ports().front();
  if (config.public_url.empty()) addressing.public_url = default_public_url(config, port);
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
    // On a thread of its own: a rule of a large tenant takes a while.
    const std::chrono::seconds chores_every(config.chores_every_s);
    const Housekeeping rules({{"group_rules", [&] {
                                 return directory::ask_waiting(*house->store, house->directory, house->clock.now(), std::chrono::seconds(20));
                               }}}, chores_every);
    const Housekeeping housekeeping(chores(*house, addressing, oidc, recovery, rooms.own), chores_every);
    const mail::Sender sender(*house->store, house->keys, house->audit, house->clock, house->random, std::move(mailing));
    rooms.engine.start();
    rooms.courier.start();
    const Signals signals(*server, std::chrono::seconds(config.grace_s));
    server->run();
  }
  workers.drain();
  recovery.drain();
  rooms.engine.stop();
  rooms.courier.stop();
  runtime::log(Level::info, "stopped");
  return {};
}

}  // namespace kidoban::service
