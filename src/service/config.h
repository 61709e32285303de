#pragma once
// The configuration: one TOML file, `KIDOBAN_*` variables over it, the command line's flags over
// those. Every setting is one row of `settings()`, which the reader, the check, `--help` and
// `kidoban config` all walk; an error names the key, what it got and what it takes.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/server.h"

namespace kidoban::service {

struct Config {
  std::vector<std::string> listen = {"127.0.0.1:8080"};
  std::string public_url;                    // "" : http://localhost:PORT, when listening on loopback
  std::string tenant_url = "{public_url}/t/{slug}";
  std::filesystem::path tls_certificate, tls_key;
  std::vector<std::string> trusted_proxies;
  std::vector<std::string> internal_networks = {"127.0.0.0/8", "::1/128"};
  std::int64_t workers = 32;
  std::int64_t queue = 1024;
  std::int64_t connections = 20'000;
  std::int64_t grace_s = 20;
  std::int64_t chores_every_s = 60;

  std::filesystem::path data = "data";
  std::string store = "sqlite";              // or postgres://… , or libpq's key=value words
  std::int64_t store_connections = 16;
  std::filesystem::path root_key_file;       // "" : <data>/root.key

  std::vector<std::string> dns_servers;      // none: the system's

  std::int64_t argon2_memory_kib = 19 * 1024;
  std::int64_t argon2_passes = 2;
  std::int64_t argon2_at_once = 0;           // 0: the number of cores
  std::filesystem::path breach_file;
  std::string breach_url;
  std::string breach_unavailable = "set";    // or "refuse"
  std::int64_t session_idle_minutes = 60;
  std::int64_t session_absolute_hours = 12;
  std::string log_level = "info";

  std::string mail_server;                   // "" : mails wait
  std::string mail_tls = "starttls";         // or tls, or none (to loopback alone)
  std::string mail_username;
  std::filesystem::path mail_password_file, mail_ca_file;
  std::string mail_from;                     // the address
  std::int64_t mail_connections = 2;
  std::int64_t mail_first_retry_s = 60;

  bool embedded() const { return store == "sqlite"; }
  std::filesystem::path database_file() const { return data / "kidoban.db"; }
  std::filesystem::path root_key_path() const {
    return root_key_file.empty() ? data / "root.key" : root_key_file;
  }
};

struct Setting {
  std::string_view key;    // "server.listen"
  std::string_view flag;   // "--listen"; "" where only file and environment set it
  std::string_view takes;  // "ADDRESS:PORT, several separated by commas"
  std::string_view help;
  // The value as text; lists are separated by commas. Empty on success, else what is wrong with it.
  std::function<std::string(Config&, std::string_view)> set;
  std::function<std::string(const Config&)> get;

  std::string variable() const;  // "KIDOBAN_SERVER_LISTEN"
};
std::span<const Setting> settings();

// Values given on the command line, by key.
using Overrides = std::map<std::string, std::string, std::less<>>;

// malformed/"configuration_invalid"; the note is a sentence for the operator that names the key and
// where it stands. `environment` is the process's ("NAME=value").
Result<Config> load_config(const std::optional<std::filesystem::path>& file,
                           std::span<const std::string> environment, const Overrides& flags);

// What can only be judged together: TLS halves, http off loopback, the tenant URL's shape.
Status check(const Config& config);

// The listening addresses in the edge's own terms. malformed/"configuration_invalid".
Result<std::vector<http::Listen>> listens(const Config& config);

// The whole configuration as a commented TOML file.
std::string as_toml(const Config& config);

}  // namespace kidoban::service
