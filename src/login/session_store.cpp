#include "login/session_store.h"

#include <algorithm>

#include "base/text.h"

namespace kidoban::login {

namespace {
using store::Sql;
using store::Value;

constexpr Sql put_sql{"session_put",
                      "insert into sessions (tenant, id, person, secret_hash, created_at, signed_in_at, last_seen_at, "
                      "idle_until, absolute_until, amr, client) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"};
constexpr Sql find_sql{"session_find",
                       "select id, person, secret_hash, created_at, signed_in_at, last_seen_at, idle_until, "
                       "absolute_until, amr, client from sessions where tenant = $1 and id = $2"};
constexpr Sql list_sql{"session_list",
                       "select id, person, secret_hash, created_at, signed_in_at, last_seen_at, idle_until, "
                       "absolute_until, amr, client from sessions where tenant = $1 and person = $2 "
                       "order by id desc limit 500"};
constexpr Sql touch_sql{"session_touch",
                        "update sessions set last_seen_at = $3, idle_until = $4 where tenant = $1 and id = $2"};
constexpr Sql erase_sql{"session_erase", "delete from sessions where tenant = $1 and id = $2 and person = $3"};

seal::Place place_of(const Id& id) { return {"sessions", "client", id.span()}; }

Result<SessionRow> row_of(const store::Row& row, const seal::TenantKey& key) {
  SessionRow out;
  Session& s = out.session;
  s.id = row.id(0);
  s.person = row.id(1);
  const auto hash = row.blob(2);
  if (hash.size() != out.secret_hash.size()) return fail(Kind::internal, "session_unreadable");
  std::copy(hash.begin(), hash.end(), out.secret_hash.begin());
  s.created_at = row.time(3);
  s.signed_in_at = row.time(4);
  s.last_seen_at = row.time(5);
  s.idle_until = row.time(6);
  s.absolute_until = row.time(7);
  s.amr = words_of(row.text(8));
  // "address\nuser agent"
  const std::string client = TRY(key.open_text(place_of(s.id), row.blob_text(9)));
  const std::size_t end = client.find('\n');
  s.client_address = client.substr(0, end);
  if (end != std::string::npos) s.user_agent = client.substr(end + 1);
  return out;
}
}  // namespace

Status put_session(store::Transaction& tx, const seal::TenantKey& key, const SessionRow& row) {
  const Session& s = row.session;
  const std::string client = key.seal(place_of(s.id), s.client_address + "\n" + s.user_agent);
  const std::string amr = join(s.amr, " ");
  TRY(tx.execute(put_sql, s.id, s.person, row.secret_hash, s.created_at, s.signed_in_at, s.last_seen_at,
                 s.idle_until, s.absolute_until, amr, Value::blob(client)));
  return {};
}

Result<std::optional<SessionRow>> find_session(store::Transaction& tx, const seal::TenantKey& key, const Id& id) {
  const auto rows = TRY(tx.query(find_sql, id));
  if (rows.empty()) return std::nullopt;
  return TRY(row_of(rows.front(), key));
}

Result<std::vector<Session>> sessions_of(store::Transaction& tx, const seal::TenantKey& key, const Id& person) {
  const auto rows = TRY(tx.query(list_sql, person));
  std::vector<Session> out;
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(TRY(row_of(rows[i], key)).session);
  return out;
}

Status touch_session(store::Transaction& tx, const Id& id, Time seen, Time idle_until) {
  TRY(tx.execute(touch_sql, id, seen, idle_until));
  return {};
}

Result<bool> erase_session(store::Transaction& tx, const Id& id, const Id& person) {
  return TRY(tx.execute(erase_sql, id, person)) == 1;
}

}  // namespace kidoban::login
