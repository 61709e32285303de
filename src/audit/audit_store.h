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

Status insert_record(store::Transaction& tx, const Row& row);
// Newest first, ids before `before`, at most `limit`.
Result<std::vector<Row>> read_records(store::Transaction& tx, const Audit::Filter& filter, const Id& before,
                                      std::size_t limit);

}  // namespace kidoban::audit
