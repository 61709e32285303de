#pragma once
// The tables `webhooks` and `webhook_attempts`.

#include "store/system.h"
#include "webhooks/webhooks.h"

namespace kidoban::webhooks {

struct Row {
  Id id;
  std::int64_t version = 1;
  std::string content, secrets;        // sealed
  bool enabled = true;
  std::string off_reason;
  Time created_at;
  std::int64_t cursor = 0;
  std::optional<Id> message;
  std::optional<std::int64_t> message_end;
  std::int64_t failures = 0;
  std::optional<Time> failing_since, delivered_at;
  std::int64_t attempts = 0;
  bool slow = false;
  std::optional<Time> due_at;
  std::optional<Id> claim;
};

Status insert_row(store::Transaction& tx, const Row& row);
Result<std::optional<Row>> select_row(store::Transaction& tx, const Id& id);
Result<std::vector<Row>> select_rows(store::Transaction& tx, std::size_t limit);
Status update_row(store::Transaction& tx, const Row& row);  // everything but created_at
Status delete_row(store::Transaction& tx, const Id& id);    // with its attempts

// These change it only where it stands as it was read; false where it doesn't.
// Into somebody's hands until then, with what they will send.
Result<bool> take_row(store::Transaction& tx, const Row& seen, const Id& claim, Time until, const Id& message, std::int64_t end);
// There was nothing to send up to `cursor`.
Result<bool> pass_row(store::Transaction& tx, const Row& seen, std::int64_t cursor, std::optional<Time> due_at);
Status put_row_aside(store::Transaction& tx, const Id& id, Time seen_due_at, Time due_at);
// What became of an attempt, by whoever has it in hand: its number, or nothing where they haven't any more.
Result<std::optional<std::int64_t>> settle_row(store::Transaction& tx, const Row& after, const Id& claim);

Status insert_attempt(store::Transaction& tx, const Id& webhook, const Attempt& attempt, std::int64_t kept);
// The number of an attempt that isn't one of the courier's.
Result<std::int64_t> count_attempt(store::Transaction& tx, const Id& webhook);
Result<std::vector<Attempt>> select_attempts(store::Transaction& tx, const Id& webhook, std::size_t limit);

// Of the enabled ones that wait for new records: where the first of them stands. Nothing where none waits.
Result<std::optional<std::int64_t>> first_waiting(store::Transaction& tx);
// They are looked at now.
Status wake_waiting(store::Transaction& tx, Time now);
Result<bool> any_enabled(store::Transaction& tx);

struct Due {
  TenantId tenant;
  Id id;
};
Result<std::vector<Due>> select_due(store::SystemTransaction& tx, bool slow, Time now, std::size_t limit);
// Tenants that have some waiting, after `after`.
Result<std::vector<TenantId>> tenants_waiting(store::SystemTransaction& tx, const TenantId& after, std::size_t limit);

}  // namespace kidoban::webhooks
