#pragma once
// One transaction made of others: whoever works in transactions of their own, on the store that `write` hands out, works in that
// one. Either all of it stands or none. For what must hold several acts together that each know how to stand alone.

#include <functional>

#include "store/store.h"

namespace kidoban::store {

// Runs `body` in one write. Of the store it is given, read() and write() of this tenant are parts of that write: they see what
// was written before them, and once a write of them has failed the whole fails. It lives as long as the body; one thread.
// Refused through it: another tenant's transactions and those across tenants (internal/"transaction_nested"). As with every
// body, it may run again after a conflict.
Status write_joined(Store& store, TenantId tenant, runtime::Deadline deadline, const std::function<Status(Store& joined)>& body);
// The same of reads: one snapshot.
Status read_joined(Store& store, TenantId tenant, runtime::Deadline deadline, const std::function<Status(Store& joined)>& body);

}  // namespace kidoban::store
