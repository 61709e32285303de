#include "directory/directory_store.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "directory/group_store.h"

namespace kidoban::directory {

namespace {

#define PERSON_COLUMNS "id, state, administrator, profile, created_at, updated_at, version, valid_from, valid_until, gone_at, source_kind, source"
// On SQLite the row's next place (changes.h), drawn here and not by a trigger: that would write the row twice. Of many rows it is drawn once.
#define NEXT_PLACE                                                               \
  "1 + max(coalesce((select max(place) from people where tenant = $1 and place is not null), 0), "     \
  "coalesce((select max(place) from people_removed where tenant = $1), 0))"
#define NEW_COLUMNS                                                                                               \
  "tenant, id, login_index, external_index, state, administrator, profile, created_at, updated_at, version, "     \
  "valid_from, valid_until, gone_at, source_kind, source, login_domain"
#define NEW_VALUES "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16"
#define UNLESS_TAKEN " on conflict (tenant, login_index) do nothing"
constexpr store::Sql insert_one{"insert_person",
                                "insert into people (" NEW_COLUMNS ", place) values (" NEW_VALUES ", coalesce($17, " NEXT_PLACE "))" UNLESS_TAKEN,
                                "insert into people (" NEW_COLUMNS ", place) values (" NEW_VALUES ", cast($17 as bigint))" UNLESS_TAKEN};
constexpr store::Sql next_place{"next_place_of_person", "select " NEXT_PLACE, "select 0 where $1 is not null"};  // PostgreSQL's trigger draws it
#undef UNLESS_TAKEN
#undef NEW_VALUES
#undef NEW_COLUMNS
constexpr store::Sql find_one{"find_person", "select " PERSON_COLUMNS " from people where tenant = $1 and login_index = $2"};
constexpr store::Sql find_by_external{"find_people_by_external_id",
                                      "select " PERSON_COLUMNS " from people where tenant = $1 and external_index = $2 order by id limit $3"};
constexpr store::Sql select_one{"get_person", "select " PERSON_COLUMNS " from people where tenant = $1 and id = $2"};
constexpr store::Sql select_page{"list_people", "select " PERSON_COLUMNS " from people where tenant = $1 and id > $2 order by id limit $3"};
// PostgreSQL takes a large tenant for one of average size (decision 23), and would read all of it and keep these: so one by one.
constexpr store::Sql select_named{
    "get_people",
    "select " PERSON_COLUMNS " from people where tenant = $1 and id in ("
    "$2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, "
    "$27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, "
    "$50, $51"
    ")",
    "select " PERSON_COLUMNS " from (values "
    "(cast($2 as bytea)), ($3), ($4), ($5), ($6), ($7), ($8), ($9), ($10), ($11), ($12), ($13), ($14), ($15), ($16), "
    "($17), ($18), ($19), ($20), ($21), ($22), ($23), ($24), ($25), ($26), ($27), ($28), ($29), ($30), ($31), ($32), "
    "($33), ($34), ($35), ($36), ($37), ($38), ($39), ($40), ($41), ($42), ($43), ($44), ($45), ($46), ($47), ($48), "
    "($49), ($50), ($51)"
    ") as wanted (wanted_id) cross join lateral (select * from people where tenant = $1 and id = wanted_id limit 1) one"};
constexpr store::Sql administrators{"list_administrators",
                                    "select " PERSON_COLUMNS " from people where tenant = $1 and administrator = 1 and state = 0 "
                                    "and valid_until is null and (valid_from is null or valid_from <= $2) order by id limit $3"};
#undef PERSON_COLUMNS
#define CHANGE_PERSON                                                                                             \
  "update people set login_index = $3, external_index = $4, state = $5, administrator = $6, profile = $7, "       \
  "updated_at = $8, valid_from = $9, valid_until = $10, gone_at = $11, source_kind = $12, source = $13, "         \
  "login_domain = $14, version = version + 1"
constexpr store::Sql update_one{"change_person", CHANGE_PERSON ", place = " NEXT_PLACE " where tenant = $1 and id = $2",
                                CHANGE_PERSON " where tenant = $1 and id = $2"};
#undef CHANGE_PERSON
#undef NEXT_PLACE
constexpr store::Sql delete_one{"delete_person", "delete from people where tenant = $1 and id = $2"};
constexpr store::Sql delete_memberships{"delete_memberships_of_person", "delete from group_members where tenant = $1 and person = $2"};
constexpr store::Sql in_domain{"find_login_in_domain", "select 1 from people where tenant = $1 and login_domain = $2 limit 1"};
constexpr store::Sql other_administrator{"find_other_administrator",
                                         "select 1 from people where tenant = $1 and administrator = 1 and state = 0 and id <> $2 "
                                         "and valid_until is null and (valid_from is null or valid_from <= $3) limit 1"};
constexpr store::Sql count_up{"count_person",
                              "insert into people_counts (tenant, counted) values ($1, $2) on conflict (tenant) do update "
                              "set counted = people_counts.counted + excluded.counted "
                              "where people_counts.quota is null or people_counts.counted + excluded.counted <= people_counts.quota"};
constexpr store::Sql count_down{"uncount_person", "update people_counts set counted = counted - $2 where tenant = $1"};
constexpr store::Sql get_usage{"get_usage", "select counted, quota from people_counts where tenant = $1"};
constexpr store::Sql put_quota{"put_quota",
                               "insert into people_counts (tenant, counted, quota) values ($1, 0, $2) on conflict (tenant) do update set quota = excluded.quota"};
constexpr store::Sql due{"find_people_gone", "select tenant, id from people where gone_at is not null and gone_at <= $1 order by gone_at limit $2"};

PersonRow read(const store::Row& row) {
  PersonRow out{row.id(0),   static_cast<PersonState>(row.integer(1)), row.flag(2), std::string(row.blob_text(3)),
                row.time(4), row.time(5),                              row.integer(6), row.maybe_time(7), row.maybe_time(8), row.maybe_time(9), {}};
  if (const auto kind = row.maybe_integer(10)) out.source = Source{static_cast<SourceKind>(*kind), row.id(11)};
  return out;
}

std::optional<std::int64_t> kind_of(const std::optional<Source>& source) {
  return source ? std::optional(static_cast<std::int64_t>(source->kind)) : std::nullopt;
}

std::vector<PersonRow> people_in(const store::Rows& rows) {
  std::vector<PersonRow> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back(read(rows[i]));
  return all;
}

Result<std::optional<PersonRow>> first(Result<store::Rows> rows) {
  if (!rows) return std::unexpected(std::move(rows.error()));
  if (rows->empty()) return std::nullopt;
  return read(rows->front());
}

}  // namespace

Result<std::vector<bool>> insert_people(store::Transaction& tx, std::span<const PreparedPerson* const> people) {
  std::optional<std::int64_t> place;
  if (people.size() > 1) place = TRY(tx.query(next_place)).front().integer(0);
  store::Batch batch;
  for (const PreparedPerson* one : people) {
    const Person& p = one->person;
    // Of the person itself: a batch borrows, and outlives what is made for the call.
    const store::Value account = p.source ? store::Value(p.source->account) : store::Value();
    batch.add(p.id, one->indexes.login, one->indexes.external_id, static_cast<int>(p.state), p.administrator, store::Value::blob(one->sealed), p.created_at,
              p.updated_at, p.version, p.valid_from, p.valid_until, p.gone_at, kind_of(p.source), account, one->indexes.login_domain, place);
    if (place) ++*place;
  }
  std::vector<bool> made;
  for (const std::int64_t changed : TRY(tx.execute_each(insert_one, batch))) made.push_back(changed == 1);
  return made;
}

Result<std::vector<std::optional<PersonRow>>> find_people(store::Transaction& tx, std::span<const crypto::Digest> login_indexes) {
  store::Batch batch;
  for (const crypto::Digest& one : login_indexes) batch.add(one);
  std::vector<std::optional<PersonRow>> all;
  for (store::Rows& rows : TRY(tx.query_each(find_one, batch))) all.push_back(TRY(first(std::move(rows))));
  return all;
}

Result<std::optional<PersonRow>> find_person(store::Transaction& tx, const crypto::Digest& login_index) {
  return first(tx.query(find_one, login_index));
}

Result<std::vector<PersonRow>> find_people_by_external_id(store::Transaction& tx, const crypto::Digest& external_index, std::size_t limit) {
  return people_in(TRY(tx.query(find_by_external, external_index, limit)));
}

Result<std::optional<PersonRow>> select_person(store::Transaction& tx, const Id& id) {
  return first(tx.query(select_one, id));
}

Result<std::vector<PersonRow>> select_people(store::Transaction& tx, const Id& after, std::size_t limit) {
  return people_in(TRY(tx.query(select_page, after, limit)));
}

Result<std::vector<PersonRow>> select_people_named(store::Transaction& tx, std::span<const Id> ids) {
  // Places that are left over ask for nobody.
  std::array<Id, people_in_bite> all{};
  std::ranges::copy(ids.first(std::min(ids.size(), all.size())), all.begin());
  return people_in(TRY(std::apply([&](const auto&... one) { return tx.query(select_named, one...); }, all)));
}

Status update_person(store::Transaction& tx, const PersonRow& row, const PersonIndexes& indexes) {
  const auto done = tx.execute(update_one, row.id, indexes.login, indexes.external_id, static_cast<int>(row.state), row.administrator,
                               store::Value::blob(row.profile), row.updated_at, row.valid_from, row.valid_until, row.gone_at, kind_of(row.source),
                               row.source ? std::optional(row.source->account) : std::nullopt, indexes.login_domain);
  if (done) return {};
  if (done.error().kind == Kind::conflict) return fail(Kind::conflict, "login_taken", "somebody has this login already");
  return std::unexpected(done.error());
}

Result<bool> has_login_in_domain(store::Transaction& tx, const crypto::Digest& login_domain) {
  return !TRY(tx.query(in_domain, login_domain)).empty();
}

Status delete_person(store::Transaction& tx, const Id& id) {
  TRY(touch_groups_of(tx, id));
  TRY(tx.execute(delete_memberships, id));
  TRY(tx.execute(delete_one, id));
  return {};
}

Result<bool> has_other_administrator(store::Transaction& tx, const Id& than, Time now) {
  return !TRY(tx.query(other_administrator, than, now)).empty();
}

Result<std::vector<PersonRow>> select_administrators(store::Transaction& tx, Time now, std::size_t limit) {
  return people_in(TRY(tx.query(administrators, now, limit)));
}

Result<bool> count_more(store::Transaction& tx, std::int64_t people) { return TRY(tx.execute(count_up, people)) == 1; }

Status count_less(store::Transaction& tx, std::int64_t people) {
  TRY(tx.execute(count_down, people));
  return {};
}

Result<Usage> select_usage(store::Transaction& tx) {
  const auto rows = TRY(tx.query(get_usage));
  if (rows.empty()) return Usage{};
  return Usage{rows.front().integer(0), rows.front().maybe_integer(1)};
}

Status update_quota(store::Transaction& tx, std::optional<std::int64_t> quota) {
  TRY(tx.execute(put_quota, quota));
  return {};
}

Result<std::vector<PersonOfTenant>> select_due(store::SystemTransaction& tx, Time now, std::size_t limit) {
  const auto rows = TRY(tx.query(due, now, limit));
  std::vector<PersonOfTenant> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back({TenantId{rows[i].id(0)}, rows[i].id(1)});
  return all;
}

}  // namespace kidoban::directory
