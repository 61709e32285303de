#include "service/config.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "mail/header.h"
#include "service/toml.h"
#include "tenant/tenant.h"

namespace kidoban::service {

namespace {

Failure invalid(std::string note) {
  return fail(Kind::malformed, "configuration_invalid", std::move(note));
}

Setting text(std::string_view key, std::string_view flag, std::string_view takes, std::string_view help,
             std::string Config::*member) {
  return {key, flag, takes, help,
          [member](Config& c, std::string_view v) {
            if (!is_plain_text(v)) return std::string("has characters that can't be shown");
            c.*member = v;
            return std::string();
          },
          [member](const Config& c) { return c.*member; }};
}

Setting path(std::string_view key, std::string_view flag, std::string_view help,
             std::filesystem::path Config::*member) {
  return {key, flag, "PATH", help,
          [member](Config& c, std::string_view v) {
            c.*member = v;
            return std::string();
          },
          [member](const Config& c) { return (c.*member).string(); }};
}

Setting number(std::string_view key, std::string_view flag, std::string_view takes, std::string_view help,
               std::int64_t Config::*member, std::int64_t least, std::int64_t most) {
  return {key, flag, takes, help,
          [=](Config& c, std::string_view v) {
            const auto n = to_integer(v);
            if (!n || *n < least || *n > most) {
              return "is not a whole number from " + std::to_string(least) + " to " + std::to_string(most);
            }
            c.*member = *n;
            return std::string();
          },
          [member](const Config& c) { return std::to_string(c.*member); }};
}

Setting list(std::string_view key, std::string_view flag, std::string_view takes, std::string_view help,
             std::vector<std::string> Config::*member) {
  return {key, flag, takes, help,
          [member](Config& c, std::string_view v) {
            (c.*member).clear();
            for (const std::string_view part : split(v, ',')) {
              if (!trim(part).empty()) (c.*member).emplace_back(trim(part));
            }
            return std::string();
          },
          [member](const Config& c) { return join(c.*member, ", "); }};
}

Setting breach_unavailable() {
  return {"password.breach_unavailable", "", "set or refuse",
          "where breached passwords can't be looked up: set the new password all the same (its record says so), or refuse to",
          [](Config& c, std::string_view v) {
            if (v != "set" && v != "refuse") return std::string("is not one of them");
            c.breach_unavailable = v;
            return std::string();
          },
          [](const Config& c) { return c.breach_unavailable; }};
}

Setting log_level() {
  return {"log.level", "--log-level", "debug, info, warning, error or off", "how much is logged",
          [](Config& c, std::string_view v) {
            static constexpr std::array levels{"debug", "info", "warning", "error", "off"};
            if (std::ranges::find(levels, v) == levels.end()) return std::string("is not one of them");
            c.log_level = v;
            return std::string();
          },
          [](const Config& c) { return c.log_level; }};
}

Setting mail_tls() {
  return {"mail.tls", "", "starttls, tls or none", "how the way to the mail server is kept secret; none: to this machine alone",
          [](Config& c, std::string_view v) {
            if (v != "starttls" && v != "tls" && v != "none") return std::string("is not one of them");
            c.mail_tls = v;
            return std::string();
          },
          [](const Config& c) { return c.mail_tls; }};
}

const std::vector<Setting>& rows() {
  using C = Config;
  static const std::vector<Setting> all{
      list("server.listen", "--listen", "ADDRESS:PORT, …", "where to listen; port 0 is any free one", &C::listen),
      text("server.public_url", "--public-url", "URL",
           "how browsers reach the service; unset: http://localhost:PORT", &C::public_url),
      text("server.tenant_url", "--tenant-url", "URL with {slug}",
           "where a tenant stands; {public_url} may begin it", &C::tenant_url),
      path("server.tls_certificate", "--tls-certificate", "certificate chain (PEM); TLS is on with it",
           &C::tls_certificate),
      path("server.tls_key", "--tls-key", "its private key (PEM)", &C::tls_key),
      list("server.trusted_proxies", "", "address or CIDR, …",
           "proxies whose X-Forwarded-For, -Proto and -Host are believed", &C::trusted_proxies),
      list("server.internal_networks", "", "CIDR, …", "who may read /metrics", &C::internal_networks),
      number("server.workers", "", "1 to 1024", "threads that answer requests", &C::workers, 1, 1024),
      number("server.queue", "", "1 to 100000", "requests that may wait for one; more get 503", &C::queue, 1, 100'000),
      number("server.connections", "", "16 to 1000000", "connections open at once", &C::connections, 16, 1'000'000),
      number("server.grace_s", "", "seconds", "how long a stop waits for requests in flight", &C::grace_s, 0, 600),
      number("server.chores_every_s", "", "1 to 600", "how often due work is looked for: warnings, what has run out, proofs of domains",
             &C::chores_every_s, 1, 600),
      path("store.data", "--data", "folder of the embedded store and the root key", &C::data),
      text("store.url", "--store", "sqlite, or postgres://…", "the store", &C::store),
      number("store.connections", "", "1 to 500", "connections to the store, at most", &C::store_connections, 1, 500),
      path("keys.root_key_file", "", "the root key; unset: root.key in the data folder", &C::root_key_file),
      list("dns.servers", "", "ADDRESS[:PORT], …", "who is asked for the proofs of domains; unset: the system's resolvers", &C::dns_servers),
      number("password.memory_kib", "", "KiB", "Argon2id memory", &C::argon2_memory_kib, 8 * 1024, 4 * 1024 * 1024),
      number("password.passes", "", "1 to 20", "Argon2id passes", &C::argon2_passes, 1, 20),
      number("password.at_once", "", "0 to 256", "hashes computed at once; 0: one a core", &C::argon2_at_once, 0, 256),
      path("password.breach_file", "", "breached passwords' SHA-1 or NTLM hashes, HASH:COUNT a line, sorted by hash", &C::breach_file),
      text("password.breach_url", "", "URL",
           "a service that answers ranges of them, GET {url}/{first five digits}: https://api.pwnedpasswords.com/range", &C::breach_url),
      breach_unavailable(),
      number("search.memory_mib", "", "MiB", "what the indexes by which people are searched may weigh together; some 400 bytes a person", &C::search_memory_mib, 8, 1024 * 1024),
      number("session.idle_minutes", "", "minutes", "a session ends when unused for so long",
             &C::session_idle_minutes, 5, 60 * 24 * 90),
      number("session.absolute_hours", "", "hours", "a session ends after so long, used or not",
             &C::session_absolute_hours, 1, 24 * 90),
      log_level(),
      number("limits.client", "", "0 to 10000000", "requests a minute of one client to a tenant's APIs (/api/v1, /scim/v2); 0: any number",
             &C::limit_client, 0, 10'000'000),
      number("limits.tenant", "", "0 to 10000000", "of all clients of a tenant together; 0: any number", &C::limit_tenant, 0, 10'000'000),
      number("limits.address", "", "0 to 10000000", "from one address, of those that haven't shown who they are; 0: any number",
             &C::limit_address, 0, 10'000'000),
      number("limits.strangers", "", "0 to 10000000", "to one tenant, of all of those together; 0: any number", &C::limit_strangers, 0, 10'000'000),
      text("mail.server", "--mail-server", "HOST:PORT", "the server that takes mails on (SMTP); unset: mails wait", &C::mail_server),
      mail_tls(),
      text("mail.username", "", "name", "for the server's AUTH; unset: none", &C::mail_username),
      path("mail.password_file", "", "file with the password for it", &C::mail_password_file),
      text("mail.from", "--mail-from", "address", "whose mails they are", &C::mail_from),
      path("mail.ca_file", "", "certificates to believe (PEM); unset: the system's", &C::mail_ca_file),
      number("mail.connections", "", "1 to 64", "connections to the server at once", &C::mail_connections, 1, 64),
      number("mail.first_retry_s", "", "seconds", "first wait before a mail is tried again; then 5, 15, 60 times that",
             &C::mail_first_retry_s, 1, 3600),
      list("webhooks.networks", "", "CIDR, …", "private networks that tenants' webhooks may reach; unset: public addresses alone", &C::webhook_networks),
      path("webhooks.ca_file", "", "certificates to believe of their receivers (PEM); unset: the system's", &C::webhook_ca_file),
      number("webhooks.senders", "", "1 to 128", "deliveries at once, and as many more to receivers that are slow or fail", &C::webhook_senders, 1, 128),
      number("webhooks.first_retry_s", "", "seconds", "first wait after a failed delivery; then three times the wait before, to six hours",
             &C::webhook_first_retry_s, 1, 3600),
  };
  return all;
}

const Setting* setting_named(std::string_view key) {
  const auto found = std::ranges::find(rows(), key, &Setting::key);
  return found == rows().end() ? nullptr : &*found;
}

// A TOML value as the text a setting takes.
std::optional<std::string> plain(const toml::node& node) {
  if (const auto s = node.value_exact<std::string>()) return *s;
  if (const auto n = node.value_exact<std::int64_t>()) return std::to_string(*n);
  if (const toml::array* array = node.as_array()) {
    std::vector<std::string> parts;
    for (const toml::node& item : *array) {
      const auto part = item.value_exact<std::string>();
      if (!part || part->find(',') != std::string::npos) return std::nullopt;
      parts.push_back(*part);
    }
    return join(parts, ",");
  }
  return std::nullopt;
}

Status apply(Config& config, const Setting& setting, std::string_view value, const std::string& where) {
  const std::string problem = setting.set(config, value);
  if (problem.empty()) return {};
  return invalid(where + ": " + std::string(setting.key) + " = \"" + std::string(value) + "\" " + problem +
                 " (takes: " + std::string(setting.takes) + ")");
}

Status apply_file(Config& config, const std::filesystem::path& file) {
  toml::table table;
  try {
    table = toml::parse_file(file.string());
  } catch (const toml::parse_error& error) {
    return invalid(file.string() + ", line " + std::to_string(error.source().begin.line) + ": " +
                   std::string(error.description()));
  } catch (const std::exception& error) {
    return invalid(file.string() + ": " + error.what());
  }
  for (const auto& [section, content] : table) {
    const toml::table* inner = content.as_table();
    if (inner == nullptr) {
      return invalid(file.string() + ": " + std::string(section.str()) + " stands outside any [section]");
    }
    for (const auto& [name, node] : *inner) {
      const std::string key = std::string(section.str()) + "." + std::string(name.str());
      const std::string where = file.string() + ", line " + std::to_string(node.source().begin.line);
      const Setting* setting = setting_named(key);
      if (setting == nullptr) return invalid(where + ": there is no setting " + key);
      const auto value = plain(node);
      if (!value) return invalid(where + ": " + key + " takes " + std::string(setting->takes));
      TRY(apply(config, *setting, *value, where));
    }
  }
  return {};
}

bool is_loopback_host(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") || host == "[::1]";
}

std::string_view host_of(std::string_view url) {
  url.remove_prefix(std::min(url.size(), url.find("://") + 3));
  url = url.substr(0, url.find('/'));
  if (url.starts_with('[')) return url.substr(0, url.find(']') + 1);
  return url.substr(0, url.find(':'));
}

}  // namespace

std::string Setting::variable() const {
  std::string name = "KIDOBAN_" + std::string(key);
  for (char& c : name) c = c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

std::span<const Setting> settings() { return rows(); }

Result<Config> load_config(const std::optional<std::filesystem::path>& file,
                           std::span<const std::string> environment, const Overrides& flags) {
  Config config;
  if (file) TRY(apply_file(config, *file));
  for (const std::string& line : environment) {
    // KIDOBAN_TEST_… is the test programs' own.
    if (!line.starts_with("KIDOBAN_") || line.starts_with("KIDOBAN_TEST_")) continue;
    const std::size_t equals = line.find('=');
    const std::string name = line.substr(0, equals);
    const auto found = std::ranges::find(rows(), name, [](const Setting& s) { return s.variable(); });
    if (found == rows().end()) return invalid("the environment: there is no setting for " + name);
    TRY(apply(config, *found, line.substr(equals + 1), "the environment, " + name));
  }
  for (const auto& [key, value] : flags) {
    const Setting* setting = setting_named(key);
    if (setting == nullptr) return invalid("there is no setting " + key);
    TRY(apply(config, *setting, value, "the command line, " + std::string(setting->flag)));
  }
  TRY(check(config));
  return config;
}

namespace {

Status check_mail(const Config& config) {
  const std::string& server = config.mail_server;
  if (server.empty()) return {};
  const std::size_t colon = server.rfind(':');
  const auto port = colon == std::string::npos ? std::nullopt : to_integer(std::string_view(server).substr(colon + 1));
  const bool has_host = colon != std::string::npos && colon > 0 && server.find_first_of("/@?# ") == std::string::npos;
  if (!has_host || !port || *port < 1 || *port > 65535) {
    return invalid("mail.server = \"" + server + "\" is not HOST:PORT (for example smtp.example.com:587)");
  }
  if (mail::sendable_address(config.mail_from) != config.mail_from) {
    return invalid("mail.from = \"" + config.mail_from + "\" is not a mail address; with mail.server there must be one");
  }
  if (config.mail_tls == "none" && !is_loopback_host(server.starts_with('[') ? server.substr(0, server.find(']') + 1) : server.substr(0, colon))) {
    return invalid("mail.tls = \"none\" is for a server on this machine (localhost); to " + server + " use starttls or tls");
  }
  if (config.mail_username.empty() != config.mail_password_file.empty()) {
    return invalid("mail.username and mail.password_file go together; only one is set");
  }
  return {};
}

}  // namespace

Status check(const Config& config) {
  TRY(check_mail(config));
  if (config.tls_certificate.empty() != config.tls_key.empty()) {
    return invalid("server.tls_certificate and server.tls_key go together; only one is set");
  }
  if (!config.breach_url.empty()) {
    if (!config.breach_file.empty()) return invalid("password.breach_file and password.breach_url are two ways of one thing; set one of them");
    const bool https = config.breach_url.starts_with("https://");
    if (!https && !(config.breach_url.starts_with("http://") && is_loopback_host(host_of(config.breach_url)))) {
      return invalid("password.breach_url = \"" + config.breach_url + "\" must be an https URL (http is for this machine alone)");
    }
  }
  if (config.listen.empty()) return invalid("server.listen is empty: there is nowhere to listen");
  TRY(listens(config));
  const std::string& url = config.public_url;
  if (!url.empty()) {
    const bool https = url.starts_with("https://");
    if (!https && !url.starts_with("http://")) {
      return invalid("server.public_url = \"" + url + "\" is not an http or https URL");
    }
    if (!https && !is_loopback_host(host_of(url))) {
      return invalid("server.public_url = \"" + url +
                     "\" is plain http, which is for this machine alone (localhost): use https");
    }
    if (url.ends_with('/') || url.find_first_of("?#{} ") != std::string::npos) {
      return invalid("server.public_url = \"" + url + "\" must end after the host, port or path, without a slash");
    }
  }
  return {};
}

Result<std::vector<http::Listen>> listens(const Config& config) {
  std::vector<http::Listen> all;
  for (const std::string& text : config.listen) {
    const std::size_t colon = text.rfind(':');
    const auto port = colon == std::string::npos ? std::nullopt : to_integer(std::string_view(text).substr(colon + 1));
    if (!port || *port < 0 || *port > 65535 || colon == 0) {
      return invalid("server.listen: \"" + text + "\" is not ADDRESS:PORT (for example 127.0.0.1:8080 or [::]:8443)");
    }
    std::string address = text.substr(0, colon);
    if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
    if (address == "localhost") address = "127.0.0.1";
    all.push_back({address, static_cast<std::uint16_t>(*port), config.tls_certificate, config.tls_key});
  }
  return all;
}

std::string as_toml(const Config& config) {
  std::string out;
  std::string_view section;
  for (const Setting& setting : rows()) {
    const std::size_t dot = setting.key.find('.');
    const std::string_view its = setting.key.substr(0, dot);
    if (its != section) {
      section = its;
      out += (out.empty() ? "[" : "\n[") + std::string(section) + "]\n";
    }
    out += "# " + std::string(setting.help) + " (" + std::string(setting.takes) + "; " + setting.variable() + ")\n";
    const std::string value = setting.get(config);
    const bool is_number = to_integer(value).has_value();
    out += std::string(setting.key.substr(dot + 1)) + " = " + (is_number ? value : "\"" + value + "\"") + "\n";
  }
  return out;
}

}  // namespace kidoban::service
