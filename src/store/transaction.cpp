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

Result<std::vector<Rows>> Engine::query_each(const Sql& sql, std::span<const Value> values, std::size_t width) {
  std::vector<Rows> all;
  all.reserve(values.size() / width);
  for (; !values.empty(); values = values.subspan(width)) all.push_back(TRY(query(sql, values.first(width))));
  return all;
}

Result<std::vector<std::int64_t>> Engine::execute_each(const Sql& sql, std::span<const Value> values, std::size_t width) {
  std::vector<std::int64_t> all;
  all.reserve(values.size() / width);
  for (; !values.empty(); values = values.subspan(width)) all.push_back(TRY(execute(sql, values.first(width))));
  return all;
}

void Transaction::bind(Batch& batch) const {
  for (std::size_t i = 0; i < batch.values_.size(); i += batch.width_) batch.values_[i] = Value(tenant_);
}

Result<std::vector<Rows>> Transaction::query_each(const Sql& sql, Batch& batch) {
  if (batch.empty()) return std::vector<Rows>();
  TRY(tenant_is_bound(sql));
  bind(batch);
  return engine_.query_each(sql, batch.values_, batch.width_);
}

Result<std::vector<std::int64_t>> Transaction::execute_each(const Sql& sql, Batch& batch) {
  if (batch.empty()) return std::vector<std::int64_t>();
  TRY(tenant_is_bound(sql));
  bind(batch);
  return engine_.execute_each(sql, batch.values_, batch.width_);
}

Status Transaction::begin_part() {
  if (in_part_) return fail(Kind::internal, "transaction_nested", "a part of a transaction began another");
  TRY(engine_.begin_part());
  in_part_ = true;
  return {};
}

Status Transaction::end_part(bool keep) {
  in_part_ = false;
  return keep ? engine_.keep_part() : engine_.undo_part();
}

Result<Rows> Transaction::query_all(const Sql& sql, std::span<const Value> values) {
  TRY(tenant_is_bound(sql));
  return engine_.query(sql, values);
}

Result<std::int64_t> Transaction::execute_all(const Sql& sql, std::span<const Value> values) {
  TRY(tenant_is_bound(sql));
  return engine_.execute(sql, values);
}

}  // namespace kidoban::store
