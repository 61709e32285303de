#pragma once
// The rows behind the audit. `detail` is sealed and opaque here.

#include "audit/audit.h"

namespace kidoban::audit {

struct Row {
  Id id;
  Time at;
  std::string event;
  Outcome outcome;
  ActorKind actor_kind;
  std::optional<Id> actor;
  std::string target_kind;
  std::optional<Id> target, session;
  std::string reason, detail;
};

// As it is told; its detail opened.
Result<Record> open_row(const seal::TenantKey& key, const Row& row);

Status insert_records(store::Transaction& tx, std::span<const Prepared* const> records);
// Newest first, ids from `first` on and before `before`, at most `limit`.
Result<std::vector<Row>> read_records(store::Transaction& tx, const Audit::Filter& filter, const Id& first,
                                      const Id& before, std::size_t limit);
// The last of the `records` newest before `before`, as far as actor and target go; nothing where there are fewer.
Result<std::optional<Id>> stretch_end(store::Transaction& tx, const Audit::Filter& filter, const Id& before, std::int64_t records);
// Sign-ins and failed tries of one person, newest first, ids from `first` on and before `before`.
Result<std::vector<Row>> read_sign_ins(store::Transaction& tx, const Id& person, const Id& first, const Id& before, std::size_t limit);
// What read_records asks, for the test of the indexes that answer it.
std::span<const store::Sql> reading_statements();

}  // namespace kidoban::audit
