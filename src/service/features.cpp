#include "service/features.h"

#include "approvals/approvals.h"
#include "audit/audit.h"
#include "console/console.h"
#include "directory/directory.h"
#include "factors/password/password.h"
#include "federation/applications.h"
#include "federation/oidc/oidc.h"
#include "jobs/jobs.h"
#include "login/login.h"
#include "mail/mail.h"
#include "portal/portal.h"
#include "recovery/recovery.h"
#include "seal/seal.h"
#include "service/setup.h"
#include "tenant/tenant.h"
#include "webhooks/webhooks.h"
#include "transfer/transfer.h"

namespace kidoban::service {

std::vector<store::Feature> features() {
  return {
      {"tenant", tenant::resources()},
      {"seal", seal::resources()},
      {"audit", audit::resources()},
      {"mail", mail::resources()},
      {"webhooks", webhooks::resources()},
      {"directory", directory::resources()},
      {"approvals", approvals::resources()},
      {"factors/password", factors::password::resources()},
      {"federation", federation::resources()},
      {"federation/oidc", federation::oidc::resources()},
      {"login", login::resources()},
      {"recovery", recovery::resources()},
      {"portal", portal::resources()},
      {"jobs", jobs::resources()},
      {"transfer", transfer::resources()},
      {"console", console::resources()},
      {"service", service::resources()},
  };
}

std::vector<page::Pages::Folder> page_folders() {
  return {
      {"page", page::resources()},
      {"login", login::resources()},
      {"recovery", recovery::resources()},
      {"factors/password", factors::password::resources()},
      {"federation/oidc", federation::oidc::resources()},
      {"portal", portal::resources()},
      {"service", service::resources()},
  };
}

}  // namespace kidoban::service
