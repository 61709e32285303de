#include "tenant/domain_store.h"

#include <array>

#include "base/text.h"

namespace kidoban::tenant {

namespace {

constexpr store::Sql insert_one{"insert_domain",
                                "insert into domains (tenant, name, token, state, found, seen, created_at, proved_at, checked_at, next_check_at) "
                                "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (tenant, name) do nothing"};
constexpr store::Sql get_one{"get_domain",
                             "select name, token, state, found, seen, created_at, proved_at, checked_at, next_check_at "
                             "from domains where tenant = $1 and name = $2"};
constexpr store::Sql page{"list_domains",
                          "select name, token, state, found, seen, created_at, proved_at, checked_at, next_check_at "
                          "from domains where tenant = $1 and name > $2 order by name limit $3"};
constexpr store::Sql count_all{"count_domains", "select count(*) from domains where tenant = $1"};
constexpr store::Sql delete_one{"delete_domain", "delete from domains where tenant = $1 and name = $2"};
constexpr store::Sql update_one{"update_domain",
                                "update domains set state = $3, found = $4, seen = $5, proved_at = $6, checked_at = $7, next_check_at = $8 "
                                "where tenant = $1 and name = $2"};
constexpr store::Sql login_rule{"check_login_domain",
                                "select case when exists (select 1 from domains where tenant = $1 and state > 0) then 1 else 0 end, "
                                "case when exists (select 1 from domains where tenant = $1 and name = $2 and state > 0) then 1 else 0 end, "
                                "case when exists (select 1 from domain_owners where name = $2 and owner <> $1) then 1 else 0 end"};
constexpr store::Sql put_owner{"put_domain_owner", "insert into domain_owners (name, owner) values ($2, $1) on conflict (name) do update set owner = excluded.owner"};
constexpr store::Sql delete_owner{"delete_domain_owner", "delete from domain_owners where name = $2 and owner = $1"};
constexpr store::Sql owner{"find_domain_owner",
                           "select name, token, state, found, seen, created_at, proved_at, checked_at, next_check_at, tenant "
                           "from domains where name = $1 and state > 0"};
constexpr store::Sql claim{"claim_due_domains",
                           "update domains set next_check_at = $2 where (tenant, name) in "
                           "(select tenant, name from domains where next_check_at <= $1 order by next_check_at limit $3) "
                           "returning name, token, state, found, seen, created_at, proved_at, checked_at, next_check_at, tenant"};

constexpr std::array finding{login_rule, owner};

Domain read(const store::Row& row) {
  Domain d;
  d.name = row.text(0);
  d.token = row.text(1);
  d.state = static_cast<DomainState>(row.integer(2));
  d.found = row.text(3);
  if (!row.text(4).empty()) {
    for (const std::string_view one : split(row.text(4), '\n')) d.seen.emplace_back(one);
  }
  d.created_at = row.time(5);
  d.proved_at = row.maybe_time(6);
  d.checked_at = row.maybe_time(7);
  d.next_check_at = row.time(8);
  return d;
}

}  // namespace

Result<bool> insert_domain(store::Transaction& tx, const Domain& d) {
  return TRY(tx.execute(insert_one, d.name, d.token, static_cast<int>(d.state), d.found, join(d.seen, "\n"), d.created_at, d.proved_at,
                        d.checked_at, d.next_check_at)) == 1;
}

Result<std::optional<Domain>> select_domain(store::Transaction& tx, std::string_view name) {
  const auto rows = TRY(tx.query(get_one, name));
  if (rows.empty()) return std::nullopt;
  return read(rows.front());
}

Result<std::vector<Domain>> select_domains(store::Transaction& tx, std::string_view after, std::size_t limit) {
  const auto rows = TRY(tx.query(page, after, limit));
  std::vector<Domain> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back(read(rows[i]));
  return all;
}

Result<std::int64_t> count_domains(store::Transaction& tx) { return TRY(tx.query(count_all)).front().integer(0); }

Result<bool> delete_domain(store::Transaction& tx, std::string_view name) {
  TRY(tx.execute(delete_owner, name));
  return TRY(tx.execute(delete_one, name)) == 1;
}

Status update_domain(store::Transaction& tx, const Domain& d) {
  TRY(tx.execute(update_one, d.name, static_cast<int>(d.state), d.found, join(d.seen, "\n"), d.proved_at, d.checked_at, d.next_check_at));
  TRY(tx.execute(d.is_owned() ? put_owner : delete_owner, d.name));
  return {};
}

Result<LoginRule> select_login_rule(store::Transaction& tx, std::string_view name) {
  const auto rows = TRY(tx.query(login_rule, name));
  return LoginRule{rows.front().flag(0), rows.front().flag(1), rows.front().flag(2)};
}

Result<std::optional<DomainOfTenant>> select_owner(store::SystemTransaction& tx, std::string_view name) {
  const auto rows = TRY(tx.query(owner, name));
  if (rows.empty()) return std::nullopt;
  return DomainOfTenant{TenantId{rows.front().id(9)}, read(rows.front())};
}

Result<std::vector<DomainOfTenant>> claim_due(store::SystemTransaction& tx, Time now, Time until, std::size_t limit) {
  const auto rows = TRY(tx.query(claim, now, until, limit));
  std::vector<DomainOfTenant> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back({TenantId{rows[i].id(9)}, read(rows[i])});
  return all;
}

std::span<const store::Sql> domain_finding_statements() { return finding; }

}  // namespace kidoban::tenant
