#include "tenant/tenant_store.h"

#include <array>

namespace kidoban::tenant {

namespace {

constexpr store::Sql insert{"insert_tenant",
                            "insert into tenants (id, slug, name, host, state, created_at) "
                            "values ($1, $2, $3, $4, $5, $6) on conflict do nothing"};
constexpr store::Sql by_slug{"find_tenant_by_slug",
                             "select id, slug, name, host, state, created_at from tenants where slug = $1"};
constexpr store::Sql by_host{"find_tenant_by_host",
                             "select id, slug, name, host, state, created_at from tenants where host = $1"};
constexpr store::Sql by_id{"get_tenant", "select id, slug, name, host, state, created_at from tenants where id = $1"};
constexpr store::Sql set_state{"set_tenant_state", "update tenants set state = $2 where id = $1"};
constexpr store::Sql page{"list_tenants",
                          "select id, slug, name, host, state, created_at from tenants where slug > $1 "
                          "order by slug limit $2"};
constexpr store::Sql count{"count_tenants", "select count(*) from tenants"};

constexpr std::array finding{by_slug, by_host};

Tenant read(const store::Row& row) {
  return {TenantId{row.id(0)},
          std::string(row.text(1)),
          std::string(row.text(2)),
          std::string(row.maybe_text(3).value_or("")),
          static_cast<State>(row.integer(4)),
          row.time(5)};
}

Result<std::optional<Tenant>> first(Result<store::Rows> rows) {
  if (!rows) return std::unexpected(std::move(rows.error()));
  if (rows->empty()) return std::nullopt;
  return read(rows->front());
}

}  // namespace

Status insert_tenant(store::SystemTransaction& tx, const Tenant& t) {
  const std::optional<std::string> host = t.host.empty() ? std::nullopt : std::optional(t.host);
  const auto made =
      TRY(tx.execute(insert, t.id, t.slug, t.name, host, static_cast<int>(t.state), t.created_at));
  if (made == 1) return {};
  if (TRY(select_by_slug(tx, t.slug))) return fail(Kind::conflict, "slug_taken", "a tenant " + t.slug + " is there already");
  return fail(Kind::conflict, "host_taken", "another tenant stands on " + t.host);
}

Result<std::optional<Tenant>> select_by_slug(store::SystemTransaction& tx, std::string_view slug) {
  return first(tx.query(by_slug, slug));
}

Result<std::optional<Tenant>> select_by_host(store::SystemTransaction& tx, std::string_view host) {
  return first(tx.query(by_host, host));
}

Result<std::optional<Tenant>> select_tenant(store::SystemTransaction& tx, const TenantId& id) {
  return first(tx.query(by_id, id));
}

Result<std::optional<Tenant>> select_own(store::Transaction& tx) { return first(tx.query(by_id)); }

Result<bool> update_state(store::SystemTransaction& tx, const TenantId& id, State state) {
  return TRY(tx.execute(set_state, id, static_cast<int>(state))) == 1;
}

Result<std::vector<Tenant>> select_page(store::SystemTransaction& tx, std::string_view after, std::size_t limit) {
  const auto rows = TRY(tx.query(page, after, limit));
  std::vector<Tenant> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back(read(rows[i]));
  return all;
}

Result<std::int64_t> select_count(store::SystemTransaction& tx) { return TRY(tx.query(count)).front().integer(0); }

std::span<const store::Sql> finding_statements() { return finding; }

}  // namespace kidoban::tenant
