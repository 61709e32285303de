#pragma once
// The administrators' API over the public headers of the other folders. Made once at start; any thread.

#include "audit/audit.h"
#include "base/resource.h"
#include "directory/directory.h"
#include "http/routes.h"
#include "login/login.h"
#include "store/store.h"
#include "tenant/domains.h"
#include "tenant/settings.h"

namespace kidoban::console {

Resources resources();

class Console {
 public:
  Console(store::Store& store, directory::Directory& directory, login::Login& login, tenant::Settings& settings, tenant::Domains& domains)
      : store_(store), directory_(directory), login_(login), settings_(settings), domains_(domains) {}
  void add_routes(http::Routes& routes);

 private:
  store::Store& store_;
  directory::Directory& directory_;
  login::Login& login_;
  tenant::Settings& settings_;
  tenant::Domains& domains_;
};

}  // namespace kidoban::console
