#include <algorithm>

#include "login/journey.h"

namespace kidoban::login {

namespace {
using store::Sql;
using store::Value;

constexpr Sql put_sql{"journey_put",
                      "insert into journeys (tenant, id, state, binding_hash, expires_at, version) "
                      "values ($1, $2, $3, $4, $5, 1)"};
constexpr Sql find_sql{"journey_find",
                       "select state, binding_hash, expires_at, version from journeys where tenant = $1 and id = $2"};
constexpr Sql update_sql{"journey_update",
                         "update journeys set state = $3, version = version + 1 "
                         "where tenant = $1 and id = $2 and version = $4"};
constexpr Sql erase_sql{"journey_erase", "delete from journeys where tenant = $1 and id = $2"};

seal::Place place_of(const Id& id) { return {"journeys", "state", id.span()}; }
}  // namespace

Status put_journey(store::Transaction& tx, const seal::TenantKey& key, const Journey& journey) {
  const std::string sealed = key.seal(place_of(journey.id), encode(journey.progress));
  TRY(tx.execute(put_sql, journey.id, Value::blob(sealed), journey.binding_hash, journey.expires_at));
  return {};
}

Result<std::optional<Journey>> find_journey(store::Transaction& tx, const seal::TenantKey& key, const Id& id) {
  const auto rows = TRY(tx.query(find_sql, id));
  if (rows.empty()) return std::nullopt;
  const auto row = rows.front();
  Journey journey;
  journey.id = id;
  journey.progress = TRY(decode(TRY(key.open_text(place_of(id), row.blob_text(0)))));
  const auto hash = row.blob(1);
  if (hash.size() != journey.binding_hash.size()) return fail(Kind::internal, "journey_unreadable");
  std::copy(hash.begin(), hash.end(), journey.binding_hash.begin());
  journey.expires_at = row.time(2);
  journey.version = row.integer(3);
  return journey;
}

Status update_journey(store::Transaction& tx, const seal::TenantKey& key, Journey& journey) {
  const std::string sealed = key.seal(place_of(journey.id), encode(journey.progress));
  if (TRY(tx.execute(update_sql, journey.id, Value::blob(sealed), journey.version)) != 1) {
    return fail(Kind::conflict, "journey_moved_on");
  }
  ++journey.version;
  return {};
}

Status erase_journey(store::Transaction& tx, const Id& id) {
  TRY(tx.execute(erase_sql, id));
  return {};
}

}  // namespace kidoban::login
