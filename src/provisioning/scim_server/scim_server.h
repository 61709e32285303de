#pragma once
// SCIM 2.0 (RFC 7643, 7644, 9865) for each tenant: /scim/v2/… below its base URL, for whoever keeps its people elsewhere:
// Entra ID, Okta, a personnel system. Made once at start; any thread.

#include <functional>

#include "base/secret.h"
#include "directory/directory.h"
#include "http/routes.h"
#include "login/login.h"
#include "seal/seal.h"
#include "store/store.h"

namespace kidoban::scim {

// Hashes outside any transaction; what it gives makes the password somebody's, within one.
using KeepPassword = std::function<Status(store::Transaction&, const Id& person, const audit::Event& by)>;
using PreparePassword = std::function<Result<KeepPassword>(TenantId, const Secret& typed, runtime::Deadline)>;

class ScimServer {
 public:
  ScimServer(store::Store& store, directory::Directory& directory, login::Login& login, seal::Keyring& keys, const Clock& clock, PreparePassword prepare)
      : store_(store), directory_(directory), login_(login), keys_(keys), clock_(clock), prepare_(std::move(prepare)) {}
  void add_routes(http::Routes& routes);

 private:
  store::Store& store_;
  directory::Directory& directory_;
  login::Login& login_;
  seal::Keyring& keys_;
  const Clock& clock_;
  PreparePassword prepare_;
};

}  // namespace kidoban::scim
