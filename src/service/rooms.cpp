#include "service/rooms.h"

#include <fstream>

#include "service/login_options.h"
#include "service/mails.h"

namespace kidoban::service {

namespace {

std::vector<jobs::Work*> works(transfer::Imports& imports, transfer::Exports& exports) {
  auto all = imports.works();
  for (jobs::Work* one : exports.works()) all.push_back(one);
  return all;
}

webhooks::CourierOptions courier_options(const Config& config) {
  return {.senders = static_cast<std::size_t>(config.webhook_senders), .first_retry = std::chrono::seconds(config.webhook_first_retry_s)};
}

}  // namespace

Result<http::Reach> webhook_reach(const Config& config) {
  auto networks = http::parse_networks(config.webhook_networks);
  if (!networks) return fail(Kind::malformed, "configuration_invalid", "webhooks.networks: \"" + networks.error().note + "\" is no network (for example 10.0.0.0/8)");
  if (!config.webhook_ca_file.empty() && !std::ifstream(config.webhook_ca_file)) {
    return fail(Kind::malformed, "configuration_invalid", "webhooks.ca_file = \"" + config.webhook_ca_file.string() + "\" can't be read");
  }
  return http::Reach{*std::move(networks), config.webhook_ca_file};
}

Rooms::Rooms(House& in, const page::Pages& pages, const http::Reach& reach, store::Store& store)
    : house(in),
      on(store),
      login(*in.store, in.keys, in.audit, in.directory, pages, in.clock, in.random, {&in.password}, login_options(in)),
      own(*in.store, in.keys, in.audit, in.directory, login, in.notices, pages, in.clock, in.random),
      jobs(in.audit, in.clock, in.random),
      import_passwords(in.password),
      imports(on, in.keys, in.directory, login.sessions(), in.settings, jobs, in.audit, import_passwords, in.clock, in.random),
      exports(on, in.keys, in.directory, jobs, in.audit, in.clock, in.random),
      engine(on, in.audit, in.clock, in.random, works(imports, exports),
             [&in](store::Transaction& tx, const jobs::Job& job) { return tell_of_end(in, in.addressing, tx, job); }),
      webhooks(in.keys, in.audit, in.clock, in.random, reach),
      courier(*in.store, in.keys, in.audit, in.sealer, in.clock, in.random, reach,
              [&in](store::Transaction& tx, const webhooks::Webhook& off, const webhooks::Attempt& last) { return tell_of_webhook(in, in.addressing, tx, off, last); },
              courier_options(in.config)),
      kept(in.keys, in.clock) {
  const auto still_may = [&in](store::Transaction& tx, const audit::Actor& actor, directory::Permission needed) {
    return transfer::still_may(in.directory, in.clock, tx, actor, needed);
  };
  imports.ask_rights(still_may);
  exports.ask_rights(still_may);
}

console::Inside Rooms::inside() {
  return {.store = on,
          .directory = house.directory,
          .login = login,
          .settings = house.settings,
          .passwords = house.password,
          .domains = house.domains,
          .audit = house.audit,
          .sealer = house.sealer,
          .jobs = jobs,
          .engine = engine,
          .imports = imports,
          .exports = exports,
          .mail = house.mail,
          .own = own,
          .webhooks = webhooks,
          .courier = courier,
          .keys = house.keys,
          .clock = house.clock,
          .search = house.search,
          .kept = kept,
          .approvals = house.approvals};
}

}  // namespace kidoban::service
