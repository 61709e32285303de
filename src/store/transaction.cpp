#include "store/statement_text.h"
#include "store/store.h"

namespace kidoban::store {

namespace {

// The first wall between tenants. Reading the text each time costs less than a tenth of a
// microsecond a hundred characters, and leaves no cache that could be wrong.
Status tenant_is_bound(const Sql& sql) {
  if (mentions_tenant(sql.text) && (sql.postgres == nullptr || mentions_tenant(sql.postgres))) return {};
  return fail(Kind::internal, "tenant_not_bound", std::string("the statement ") + sql.name + " has no $1");
}

}  // namespace

Result<Rows> Transaction::query_all(const Sql& sql, std::span<const Value> values) {
  TRY(tenant_is_bound(sql));
  return engine_.query(sql, values);
}

Result<std::int64_t> Transaction::execute_all(const Sql& sql, std::span<const Value> values) {
  TRY(tenant_is_bound(sql));
  return engine_.execute(sql, values);
}

}  // namespace kidoban::store
