#include "service/house.h"

#include <sys/stat.h>

#include <system_error>
#include <thread>

#include "login/housekeeping.h"
#include "service/features.h"
#include "service/mails.h"
#include "store/open.h"

namespace kidoban::service {

namespace {

std::size_t hashes_at_once(const Config& config) {
  if (config.argon2_at_once > 0) return static_cast<std::size_t>(config.argon2_at_once);
  return std::max(1U, std::thread::hardware_concurrency());
}

// The folder of the embedded store and of the root key: ours alone (0700), since what is in it
// opens every tenant.
Status make_data_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return {};
  std::filesystem::create_directories(folder, error);
  if (error) {
    return fail(Kind::unavailable, "data_folder_unusable",
                "the data folder " + folder.string() + " can't be made: " + error.message());
  }
  ::chmod(folder.c_str(), 0700);
  return {};
}

Result<std::unique_ptr<factors::password::BreachList>> open_breaches(const Config& config) {
  if (!config.breach_file.empty()) return factors::password::open_breach_file(config.breach_file);
  if (!config.breach_url.empty()) return factors::password::make_breach_service(config.breach_url);
  return std::unique_ptr<factors::password::BreachList>();
}

factors::password::PasswordOptions password_options(const Config& config, factors::password::BreachList* breaches) {
  factors::password::PasswordOptions options;
  options.cost.memory_kib = static_cast<std::uint32_t>(config.argon2_memory_kib);
  options.cost.passes = static_cast<std::uint32_t>(config.argon2_passes);
  options.breaches = breaches;
  using enum factors::password::PasswordOptions::WhenUnasked;
  options.when_unasked = config.breach_unavailable == "refuse" ? refuse : set;
  return options;
}

}  // namespace

runtime::Deadline command_deadline() { return runtime::Deadline::after(std::chrono::minutes(1)); }

Result<std::unique_ptr<store::Store>> open_store(const Config& config) {
  const auto connections = static_cast<std::size_t>(config.store_connections);
  if (!config.embedded()) return store::open_postgres({config.store, connections});
  TRY(make_data_folder(config.data));
  store::SqliteOptions options;
  options.file = config.database_file();
  options.readers = connections;
  return store::open_sqlite(options);
}

House::House(const Config& wanted, std::unique_ptr<store::Store> opened, std::unique_ptr<seal::RootKey> root,
             std::unique_ptr<factors::password::BreachList> breached, std::unique_ptr<dns::Resolver> asked)
    : config(wanted),
      clock(system_clock()),
      random(system_random()),
      store(std::move(opened)),
      root_key(std::move(root)),
      keys(*root_key, clock, random),
      audit(keys, clock, random),
      sealer(*store, keys, audit, clock),
      tenants(*store, keys, audit, clock, random),
      settings(keys, audit, clock),
      resolver(std::move(asked)),
      // Whoever waits for DNS holds a worker for some seconds: few may, and few of one tenant.
      dns_lane("dns", 8, 16, 3),
      domains(*store, audit, clock, random, *resolver, dns_lane),
      mail(keys, audit, settings, clock, random),
      directory(keys, audit, clock, random),
      addressing{wanted.public_url, wanted.tenant_url},
      notices(mail, directory, addressing),
      applications(keys, audit, clock, random),
      // A tenant may hold half of the queue: the others' people still get in.
      password_lane("password_hash", hashes_at_once(wanted), 64, 32),
      breaches(std::move(breached)),
      password(*store, keys, audit, clock, random, settings, directory, password_lane, password_options(wanted, breaches.get())) {
  directory.when_gone([this](store::Transaction& tx, const Id& person) { return password.forget(tx, person); });
  directory.when_gone([](store::Transaction& tx, const Id& person) { return login::forget(tx, person); });
  password.when_replaced([this](store::Transaction& tx, const Id& person, Time at) { return notices.tell(tx, person, mail::Occasion::password_changed, {{"at", at}}); });
  domains.when_settled([this](store::Transaction& tx, const tenant::Domain& domain, tenant::Domains::News news) { return tell_of_domain(notices, tx, domain, news); });
}

Result<std::unique_ptr<House>> House::open(const Config& wanted) {
  auto resolver = TRY(dns::Resolver::open({.servers = wanted.dns_servers}));
  TRY(make_data_folder(wanted.data));
  auto breached = TRY(open_breaches(wanted));
  // A store without its root key is a store whose key was lost: never make a new key beside it.
  std::error_code error;
  const bool has_store = !wanted.embedded() || std::filesystem::exists(wanted.database_file(), error);
  const bool has_key = std::filesystem::exists(wanted.root_key_path(), error);
  if (wanted.embedded() && has_store && !has_key) {
    return fail(Kind::sealed, "root_key_missing",
                "the root key " + wanted.root_key_path().string() + " isn't there, but the store " +
                    wanted.database_file().string() + " is: put the key back, nothing can be read without it");
  }
  auto root = TRY(seal::open_root_key_file(wanted.root_key_path(), seal::Create::if_missing, system_random()));
  auto opened = TRY(open_store(wanted));
  const auto all = features();
  TRY(store::migrate(*opened, all));
  std::unique_ptr<House> house(new House(wanted, std::move(opened), std::move(root), std::move(breached), std::move(resolver)));
  if (Status fits = house->keys.check(*house->store); !fits) {
    // A key made a moment ago for a store that has another: don't leave it to be mistaken for the right one. Where
    // it isn't known whether the store has it (the connection was lost while committing), it stays.
    if (!has_key && fits.error().reason == "root_key_wrong") std::filesystem::remove(wanted.root_key_path(), error);
    return std::unexpected(std::move(fits.error()));
  }
  return house;
}

}  // namespace kidoban::service
