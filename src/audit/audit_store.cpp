#include "audit/audit_store.h"

#include <array>

namespace kidoban::audit {

namespace {

constexpr store::Sql insert{
    "insert_audit_record",
    "insert into audit_records (tenant, id, at, event, outcome, actor_kind, actor, target_kind, target, session, "
    "reason, detail, mark) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"};

// One text for each index that answers it; what is left of the filter is checked row by row. SQLite, which has no
// statistics (nobody runs `analyze`), takes the stretch of the primary key for cheaper and would read a tenant's whole
// log for one person's few records: it is told which index.
#define KIDOBAN_AUDIT_COLUMNS \
  "select id, at, event, outcome, actor_kind, actor, target_kind, target, session, reason, detail from audit_records "
// A name that ends in a dot is all names that begin so.
#define KIDOBAN_AUDIT_REST \
  "and id < $2 and id >= $7 and ($3 = '' or event = $3 or (substr($3, length($3)) = '.' and substr(event, 1, length($3)) = $3)) " \
  "and ($8 < 0 or outcome = $8) and at >= $4 and at < $5 order by id desc limit $6"
#define KIDOBAN_AUDIT_READ(index, condition)                                                   \
  KIDOBAN_AUDIT_COLUMNS "indexed by " index " where tenant = $1 " condition KIDOBAN_AUDIT_REST, \
      KIDOBAN_AUDIT_COLUMNS "where tenant = $1 " condition KIDOBAN_AUDIT_REST
constexpr store::Sql read_all{"read_audit", KIDOBAN_AUDIT_COLUMNS "where tenant = $1 " KIDOBAN_AUDIT_REST};
constexpr store::Sql read_by_actor{"read_audit_by_actor", KIDOBAN_AUDIT_READ("audit_by_actor", "and actor = $9 ")};
constexpr store::Sql read_by_target{"read_audit_by_target", KIDOBAN_AUDIT_READ("audit_by_target", "and target = $9 ")};
constexpr store::Sql read_by_both{"read_audit_by_both",
                                  KIDOBAN_AUDIT_READ("audit_by_target", "and actor = $9 and target = $10 ")};
#undef KIDOBAN_AUDIT_READ
// How far a stretch of so many records goes, by the same indexes.
constexpr store::Sql stretch_all{"audit_stretch", "select id from audit_records where tenant = $1 and id < $2 order by id desc limit 1 offset $3"};
constexpr store::Sql stretch_by_actor{
    "audit_stretch_by_actor",
    "select id from audit_records indexed by audit_by_actor where tenant = $1 and actor = $4 and id < $2 order by id desc limit 1 offset $3",
    "select id from audit_records where tenant = $1 and actor = $4 and id < $2 order by id desc limit 1 offset $3"};
constexpr store::Sql stretch_by_target{
    "audit_stretch_by_target",
    "select id from audit_records indexed by audit_by_target where tenant = $1 and target = $4 and id < $2 order by id desc limit 1 offset $3",
    "select id from audit_records where tenant = $1 and target = $4 and id < $2 order by id desc limit 1 offset $3"};
#define KIDOBAN_SIGN_INS                                                                                    \
  "where tenant = $1 and target = $2 and (event = 'session.started' or (event = 'sign_in.factor' and outcome <> 0)) " \
  "and id >= $3 and id < $4 order by id desc limit $5"
constexpr store::Sql sign_ins{"read_sign_ins", KIDOBAN_AUDIT_COLUMNS "indexed by audit_sign_ins " KIDOBAN_SIGN_INS,
                              KIDOBAN_AUDIT_COLUMNS KIDOBAN_SIGN_INS};
#undef KIDOBAN_SIGN_INS
#undef KIDOBAN_AUDIT_COLUMNS
#undef KIDOBAN_AUDIT_REST
constexpr std::array reading{read_all, read_by_actor, read_by_target, read_by_both};

Row read(const store::Row& row) {
  return {row.id(0),
          row.time(1),
          std::string(row.text(2)),
          static_cast<Outcome>(row.integer(3)),
          static_cast<ActorKind>(row.integer(4)),
          row.maybe_id(5),
          std::string(row.text(6)),
          row.maybe_id(7),
          row.maybe_id(8),
          std::string(row.text(9)),
          std::string(row.blob_text(10))};
}

}  // namespace

Status insert_records(store::Transaction& tx, std::span<const Prepared* const> records) {
  store::Batch batch;
  for (const Prepared* one : records) {
    batch.add(one->id, one->at, one->event, static_cast<int>(one->outcome), static_cast<int>(one->actor_kind), one->actor, one->target_kind, one->target,
              one->session, one->reason, store::Value::blob(one->detail), one->mark);
  }
  TRY(tx.execute_each(insert, batch));
  return {};
}

Result<std::vector<Row>> read_records(store::Transaction& tx, const Audit::Filter& filter, const Id& first,
                                      const Id& before, std::size_t limit) {
  const Time from = filter.from.value_or(Time::min());
  const Time until = filter.until.value_or(Time::max());
  const int outcome = filter.outcome ? static_cast<int>(*filter.outcome) : -1;
  const auto ask = [&](const store::Sql& sql, const auto&... more) {
    return tx.query(sql, before, filter.name, from, until, limit, first, outcome, more...);
  };
  auto rows = filter.actor && filter.target ? ask(read_by_both, *filter.actor, *filter.target)
              : filter.actor                ? ask(read_by_actor, *filter.actor)
              : filter.target               ? ask(read_by_target, *filter.target)
                                            : ask(read_all);
  if (!rows) return std::unexpected(std::move(rows.error()));
  std::vector<Row> all;
  for (std::size_t i = 0; i < rows->size(); ++i) all.push_back(read((*rows)[i]));
  return all;
}

Result<std::vector<Row>> read_sign_ins(store::Transaction& tx, const Id& person, const Id& first, const Id& before, std::size_t limit) {
  const auto rows = TRY(tx.query(sign_ins, person, first, before, limit));
  std::vector<Row> all;
  for (std::size_t i = 0; i < rows.size(); ++i) all.push_back(read(rows[i]));
  return all;
}

Result<std::optional<Id>> stretch_end(store::Transaction& tx, const Audit::Filter& filter, const Id& before, std::int64_t records) {
  const auto rows = TRY(filter.target  ? tx.query(stretch_by_target, before, records - 1, *filter.target)
                        : filter.actor ? tx.query(stretch_by_actor, before, records - 1, *filter.actor)
                                       : tx.query(stretch_all, before, records - 1));
  if (rows.empty()) return std::nullopt;
  return rows.front().id(0);
}

std::span<const store::Sql> reading_statements() { return reading; }

}  // namespace kidoban::audit
