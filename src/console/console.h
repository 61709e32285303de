#pragma once
// The administrators' API over the public headers of the other folders. Made once at start; any thread.

#include <chrono>
#include <functional>

#include "approvals/approvals.h"
#include "audit/audit.h"
#include "audit/sealing.h"
#include "base/resource.h"
#include "directory/directory.h"
#include "factors/passwords.h"
#include "http/routes.h"
#include "jobs/engine.h"
#include "jobs/jobs.h"
#include "login/asker.h"
#include "login/login.h"
#include "mail/mail.h"
#include "portal/own.h"
#include "store/store.h"
#include "tenant/domains.h"
#include "tenant/settings.h"
#include "transfer/exports.h"
#include "transfer/imports.h"
#include "webhooks/courier.h"
#include "webhooks/webhooks.h"

namespace kidoban::search {
class Search;
}

namespace kidoban::console {

Resources resources();

class KeptAnswers;  // kept_answers.h
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
  portal::Own& own;
  webhooks::Webhooks& webhooks;
  webhooks::Courier& courier;
  seal::Keyring& keys;
  const Clock& clock;
  search::Search& search;
  KeptAnswers& kept;
  approvals::Approvals& approvals;
  // Who asks, where it isn't what came with the request that says so: a command's own rows, which no network reaches
  // (decision 21). Rows that are served have none.
  std::function<login::Asker()> asker = {};
  // How long a request goes on asking a group's new rule of everybody; the rest is asked behind it.
  std::chrono::milliseconds asks_rules_for{1000};
  // Where the rows are gone through in somebody's name: guarded.h. Nothing of a request can put one here.
  const Replay* replay = nullptr;
};

void add_routes(http::Routes& routes, const Inside& in);
// What the rows of `routes` below /api/v1 are, as an OpenAPI 3.1 document for a server at `url`: {slug} in it stands for a tenant's
// name. internal/"api_undescribed": the note has every fault.
Result<std::string> openapi_text(const http::Routes& routes, const Inside& in, std::string_view url);

// The person is gone for good: the answers that told of their making. Answers whose time is over, in small bites.
Status forget_answers_about(store::Transaction& tx, const Id& person);
Status purge_answers(store::Store& store, Time now);

}  // namespace kidoban::console
