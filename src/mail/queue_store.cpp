#include "mail/queue_store.h"

namespace kidoban::mail {

namespace {

using store::Sql;
using store::Value;

constexpr Sql insert_one{"mail_insert",
                         "insert into mail_queue (tenant, id, urgency, due_at, attempts, claim, useless_after, content, created_at) "
                         "values ($1, $2, $3, $4, 0, null, $5, $6, $7)"};
constexpr Sql find_due{"mail_find_due", "select 1 from mail_queue where urgency = $1 and due_at <= $2 limit 1"};
constexpr Sql find_any{"mail_find_any", "select 1 from mail_queue limit 1"};
// Nobody's hands: what is in them is due later than now.
constexpr Sql select_useless{"mail_select_useless",
                             "select tenant, id from mail_queue where useless_after is not null and useless_after <= $1 and "
                             "(claim is null or due_at <= $1) order by useless_after limit $2"};
constexpr Sql select_awaited{"mail_select_awaited",
                             "select tenant, id from mail_queue where urgency = 0 and due_at <= $1 order by due_at limit $2"};
constexpr Sql next_tenant{"mail_next_tenant", "select tenant from mail_queue where urgency = 1 and tenant > $1 order by tenant limit 1"};
constexpr Sql select_ordinary{"mail_select_ordinary",
                              "select tenant, id from mail_queue where urgency = 1 and tenant = $1 and due_at <= $2 order by due_at limit $3"};
constexpr Sql take_one{"mail_take",
                       "update mail_queue set due_at = $3, claim = $4 where tenant = $1 and id = $2 and due_at <= $5 "
                       "returning attempts, content"};
constexpr Sql put_aside{"mail_put_aside", "update mail_queue set due_at = $3, claim = null where tenant = $1 and id = $2"};
constexpr Sql drop_one{"mail_drop", "delete from mail_queue where tenant = $1 and id = $2 returning attempts, content"};
constexpr Sql remove_one{"mail_remove", "delete from mail_queue where tenant = $1 and id = $2 and claim = $3"};
constexpr Sql postpone_one{"mail_postpone",
                           "update mail_queue set due_at = $5, attempts = $4, claim = null where tenant = $1 and id = $2 and claim = $3"};

constexpr std::size_t tenants_a_round = 16, of_each_tenant = 4;

seal::Place place_of(const Id& id) { return {"mail_queue", "content", id.span()}; }

Result<Queued> opened(store::SystemTransaction& tx, seal::Keyring& keys, const TenantId& tenant, const Id& id, const store::Row& row) {
  auto inside = tx.as(tenant);
  const auto key = TRY(keys.of(inside));
  Queued out{tenant, id, {}, row.integer(0), {}};
  out.letter = TRY(letter_from_json(TRY(key->open_text(place_of(id), row.blob_text(1)))));
  return out;
}

// The store's own failures end the transaction; a mail that can't be opened doesn't.
bool is_of_this_mail_alone(const Error& error) { return error.kind == Kind::sealed || error.reason == "sealed_value_damaged" || error.reason == "letter_unreadable"; }

struct Claiming {
  store::SystemTransaction& tx;
  seal::Keyring& keys;
  const Id& claim;
  Time now, until;
  std::size_t limit;
  std::vector<Queued> taken{};

  Status take(const store::Rows& rows) {
    for (std::size_t i = 0; i < rows.size() && taken.size() < limit; ++i) {
      const TenantId tenant{rows[i].id(0)};
      const Id id = rows[i].id(1);
      const auto row = TRY(tx.query(take_one, tenant, id, until, claim, now));
      if (row.empty()) continue;
      auto one = opened(tx, keys, tenant, id, row.front());
      if (!one) {
        if (!is_of_this_mail_alone(one.error())) return std::unexpected(std::move(one.error()));
        TRY(tx.execute(put_aside, tenant, id, now + std::chrono::hours(1)));
        continue;
      }
      one->claim = claim;
      taken.push_back(std::move(*one));
    }
    return {};
  }
};

}  // namespace

Status insert_letter(store::Transaction& tx, const seal::TenantKey& key, const Id& id, Urgency urgency, std::optional<Time> useless_after,
                     const Letter& letter, Time now) {
  const std::string content = key.seal(place_of(id), letter_json(letter));
  TRY(tx.execute(insert_one, id, static_cast<int>(urgency), now, useless_after, Value::blob(content), now));
  return {};
}

Result<bool> anything_to_do(store::SystemTransaction& tx, Time now) {
  for (const int urgency : {0, 1}) {
    if (!TRY(tx.query(find_due, urgency, now)).empty()) return true;
  }
  return !TRY(tx.query(select_useless, now, 1)).empty();
}

Result<bool> anything_waits(store::SystemTransaction& tx) { return !TRY(tx.query(find_any)).empty(); }

Result<std::vector<Queued>> claim_due(store::SystemTransaction& tx, seal::Keyring& keys, const Id& claim, Time now, Time until,
                                      std::size_t limit, TenantId& turn) {
  Claiming claiming{tx, keys, claim, now, until, limit};
  TRY(claiming.take(TRY(tx.query(select_awaited, now, limit))));
  bool began_again = false;
  for (std::size_t i = 0; i < tenants_a_round && claiming.taken.size() < limit; ++i) {
    const auto next = TRY(tx.query(next_tenant, turn));
    if (next.empty()) {
      if (began_again) break;
      began_again = true;
      turn = {};
      continue;
    }
    turn = TenantId{next.front().id(0)};
    TRY(claiming.take(TRY(tx.query(select_ordinary, turn, now, of_each_tenant))));
  }
  return std::move(claiming.taken);
}

Result<std::vector<Queued>> take_useless(store::SystemTransaction& tx, seal::Keyring& keys, Time now, std::size_t limit) {
  std::vector<Queued> out;
  const auto rows = TRY(tx.query(select_useless, now, limit));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const TenantId tenant{rows[i].id(0)};
    const Id id = rows[i].id(1);
    const auto row = TRY(tx.query(drop_one, tenant, id));
    if (row.empty()) continue;
    auto one = opened(tx, keys, tenant, id, row.front());
    if (one) out.push_back(std::move(*one));
    else if (!is_of_this_mail_alone(one.error())) return std::unexpected(std::move(one.error()));
  }
  return out;
}

Result<bool> remove_letter(store::Transaction& tx, const Id& id, const Id& claim) { return TRY(tx.execute(remove_one, id, claim)) == 1; }

Result<bool> postpone_letter(store::Transaction& tx, const Id& id, const Id& claim, std::int64_t attempts, Time due_at) {
  return TRY(tx.execute(postpone_one, id, claim, attempts, due_at)) == 1;
}

}  // namespace kidoban::mail
