#pragma once
// The rows of approvals. Sealed values are opaque here.

#include "approvals/approvals.h"
#include "store/system.h"

namespace kidoban::approvals {

struct Row {
  Id id;
  std::string act;
  State state = State::pending;
  audit::Actor asker;
  Time asked_at, expires_at;
  std::string request, shown;  // `request` is "" once decided
  std::optional<Id> decider;
  std::optional<Time> ended_at;
  std::string note;            // "" for none
  bool has_answer = false;
};

Status insert_row(store::Transaction& tx, const Row& row);
Result<std::optional<Row>> select_row(store::Transaction& tx, const Id& id);
// Without their requests.
Result<std::vector<Row>> select_rows(store::Transaction& tx, const Approvals::Filter& filter, const Id& before, std::size_t limit);

struct Load {
  std::int64_t open = 0, open_of_asker = 0, of_asker = 0;  // the last since `since`
};
Result<Load> count_rows(store::Transaction& tx, const Id& asker, Time since);

// From pending to another state, and the request is gone. True for the one who did it.
Result<bool> end_row(store::Transaction& tx, const Id& id, State state, std::optional<Id> decider, Time now, std::string_view note);
Status put_answer(store::Transaction& tx, const Id& id, std::string_view answer);
Result<std::optional<std::string>> take_answer_of(store::Transaction& tx, const Id& id);
Status delete_rows_of(store::Transaction& tx, const Id& asker);

struct RowOfTenant {
  TenantId tenant;
  Id id;
};
Result<std::vector<RowOfTenant>> select_expired(store::SystemTransaction& tx, Time now, std::size_t limit);
// How many went, at most `limit`.
Result<std::int64_t> delete_ended(store::SystemTransaction& tx, Time before, std::size_t limit);
Result<std::int64_t> drop_answers(store::SystemTransaction& tx, Time before, std::size_t limit);

}  // namespace kidoban::approvals
