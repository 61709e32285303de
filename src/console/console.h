#pragma once
// The administrators' API over the public headers of the other folders. Made once at start; any thread.

#include "audit/audit.h"
#include "directory/directory.h"
#include "http/routes.h"
#include "factors/passwords.h"
#include "jobs/engine.h"
#include "jobs/jobs.h"
#include "login/login.h"
#include "store/store.h"
#include "tenant/settings.h"
#include "transfer/exports.h"
#include "transfer/imports.h"

namespace kidoban::console {

class Console {
 public:
  Console(store::Store& store, directory::Directory& directory, login::Login& login, tenant::Settings& settings, factors::Passwords& passwords,
          jobs::Jobs& jobs, jobs::Engine& engine, transfer::Imports& imports, transfer::Exports& exports)
      : store_(store), directory_(directory), login_(login), settings_(settings), passwords_(passwords), jobs_(jobs), engine_(engine),
        imports_(imports), exports_(exports) {}
  void add_routes(http::Routes& routes);

 private:
  store::Store& store_;
  directory::Directory& directory_;
  login::Login& login_;
  tenant::Settings& settings_;
  factors::Passwords& passwords_;
  jobs::Jobs& jobs_;
  jobs::Engine& engine_;
  transfer::Imports& imports_;
  transfer::Exports& exports_;
};

}  // namespace kidoban::console
