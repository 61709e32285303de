#pragma once
// What stands above signing in and below the administrators' API, put together once: for the server, which serves its rows, and for
// commands, which ask the same handlers (operator_api.h). Nothing in it runs by itself until it is started.

#include "console/console.h"
#include "console/kept_answers.h"
#include "http/client.h"
#include "jobs/engine.h"
#include "jobs/jobs.h"
#include "login/login.h"
#include "page/page.h"
#include "portal/own.h"
#include "service/house.h"
#include "service/import_passwords.h"
#include "transfer/exports.h"
#include "transfer/imports.h"
#include "webhooks/courier.h"
#include "webhooks/webhooks.h"

namespace kidoban::service {

// Where tenants' webhooks may lead. malformed/"configuration_invalid".
Result<http::Reach> webhook_reach(const Config& config);

struct Rooms {
  // `on`: the house's store, or a transaction that everything is to be a part of (store/joined.h).
  Rooms(House& house, const page::Pages& pages, const http::Reach& reach, store::Store& on);
  Rooms(const Rooms&) = delete;

  // For console::add_routes.
  console::Inside inside();

  House& house;
  store::Store& on;
  login::Login login;
  portal::Own own;
  jobs::Jobs jobs;
  ImportPasswords import_passwords;
  transfer::Imports imports;
  transfer::Exports exports;
  jobs::Engine engine;
  webhooks::Webhooks webhooks;
  webhooks::Courier courier;
  console::KeptAnswers kept;
};

}  // namespace kidoban::service
