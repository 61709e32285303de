#pragma once
// What is written to people without a request: a job has ended, what a service account shows who it is by is about to run out.

#include "directory/directory.h"
#include "jobs/jobs.h"
#include "service/house.h"

namespace kidoban::service {

// To whoever asked for it, in the transaction that ends it; to nobody where that wasn't a person.
Status tell_of_end(House& house, const tenant::Addressing& addressing, store::Transaction& tx, const jobs::Job& job);
// To the tenant's system destinations, two weeks before.
Status warn_of_credentials(House& house, const tenant::Addressing& addressing);

}  // namespace kidoban::service
