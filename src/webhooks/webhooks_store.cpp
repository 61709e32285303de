#include "webhooks/webhooks_store.h"

namespace kidoban::webhooks {

namespace {

using store::Sql;
using store::Value;

#define KIDOBAN_WEBHOOK_COLUMNS                                                                                              \
  "id, version, content, secrets, enabled, off_reason, created_at, cursor, message, message_end, failures, failing_since, " \
  "delivered_at, attempts, slow, due_at, claim"
constexpr Sql insert_one{"webhook_insert",
                         "insert into webhooks (tenant, " KIDOBAN_WEBHOOK_COLUMNS ") values "
                         "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"};
constexpr Sql select_one{"webhook_get", "select " KIDOBAN_WEBHOOK_COLUMNS " from webhooks where tenant = $1 and id = $2"};
constexpr Sql select_all{"webhook_list", "select " KIDOBAN_WEBHOOK_COLUMNS " from webhooks where tenant = $1 order by id limit $2"};
#undef KIDOBAN_WEBHOOK_COLUMNS
constexpr Sql update_one{"webhook_update",
                         "update webhooks set version = $3, content = $4, secrets = $5, enabled = $6, off_reason = $7, cursor = $8, message = $9, "
                         "message_end = $10, failures = $11, failing_since = $12, delivered_at = $13, attempts = $14, slow = $15, due_at = $16, "
                         "claim = $17 where tenant = $1 and id = $2"};
// Where it stands as it was read: whoever changed or took it since has set another version, cursor or time.
constexpr Sql take_one{"webhook_take",
                       "update webhooks set claim = $6, due_at = $7, message = $8, message_end = $9 "
                       "where tenant = $1 and id = $2 and version = $3 and cursor = $4 and due_at = $5 and enabled = 1"};
constexpr Sql pass_one{"webhook_pass",
                       "update webhooks set claim = null, cursor = $6, due_at = $7, message = null, message_end = null "
                       "where tenant = $1 and id = $2 and version = $3 and cursor = $4 and due_at = $5 and enabled = 1"};
constexpr Sql put_aside{"webhook_put_aside", "update webhooks set due_at = $4 where tenant = $1 and id = $2 and due_at = $3"};
constexpr Sql settle_one{"webhook_settle",
                         "update webhooks set claim = null, enabled = $4, off_reason = $5, cursor = $6, message = $7, message_end = $8, "
                         "failures = $9, failing_since = $10, delivered_at = $11, slow = $12, due_at = $13, attempts = attempts + 1 "
                         "where tenant = $1 and id = $2 and claim = $3 returning attempts"};
constexpr Sql delete_one{"webhook_delete", "delete from webhooks where tenant = $1 and id = $2"};
constexpr Sql delete_attempts{"webhook_delete_attempts", "delete from webhook_attempts where tenant = $1 and webhook = $2"};

constexpr Sql keep_attempt{"webhook_keep_attempt",
                           "insert into webhook_attempts (tenant, webhook, number, message, test, at, took_us, status, failure, records, first, "
                           "message_end) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"};
constexpr Sql forget_attempts{"webhook_forget_attempts", "delete from webhook_attempts where tenant = $1 and webhook = $2 and number <= $3"};
constexpr Sql next_attempt{"webhook_next_attempt", "update webhooks set attempts = attempts + 1 where tenant = $1 and id = $2 returning attempts"};
constexpr Sql list_attempts{"webhook_attempts",
                            "select number, message, test, at, took_us, status, failure, records, first, message_end from webhook_attempts "
                            "where tenant = $1 and webhook = $2 order by number desc limit $3"};

constexpr Sql waiting{"webhook_waiting", "select min(cursor) from webhooks where tenant = $1 and due_at is null and enabled = 1"};
constexpr Sql wake{"webhook_wake", "update webhooks set due_at = $2 where tenant = $1 and due_at is null and enabled = 1"};
constexpr Sql enabled_one{"webhook_enabled", "select 1 from webhooks where tenant = $1 and enabled = 1 limit 1"};
constexpr Sql due{"webhook_due", "select tenant, id from webhooks where slow = $1 and due_at is not null and due_at <= $2 order by due_at limit $3"};
constexpr Sql next_waiting{"webhook_next_waiting",
                           "select distinct tenant from webhooks where due_at is null and enabled = 1 and tenant > $1 order by tenant limit $2"};

Row read(const store::Row& row) {
  return {.id = row.id(0),
          .version = row.integer(1),
          .content = std::string(row.blob_text(2)),
          .secrets = std::string(row.blob_text(3)),
          .enabled = row.flag(4),
          .off_reason = std::string(row.text(5)),
          .created_at = row.time(6),
          .cursor = row.integer(7),
          .message = row.maybe_id(8),
          .message_end = row.maybe_integer(9),
          .failures = row.integer(10),
          .failing_since = row.maybe_time(11),
          .delivered_at = row.maybe_time(12),
          .attempts = row.integer(13),
          .slow = row.flag(14),
          .due_at = row.maybe_time(15),
          .claim = row.maybe_id(16)};
}

}  // namespace

Status insert_row(store::Transaction& tx, const Row& r) {
  TRY(tx.execute(insert_one, r.id, r.version, Value::blob(r.content), Value::blob(r.secrets), r.enabled, r.off_reason, r.created_at, r.cursor,
                 r.message, r.message_end, r.failures, r.failing_since, r.delivered_at, r.attempts, r.slow, r.due_at, r.claim));
  return {};
}

Result<std::optional<Row>> select_row(store::Transaction& tx, const Id& id) {
  const auto rows = TRY(tx.query(select_one, id));
  if (rows.empty()) return std::nullopt;
  return read(rows.front());
}

Result<std::vector<Row>> select_rows(store::Transaction& tx, std::size_t limit) {
  const auto rows = TRY(tx.query(select_all, limit));
  std::vector<Row> out;
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(read(rows[i]));
  return out;
}

Status update_row(store::Transaction& tx, const Row& r) {
  TRY(tx.execute(update_one, r.id, r.version, Value::blob(r.content), Value::blob(r.secrets), r.enabled, r.off_reason, r.cursor, r.message,
                 r.message_end, r.failures, r.failing_since, r.delivered_at, r.attempts, r.slow, r.due_at, r.claim));
  return {};
}

Status delete_row(store::Transaction& tx, const Id& id) {
  TRY(tx.execute(delete_attempts, id));
  TRY(tx.execute(delete_one, id));
  return {};
}

Result<bool> take_row(store::Transaction& tx, const Row& seen, const Id& claim, Time until, const Id& message, std::int64_t end) {
  return TRY(tx.execute(take_one, seen.id, seen.version, seen.cursor, seen.due_at, claim, until, message, end)) == 1;
}

Result<bool> pass_row(store::Transaction& tx, const Row& seen, std::int64_t cursor, std::optional<Time> due_at) {
  return TRY(tx.execute(pass_one, seen.id, seen.version, seen.cursor, seen.due_at, cursor, due_at)) == 1;
}

Status put_row_aside(store::Transaction& tx, const Id& id, Time seen_due_at, Time due_at) {
  TRY(tx.execute(put_aside, id, seen_due_at, due_at));
  return {};
}

Result<std::optional<std::int64_t>> settle_row(store::Transaction& tx, const Row& r, const Id& claim) {
  const auto rows = TRY(tx.query(settle_one, r.id, claim, r.enabled, r.off_reason, r.cursor, r.message, r.message_end, r.failures, r.failing_since,
                                 r.delivered_at, r.slow, r.due_at));
  if (rows.empty()) return std::nullopt;
  return rows.front().integer(0);
}

Status insert_attempt(store::Transaction& tx, const Id& webhook, const Attempt& a, std::int64_t kept) {
  TRY(tx.execute(keep_attempt, webhook, a.number, a.message, a.test, a.at, a.took.count(), a.status, a.failure, a.records, a.first, a.end));
  TRY(tx.execute(forget_attempts, webhook, a.number - kept));
  return {};
}

Result<std::int64_t> count_attempt(store::Transaction& tx, const Id& webhook) {
  const auto rows = TRY(tx.query(next_attempt, webhook));
  if (rows.empty()) return fail(Kind::not_found, "webhook_unknown");
  return rows.front().integer(0);
}

Result<std::vector<Attempt>> select_attempts(store::Transaction& tx, const Id& webhook, std::size_t limit) {
  const auto rows = TRY(tx.query(list_attempts, webhook, limit));
  std::vector<Attempt> out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const store::Row row = rows[i];
    out.push_back({.number = row.integer(0), .message = row.id(1), .test = row.flag(2), .at = row.time(3), .took = Duration(row.integer(4)),
                   .status = static_cast<int>(row.integer(5)), .failure = std::string(row.text(6)), .records = row.integer(7),
                   .first = row.integer(8), .end = row.integer(9)});
  }
  return out;
}

Result<std::optional<std::int64_t>> first_waiting(store::Transaction& tx) { return TRY(tx.query(waiting)).front().maybe_integer(0); }

Status wake_waiting(store::Transaction& tx, Time now) {
  TRY(tx.execute(wake, now));
  return {};
}

Result<bool> any_enabled(store::Transaction& tx) { return !TRY(tx.query(enabled_one)).empty(); }

Result<std::vector<Due>> select_due(store::SystemTransaction& tx, bool slow, Time now, std::size_t limit) {
  const auto rows = TRY(tx.query(due, slow, now, limit));
  std::vector<Due> out;
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back({TenantId{rows[i].id(0)}, rows[i].id(1)});
  return out;
}

Result<std::vector<TenantId>> tenants_waiting(store::SystemTransaction& tx, const TenantId& after, std::size_t limit) {
  const auto rows = TRY(tx.query(next_waiting, after, limit));
  std::vector<TenantId> out;
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(TenantId{rows[i].id(0)});
  return out;
}

}  // namespace kidoban::webhooks
