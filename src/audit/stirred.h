#pragma once
// Whose audit this process has appended to lately: a hint for whoever follows the audit (webhooks), so that nobody looks through all
// tenants every second. It may be wrong both ways: a transaction may be undone, and others append too. Any thread.

#include <vector>

#include "base/id.h"

namespace kidoban::audit {

void stir(const TenantId& tenant);
// Those since the last call, in no order.
std::vector<TenantId> take_stirred();

}  // namespace kidoban::audit
