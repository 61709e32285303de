#include "http/rate_limits.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.h"
#include "crypto/hash.h"
#include "http/network.h"
#include "runtime/cache.h"
#include "runtime/metrics.h"

namespace kidoban::http {

namespace {

using std::chrono::nanoseconds;
using Key = RateTable::Key;

enum Named : std::size_t { client, address, tenant, strangers };
runtime::Counter refused("kidoban_rate_limited_total", "Requests refused for having been too many.", "policy", {"client", "address", "tenant", "strangers"});

// A hash that nobody can aim: what a client sends decides which budget it is, and nothing of it stays in memory.
Key key_of(std::string_view kind, std::string_view of_tenant, std::string_view what) {
  std::string all(kind);
  all += ':' + std::to_string(of_tenant.size()) + ':';
  all += of_tenant;
  all += what;
  const auto digest = crypto::sha256(all);
  Key key;
  std::copy_n(digest.begin(), key.size(), key.begin());
  return key;
}

// A network of one subscriber: IPv6 gives each at least a /64 (RFC 6177).
std::string subscriber(const std::string& text) {
  const auto parsed = Address::parse(text);
  if (!parsed) return text;
  return std::string(as_text(parsed->bytes).substr(0, parsed->is_v4() ? 16 : 8));
}

std::int64_t whole_seconds(nanoseconds time) { return std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(time).count()); }

}  // namespace

std::size_t RateTable::Hash::operator()(const Key& key) const {
  std::size_t out = 0;
  std::memcpy(&out, key.data(), sizeof out);
  return out;
}

nanoseconds RateTable::each() const { return nanoseconds(policy_.window) / policy_.quota; }

RateTable::Left RateTable::left(RateTime whole_at, RateTime now) const {
  const nanoseconds window(policy_.window), spent = std::max(whole_at, now) - now;
  const nanoseconds free = window - spent;
  if (free >= each()) return {true, free / each(), each() - free % each()};
  return {false, 0, each() - free};
}

RateTable::Left RateTable::look(const Key& key, RateTime now) const {
  if (policy_.quota <= 0) return {};
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  return left(found == entries_.end() ? now : found->second->whole_at, now);
}

RateTable::Left RateTable::spend(const Key& key, RateTime now) {
  if (policy_.quota <= 0) return {};
  const std::lock_guard lock(mutex_);
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (entries_.size() >= capacity_) {
      entries_.erase(order_.back().key);
      order_.pop_back();
    }
    order_.push_front({key, now});
    found = entries_.emplace(key, order_.begin()).first;
  } else {
    order_.splice(order_.begin(), order_, found->second);
  }
  RateTime& whole_at = found->second->whole_at;
  if (const auto before = left(whole_at, now); !before.allowed) return before;
  whole_at = std::max(whole_at, now) + each();
  auto after = left(whole_at, now);
  after.allowed = true;  // this one was
  return after;
}

std::size_t RateTable::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

struct RateLimits::Inside {
  explicit Inside(RateOptions wanted)
      : options(std::move(wanted)),
        clients(options.client, options.remembered),
        addresses(options.address, options.remembered),
        tenants(options.tenant, options.remembered),
        strangers(options.strangers, options.remembered),
        known(options.remembered, std::chrono::hours(1)) {}

  // What a request shows of who sends it: a token, else a session's cookie.
  // However it is spelled, or whatever comes with it: another spelling would be another share.
  std::optional<std::string> credential_of(const std::optional<Site>& site, const Request& request) const {
    if (const auto header = request.header("authorization"); !header.empty()) return "token:" + std::string(header.substr(header.find_last_of(" \t") + 1));
    const auto session = site ? request.cookie(options.session_cookie(*site)) : std::nullopt;
    return session ? std::optional("session:" + std::string(*session)) : std::nullopt;
  }

  RateOptions options;
  RateTable clients, addresses, tenants, strangers;
  // Credentials that were found to be somebody's.
  runtime::Cache<Key, bool, RateTable::Hash> known;
  runtime::Gauge budgets{"kidoban_rate_limit_budgets", "Budgets of clients, addresses and tenants in memory.", [this] {
                           return static_cast<double>(clients.size() + addresses.size() + tenants.size() + strangers.size());
                         }};
};

RateLimits::RateLimits(RateOptions options) : inside_(std::make_unique<Inside>(std::move(options))) {}
RateLimits::~RateLimits() = default;

RateLimits::Verdict RateLimits::ask(std::string_view place, const std::optional<Site>& site, const Request& request, RateTime now) {
  Inside& in = *inside_;
  const std::string of_tenant = site && site->tenant ? "tenant " + site->tenant->id.text() : "place " + std::string(place);
  Verdict out;
  out.limited = std::ranges::any_of(in.options.paths, [&](const std::string& begin) { return request.path.starts_with(begin); });
  if (!out.limited) return out;
  out.shows_who = std::ranges::none_of(in.options.for_anybody, [&](const std::string& path) { return request.path == path || request.path.starts_with(path + "/"); });
  if (const auto shown = in.credential_of(site, request)) {
    out.credential = key_of("credential", of_tenant, *shown);
    out.known = in.known.get(*out.credential) != nullptr;
  }
  struct Budget {
    RateTable& table;
    Key key;
    Named name;
  };
  const std::array budgets =
      out.known ? std::array{Budget{in.clients, *out.credential, client}, Budget{in.tenants, key_of("tenant", of_tenant, {}), tenant}}
                : std::array{Budget{in.addresses, key_of("address", of_tenant, subscriber(request.client_address)), address},
                             Budget{in.strangers, key_of("strangers", of_tenant, {}), strangers}};
  std::string policies, limits;
  nanoseconds wait{};
  for (const Budget& one : budgets) {
    if (const auto left = one.table.look(one.key, now); !left.allowed) {
      out.allowed = false;
      wait = std::max(wait, left.next);
      refused.add(one.name);
    }
  }
  for (const Budget& one : budgets) {
    const RatePolicy& policy = one.table.policy();
    if (policy.quota <= 0) continue;
    const auto left = out.allowed ? one.table.spend(one.key, now) : one.table.look(one.key, now);
    const std::string name = (policies.empty() ? "\"" : ", \"") + std::string(policy.name) + "\"";
    policies += name + ";q=" + std::to_string(policy.quota) + ";w=" + std::to_string(policy.window.count());
    limits += name + ";r=" + std::to_string(left.remaining) + ";t=" + std::to_string(whole_seconds(left.next));
  }
  if (!policies.empty()) out.headers = {{"RateLimit-Policy", std::move(policies)}, {"RateLimit", std::move(limits)}};
  if (!out.allowed) out.retry_after_s = whole_seconds(wait);
  return out;
}

void RateLimits::answered(const Verdict& verdict, int status) {
  if (!verdict.credential) return;
  if (status == 401) {
    if (verdict.known) inside_->known.forget(*verdict.credential);
    return;
  }
  if (!verdict.known && verdict.shows_who && verdict.allowed && status >= 200 && status < 300) inside_->known.put(*verdict.credential, std::make_shared<const bool>(true));
}

}  // namespace kidoban::http
