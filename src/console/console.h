#pragma once
// The administrators' API over the public headers of the other folders. Made once at start; any thread.

#include "audit/audit.h"
#include "audit/sealing.h"
#include "base/resource.h"
#include "directory/directory.h"
#include "factors/passwords.h"
#include "http/routes.h"
#include "jobs/engine.h"
#include "jobs/jobs.h"
#include "login/login.h"
#include "mail/mail.h"
#include "portal/own.h"
#include "store/store.h"
#include "tenant/domains.h"
#include "tenant/settings.h"
#include "transfer/exports.h"
#include "transfer/imports.h"

namespace kidoban::console {

Resources resources();

// What the handlers stand on.
struct Inside {
  store::Store& store;
  directory::Directory& directory;
  login::Login& login;
  tenant::Settings& settings;
  factors::Passwords& passwords;
  tenant::Domains& domains;
  audit::Audit& audit;
  audit::Sealer& sealer;
  jobs::Jobs& jobs;
  jobs::Engine& engine;
  transfer::Imports& imports;
  transfer::Exports& exports;
  mail::Mail& mail;
  portal::Own& own;
};

void add_routes(http::Routes& routes, const Inside& in);

}  // namespace kidoban::console
