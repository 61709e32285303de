#pragma once
// The rows behind tenants.

#include "tenant/tenant.h"

namespace kidoban::tenant {

// conflict/"slug_taken", "host_taken".
Status insert_tenant(store::SystemTransaction& tx, const Tenant& tenant);
Result<std::optional<Tenant>> select_by_slug(store::SystemTransaction& tx, std::string_view slug);
Result<std::optional<Tenant>> select_by_host(store::SystemTransaction& tx, std::string_view host);
Result<std::optional<Tenant>> select_own(store::Transaction& tx);
Result<std::optional<Tenant>> select_tenant(store::SystemTransaction& tx, const TenantId& id);
// False where there is no such tenant.
Result<bool> update_state(store::SystemTransaction& tx, const TenantId& id, State state);
Result<std::vector<Tenant>> select_page(store::SystemTransaction& tx, std::string_view after, std::size_t limit);
Result<std::int64_t> select_count(store::SystemTransaction& tx);

// What a request's tenant is found by, for the test of the indexes that answer it.
std::span<const store::Sql> finding_statements();

}  // namespace kidoban::tenant
