#pragma once
// A contractor: who they are, and where on the web they stand.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/audit.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/resource.h"
#include "base/result.h"
#include "http/routes.h"
#include "seal/seal.h"
#include "store/system.h"

namespace kidoban::tenant {

Resources resources();

enum class State : std::uint8_t { active, suspended };

struct Tenant {
  TenantId id;
  std::string slug;          // a DNS label: [a-z0-9-], 1–63, no dash at either end
  std::string name;          // as the contractor is called; not personal, not sealed
  std::string host;          // its own host, lower case, or ""
  State state = State::active;
  Time created_at;
};

// Where tenants stand, from the configuration.
struct Addressing {
  std::string public_url;    // "http://localhost:8080": the service's own
  std::string tenant_url;    // "{public_url}/t/{slug}", or "https://{slug}.id.example.com"
};

class Tenants {
 public:
  Tenants(store::Store& store, seal::Keyring& keys, audit::Audit& audit, const Clock& clock, Random& random)
      : store_(store), keys_(keys), audit_(audit), clock_(clock), random_(random) {}

  struct New {
    std::string slug, name, host;
  };
  // Makes the tenant, its key and the audit record in one transaction. malformed/"slug_malformed",
  // "name_malformed", "host_malformed"; conflict/"slug_taken", "host_taken".
  Result<Tenant> create(const New& wanted, const audit::Actor& by, runtime::Deadline deadline);
  // The same inside a larger transaction (with its first administrator).
  Result<Tenant> create(store::SystemTransaction& tx, const New& wanted, const audit::Actor& by);
  Result<Tenant> find_by_slug(std::string_view slug, runtime::Deadline deadline);  // not_found/"tenant_unknown"
  Result<Tenant> find_by_host(std::string_view host, runtime::Deadline deadline);
  // Of a transaction's own tenant.
  static Result<Tenant> of(store::Transaction& tx);
  // Suspended, a tenant answers forbidden/"tenant_suspended" to everyone, on other nodes within half a minute; its
  // data stays. Audited. not_found/"tenant_unknown".
  Status set_state(const TenantId& id, State state, const audit::Actor& by, runtime::Deadline deadline);
  // By slug, after `after` ("" for the first page), at most `limit`.
  Result<std::vector<Tenant>> list(std::string_view after, std::size_t limit, runtime::Deadline deadline);
  Result<std::int64_t> count(runtime::Deadline deadline);

 private:
  store::Store& store_;
  seal::Keyring& keys_;
  audit::Audit& audit_;
  const Clock& clock_;
  Random& random_;
};

// Finds the site of a request; keeps what it found in a bounded cache for half a minute. Unknown slugs and hosts are kept
// too, apart, so that guessing them costs the store one read each and drives no tenant out. `addressing` has
// passed check().
std::unique_ptr<http::SiteFinder> make_site_finder(Tenants& tenants, const Addressing& addressing);
// malformed/"configuration_invalid" with a note that names the key: checked at start.
Status check(const Addressing& addressing);
// The base URL a tenant has.
std::string base_url(const Addressing& addressing, const Tenant& tenant);

}  // namespace kidoban::tenant
