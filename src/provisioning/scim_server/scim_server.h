#pragma once
// SCIM 2.0 (RFC 7643, 7644, 9865) for each tenant: /scim/v2/… below its base URL, for whoever keeps its people elsewhere:
// Entra ID, Okta, a personnel system. Made once at start; any thread.

#include "directory/directory.h"
#include "factors/passwords.h"
#include "http/routes.h"
#include "login/login.h"
#include "seal/seal.h"
#include "store/store.h"

namespace kidoban::search {
class Search;
}

namespace kidoban::scim {

class ScimServer {
 public:
  ScimServer(store::Store& store, directory::Directory& directory, login::Login& login, factors::Passwords& passwords, seal::Keyring& keys, const Clock& clock,
             search::Search& search)
      : store_(store), directory_(directory), login_(login), passwords_(passwords), keys_(keys), clock_(clock), search_(search) {}
  void add_routes(http::Routes& routes);

 private:
  store::Store& store_;
  directory::Directory& directory_;
  login::Login& login_;
  factors::Passwords& passwords_;
  seal::Keyring& keys_;
  const Clock& clock_;
  search::Search& search_;
};

}  // namespace kidoban::scim
