#pragma once
// The domains of a tenant, each proved by a TXT record in DNS: for one tenant at a time. Any thread.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/audit.h"
#include "base/clock.h"
#include "base/random.h"
#include "dns/dns.h"
#include "runtime/workers.h"
#include "store/store.h"

namespace kidoban::tenant {

enum class DomainState : std::uint8_t {
  pending,
  proved,
  proof_missing,  // still the tenant's, but its record isn't there any more
};

struct Domain {
  std::string name;                 // A-labels, lower case
  std::string token;                // what the record has to say
  DomainState state = DomainState::pending;
  // What the last look at DNS came to: "" (none yet), "proof", "nothing", "other_values", "taken" (proof, but another tenant has
  // its own there too), or dns/'s reason where it couldn't be said.
  std::string found;
  std::vector<std::string> seen;    // the other values, at most ten, shortened
  Time created_at;
  std::optional<Time> proved_at, checked_at;
  Time next_check_at;

  bool is_owned() const { return state != DomainState::pending; }
  // The record to publish. One at the domain itself is as good.
  std::string record_name() const { return "_kidoban." + name; }
  std::string record_value() const { return "kidoban-domain-verification=" + token; }
};

// The one spelling of a domain that a tenant may have. malformed/"domain_malformed"; malformed/"domain_public_suffix" for what
// belongs to nobody alone, or to a registry ("com", "co.jp", "github.io"; publicsuffix.org).
Result<std::string> canonical_domain(std::string_view typed);

// Once a tenant has a proved domain, its logins are in one; and none is in another tenant's. One indexed read. malformed/
// "login_outside_domains", "login_domain_taken".
Status check_login(store::Transaction& tx, std::string_view canonical_login);

class Domains {
 public:
  Domains(store::Store& store, audit::Audit& audit, const Clock& clock, Random& random, const dns::Resolver& resolver, runtime::Lane& lane)
      : store_(store), audit_(audit), clock_(clock), random_(random), resolver_(resolver), lane_(lane) {}

  // As canonical_domain; conflict/"domain_exists", "too_many_domains" (limits::domains).
  Result<Domain> add(store::Transaction& tx, std::string_view typed, const audit::Event& by);
  Result<Domain> get(store::Transaction& tx, std::string_view typed);  // not_found/"domain_unknown"
  // By name, after `after` ("" for the first page), at most `limit`.
  Result<std::vector<Domain>> list(store::Transaction& tx, std::string_view after, std::size_t limit);
  // Whoever removes an owned one sees to it first that no login is in it.
  Status remove(store::Transaction& tx, std::string_view typed, const audit::Event& by);

  // Asks DNS now, outside any transaction. What it found stands in the domain; conflict/"domain_taken" where the proof is there
  // but the tenant that has the domain has its proof there too. A tenant whose proof is gone at that moment loses the domain to
  // the one that proves it. `who` is asked in each transaction: who acts, and whether they (still) may.
  using Who = std::function<Result<audit::Event>(store::Transaction&)>;
  Result<Domain> check(const TenantId& tenant, std::string_view typed, const Who& who, runtime::Deadline deadline);

  // The chore: looks again where it is due, in every tenant. Pending ones after growing waits, a minute to seven days; owned
  // ones daily. One whose record is gone is marked so and kept.
  Status check_due();

  // What DNS was found to say of a domain of the tenant's, told in the transaction that settles it. Before anything is served.
  enum class News : std::uint8_t { proved, proof_missing, lost };
  using Told = std::function<Status(store::Transaction&, const Domain&, News)>;
  void when_settled(Told act) { told_ = std::move(act); }

 private:
  struct Look;
  std::vector<Look> look(std::span<const std::string> names, runtime::Deadline deadline) const;
  Result<Domain> settle(const TenantId& tenant, const Domain& asked, const Look& look, const Who& who, runtime::Deadline deadline);

  store::Store& store_;
  audit::Audit& audit_;
  const Clock& clock_;
  Random& random_;
  const dns::Resolver& resolver_;
  runtime::Lane& lane_;
  Told told_;
};

}  // namespace kidoban::tenant
