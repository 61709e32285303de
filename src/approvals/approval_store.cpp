#include "approvals/approval_store.h"

namespace kidoban::approvals {

namespace {

using store::Sql, store::Value;

#define KIDOBAN_APPROVAL_COLUMNS \
  "id, act, state, asker_kind, asker, asked_at, expires_at, shown, decider, ended_at, note, case when answer is null then 0 else 1 end"
constexpr Sql insert_one{"insert_approval",
                         "insert into approvals (tenant, id, act, state, asker_kind, asker, asked_at, expires_at, request, shown) "
                         "values ($1, $2, $3, 0, $4, $5, $6, $7, $8, $9)"};
constexpr Sql select_one{"get_approval", "select " KIDOBAN_APPROVAL_COLUMNS ", request from approvals where tenant = $1 and id = $2"};
constexpr Sql page_of_all{"list_approvals", "select " KIDOBAN_APPROVAL_COLUMNS " from approvals where tenant = $1 and id < $2 order by id desc limit $3"};
constexpr Sql page_of_open{"list_open_approvals",
                           "select " KIDOBAN_APPROVAL_COLUMNS " from approvals where tenant = $1 and state = 0 and id < $2 order by id desc limit $3"};
constexpr Sql page_of_asker{"list_approvals_of",
                            "select " KIDOBAN_APPROVAL_COLUMNS " from approvals where tenant = $1 and asker = $4 and id < $2 order by id desc limit $3"};
constexpr Sql page_of_open_of_asker{"list_open_approvals_of",
                                    "select " KIDOBAN_APPROVAL_COLUMNS
                                    " from approvals where tenant = $1 and asker = $4 and state = 0 and id < $2 order by id desc limit $3"};
#undef KIDOBAN_APPROVAL_COLUMNS
constexpr Sql count_open{"count_open_approvals", "select count(*) from approvals where tenant = $1 and state = 0"};
constexpr Sql count_of_asker{"count_approvals_of",
                             "select cast(coalesce(sum(case when state = 0 then 1 else 0 end), 0) as BIGINT), "
                             "cast(coalesce(sum(case when asked_at > $3 then 1 else 0 end), 0) as BIGINT) "
                             "from (select state, asked_at from approvals where tenant = $1 and asker = $2 order by id desc limit $4) latest"};
constexpr Sql end_one{"end_approval",
                      "update approvals set state = $3, decider = $4, ended_at = $5, note = $6, request = null where tenant = $1 and id = $2 and state = 0"};
constexpr Sql put_one_answer{"put_approval_answer", "update approvals set answer = $3 where tenant = $1 and id = $2 and state = 1"};
constexpr Sql get_answer{"get_approval_answer", "select answer from approvals where tenant = $1 and id = $2 and answer is not null"};
constexpr Sql drop_answer{"drop_approval_answer", "update approvals set answer = null where tenant = $1 and id = $2 and answer is not null"};
constexpr Sql delete_of_asker{"delete_approvals_of", "delete from approvals where tenant = $1 and asker = $2"};
constexpr Sql expired{"find_expired_approvals", "select tenant, id from approvals where state = 0 and expires_at <= $1 order by expires_at limit $2"};
constexpr Sql delete_some{"delete_ended_approvals",
                          "delete from approvals where (tenant, id) in "
                          "(select tenant, id from approvals where state <> 0 and ended_at < $1 order by ended_at limit $2)"};
constexpr Sql drop_some{"drop_approval_answers",
                        "update approvals set answer = null where (tenant, id) in "
                        "(select tenant, id from approvals where answer is not null and ended_at < $1 order by ended_at limit $2)"};

Row read(const store::Row& row) {
  Row out;
  out.id = row.id(0);
  out.act = row.text(1);
  out.state = static_cast<State>(row.integer(2));
  out.asker = {static_cast<audit::ActorKind>(row.integer(3)), row.id(4)};
  out.asked_at = row.time(5);
  out.expires_at = row.time(6);
  out.shown = row.blob_text(7);
  out.decider = row.maybe_id(8);
  out.ended_at = row.maybe_time(9);
  if (!row.is_null(10)) out.note = row.blob_text(10);
  out.has_answer = row.flag(11);
  return out;
}

Value blob_or_null(std::string_view bytes) { return bytes.empty() ? Value() : Value::blob(bytes); }

}  // namespace

Status insert_row(store::Transaction& tx, const Row& row) {
  TRY(tx.execute(insert_one, row.id, row.act, static_cast<int>(row.asker.kind), row.asker.id, row.asked_at, row.expires_at, Value::blob(row.request),
                 Value::blob(row.shown)));
  return {};
}

Result<std::optional<Row>> select_row(store::Transaction& tx, const Id& id) {
  const auto rows = TRY(tx.query(select_one, id));
  if (rows.empty()) return std::nullopt;
  Row out = read(rows.front());
  if (!rows.front().is_null(12)) out.request = rows.front().blob_text(12);
  return out;
}

Result<std::vector<Row>> select_rows(store::Transaction& tx, const Approvals::Filter& filter, const Id& before, std::size_t limit) {
  const auto rows = filter.asker ? TRY(tx.query(filter.pending ? page_of_open_of_asker : page_of_asker, before, limit, *filter.asker))
                                 : TRY(tx.query(filter.pending ? page_of_open : page_of_all, before, limit));
  std::vector<Row> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back(read(rows[i]));
  return all;
}

Result<Load> count_rows(store::Transaction& tx, const Id& asker, Time since) {
  const auto all = TRY(tx.query(count_open));
  // Open ones are among the latest: each of them counts against the day's number, or is older and one of the few that wait.
  const auto own = TRY(tx.query(count_of_asker, asker, since, std::int64_t{1000}));
  return Load{all.front().integer(0), own.front().integer(0), own.front().integer(1)};
}

Result<bool> end_row(store::Transaction& tx, const Id& id, State state, std::optional<Id> decider, Time now, std::string_view note) {
  return TRY(tx.execute(end_one, id, static_cast<int>(state), decider, now, blob_or_null(note))) == 1;
}

Status put_answer(store::Transaction& tx, const Id& id, std::string_view answer) {
  TRY(tx.execute(put_one_answer, id, Value::blob(answer)));
  return {};
}

Result<std::optional<std::string>> take_answer_of(store::Transaction& tx, const Id& id) {
  const auto rows = TRY(tx.query(get_answer, id));
  if (rows.empty()) return std::nullopt;
  std::string answer(rows.front().blob_text(0));
  if (TRY(tx.execute(drop_answer, id)) != 1) return std::nullopt;
  return answer;
}

Status delete_rows_of(store::Transaction& tx, const Id& asker) {
  TRY(tx.execute(delete_of_asker, asker));
  return {};
}

Result<std::vector<RowOfTenant>> select_expired(store::SystemTransaction& tx, Time now, std::size_t limit) {
  const auto rows = TRY(tx.query(expired, now, limit));
  std::vector<RowOfTenant> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back({TenantId{rows[i].id(0)}, rows[i].id(1)});
  return all;
}

Result<std::int64_t> delete_ended(store::SystemTransaction& tx, Time before, std::size_t limit) { return tx.execute(delete_some, before, limit); }
Result<std::int64_t> drop_answers(store::SystemTransaction& tx, Time before, std::size_t limit) { return tx.execute(drop_some, before, limit); }

}  // namespace kidoban::approvals
