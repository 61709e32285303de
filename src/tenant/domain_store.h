#pragma once
// The rows behind domains.

#include "store/system.h"
#include "tenant/domains.h"

namespace kidoban::tenant {

struct DomainOfTenant {
  TenantId tenant;
  Domain domain;
};

Result<bool> insert_domain(store::Transaction& tx, const Domain& domain);  // false: it is there
Result<std::optional<Domain>> select_domain(store::Transaction& tx, std::string_view name);
Result<std::vector<Domain>> select_domains(store::Transaction& tx, std::string_view after, std::size_t limit);
Result<std::int64_t> count_domains(store::Transaction& tx);
Result<bool> delete_domain(store::Transaction& tx, std::string_view name);
// All but name, token and created_at.
Status update_domain(store::Transaction& tx, const Domain& domain);

struct LoginRule {
  bool holds = false;   // the tenant has a proved domain
  bool inside = false;  // this is one
  bool taken = false;   // this is another tenant's
};
Result<LoginRule> select_login_rule(store::Transaction& tx, std::string_view name);

// Whose the domain is.
Result<std::optional<DomainOfTenant>> select_owner(store::SystemTransaction& tx, std::string_view name);
// Takes at most `limit` domains that are due at `now` and puts their next look at `until`, so that another node passes them over.
Result<std::vector<DomainOfTenant>> claim_due(store::SystemTransaction& tx, Time now, Time until, std::size_t limit);

// What each sign-up and each look goes by, for the test of the indexes that answer it.
std::span<const store::Sql> domain_finding_statements();

}  // namespace kidoban::tenant
