#pragma once
// The applications a tenant has connected, whatever protocol they speak. What only one protocol
// knows (redirect URIs, certificates) is `settings`, a JSON text that protocol's folder reads.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/audit.h"
#include "base/resource.h"
#include "seal/seal.h"
#include "store/store.h"

namespace kidoban::federation {

Resources resources();

struct Application {
  Id id;
  std::string protocol;    // "oidc"
  std::string identifier;  // client_id, entityID, wtrealm: unique within tenant and protocol
  std::string name;        // as people see it
  std::string launch_url;  // where My Applications leads; "" when it can't be opened from there
  std::string settings;    // JSON; sealed in the store (it may hold secrets)
  bool enabled = true;
  std::int64_t version = 1;
};

class Applications {
 public:
  Applications(seal::Keyring& keys, audit::Audit& audit, const Clock& clock, Random& random)
      : keys_(keys), audit_(audit), clock_(clock), random_(random) {}

  // conflict/"application_taken"; malformed/"name_malformed", "identifier_malformed", "launch_url_malformed",
  // "settings_malformed".
  Result<Application> create(store::Transaction& tx, Application wanted, const audit::Event& by);
  Result<std::optional<Application>> find(store::Transaction& tx, std::string_view protocol,
                                          std::string_view identifier);
  Result<Application> get(store::Transaction& tx, const Id& id);  // not_found/"application_unknown"
  // As create refuses; conflict/"version_changed" when another change came first; malformed/"identifier_fixed":
  // others have it in their configuration.
  Result<Application> change(store::Transaction& tx, const Application& changed, const audit::Event& by);
  // By id, after `after`, at most `limit`.
  Result<std::vector<Application>> list(store::Transaction& tx, std::optional<Id> after, std::size_t limit);

 private:
  seal::Keyring& keys_;
  audit::Audit& audit_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace kidoban::federation
