#pragma once
// What is written to people without a request: a job has ended, what a service account shows who it is by is about to run out.

#include "directory/directory.h"
#include "jobs/jobs.h"
#include "login/login.h"
#include "service/house.h"
#include "webhooks/webhooks.h"

namespace kidoban::service {

// To whoever asked for it, in the transaction that ends it; to nobody where that wasn't a person.
Status tell_of_end(House& house, const tenant::Addressing& addressing, store::Transaction& tx, const jobs::Job& job);
// To the tenant's system destinations, in the transaction that switches it off.
Status tell_of_webhook(House& house, const tenant::Addressing& addressing, store::Transaction& tx, const webhooks::Webhook& webhook, const webhooks::Attempt& last);
// To the tenant's system destinations, two weeks before.
Status warn_of_credentials(House& house, const tenant::Addressing& addressing);
// To whose password runs out in two weeks, and in three days.
Status warn_of_expiries(House& house);
// A domain is proved, its proof gone, or it is another tenant's now: to the system destinations.
Status tell_of_domain(notices::Notices& notices, store::Transaction& tx, const tenant::Domain& domain, tenant::Domains::News news);
// To somebody whose sign-in wrong guesses hold up, and to somebody who came by a browser that is new for them.
void tell_of_sign_ins(House& house, login::Options& options);
// To whoever asked for what nobody decided in time.
Status expire_approvals(House& house, const tenant::Addressing& addressing);

}  // namespace kidoban::service
