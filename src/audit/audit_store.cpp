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
#define KIDOBAN_AUDIT_REST \
  "and id < $2 and id >= $7 and ($3 = '' or event = $3) and at >= $4 and at < $5 order by id desc limit $6"
#define KIDOBAN_AUDIT_READ(index, condition)                                                   \
  KIDOBAN_AUDIT_COLUMNS "indexed by " index " where tenant = $1 " condition KIDOBAN_AUDIT_REST, \
      KIDOBAN_AUDIT_COLUMNS "where tenant = $1 " condition KIDOBAN_AUDIT_REST
constexpr store::Sql read_all{"read_audit", KIDOBAN_AUDIT_COLUMNS "where tenant = $1 " KIDOBAN_AUDIT_REST};
constexpr store::Sql read_by_actor{"read_audit_by_actor", KIDOBAN_AUDIT_READ("audit_by_actor", "and actor = $8 ")};
constexpr store::Sql read_by_target{"read_audit_by_target", KIDOBAN_AUDIT_READ("audit_by_target", "and target = $8 ")};
constexpr store::Sql read_by_both{"read_audit_by_both",
                                  KIDOBAN_AUDIT_READ("audit_by_target", "and actor = $8 and target = $9 ")};
#undef KIDOBAN_AUDIT_READ
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

Status insert_record(store::Transaction& tx, const Row& row, const crypto::Digest& mark) {
  TRY(tx.execute(insert, row.id, row.at, row.event, static_cast<int>(row.outcome), static_cast<int>(row.actor_kind),
                 row.actor, row.target_kind, row.target, row.session, row.reason, store::Value::blob(row.detail), mark));
  return {};
}

Result<std::vector<Row>> read_records(store::Transaction& tx, const Audit::Filter& filter, const Id& first,
                                      const Id& before, std::size_t limit) {
  const Time from = filter.from.value_or(Time::min());
  const Time until = filter.until.value_or(Time::max());
  auto rows = filter.actor && filter.target
                  ? tx.query(read_by_both, before, filter.name, from, until, limit, first, *filter.actor, *filter.target)
              : filter.actor  ? tx.query(read_by_actor, before, filter.name, from, until, limit, first, *filter.actor)
              : filter.target ? tx.query(read_by_target, before, filter.name, from, until, limit, first, *filter.target)
                              : tx.query(read_all, before, filter.name, from, until, limit, first);
  if (!rows) return std::unexpected(std::move(rows.error()));
  std::vector<Row> all;
  for (std::size_t i = 0; i < rows->size(); ++i) all.push_back(read((*rows)[i]));
  return all;
}

std::span<const store::Sql> reading_statements() { return reading; }

}  // namespace kidoban::audit
