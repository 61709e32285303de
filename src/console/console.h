#pragma once
// The administrators' API over the public headers of the other folders. Made once at start; any thread.

#include "audit/sealing.h"
#include "directory/directory.h"
#include "http/routes.h"
#include "factors/passwords.h"
#include "login/login.h"
#include "store/store.h"
#include "tenant/settings.h"

namespace kidoban::console {

class Console {
 public:
  Console(store::Store& store, directory::Directory& directory, login::Login& login, tenant::Settings& settings,
          factors::Passwords& passwords, audit::Audit& audit, audit::Sealer& sealer)
      : store_(store), directory_(directory), login_(login), settings_(settings), passwords_(passwords), audit_(audit), sealer_(sealer) {}
  void add_routes(http::Routes& routes);

 private:
  store::Store& store_;
  directory::Directory& directory_;
  login::Login& login_;
  tenant::Settings& settings_;
  factors::Passwords& passwords_;
  audit::Audit& audit_;
  audit::Sealer& sealer_;
};

}  // namespace kidoban::console
