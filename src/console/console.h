#pragma once
// The administrators' API over the public headers of the other folders. Made once at start; any thread.

#include "approvals/approvals.h"
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
#include "store/store.h"
#include "tenant/domains.h"
#include "tenant/settings.h"
#include "transfer/exports.h"
#include "transfer/imports.h"

namespace kidoban::console {

Resources resources();

struct Replay;

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
  approvals::Approvals& approvals;
  // Where the rows are gone through in somebody's name: guarded.h. Nothing of a request can put one here.
  const Replay* replay = nullptr;
};

void add_routes(http::Routes& routes, const Inside& in);

}  // namespace kidoban::console
