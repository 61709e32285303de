#pragma once
// Jobs: work that takes longer than a request, with who asked for it, how far it is, and how it ended. What is done stands
// in the store beside how far it is, in one transaction: a node may die at any moment, and another goes on behind the
// last step that was committed. Nothing is done twice. Any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/audit.h"
#include "base/resource.h"
#include "store/store.h"

namespace kidoban::jobs {

Resources resources();

// `waiting` and `running` are open, the others have ended.
enum class State : std::uint8_t { waiting, running, done, failed, cancelled };
std::string_view word_of(State state);

struct Job {
  Id id;
  std::string kind;           // "people_import": who does it (Work::kind)
  State state = State::waiting;
  Id subject;                 // what it is about, in the tables of its kind
  audit::Actor actor;         // who asked
  std::string cursor;         // where to go on: the kind's own words
  std::int64_t done = 0, total = 0;  // in the kind's own unit (rows); total 0: not known yet
  std::string counts;         // a JSON object of numbers: {"created":3,"failed":1}
  bool cancel_asked = false;
  std::string reason;         // why it failed: an error's slug
  Time created_at;
  std::optional<Time> started_at, ended_at;
};

struct Wanted {
  std::string_view kind;
  Id subject;
  audit::Actor actor;
  std::int64_t total = 0;
};

class Jobs {
 public:
  Jobs(audit::Audit& audit, const Clock& clock, Random& random) : audit_(audit), clock_(clock), random_(random) {}

  // rate_limited/"jobs_too_many" where the tenant has most_open already. Audited as "job.created".
  Result<Job> create(store::Transaction& tx, const Wanted& wanted, const audit::Event& by);
  Result<Job> get(store::Transaction& tx, const Id& id);  // not_found/"job_unknown"
  // Newest first, before `before`, at most `limit`.
  Result<std::vector<Job>> list(store::Transaction& tx, std::optional<Id> before, std::size_t limit);
  // One that waits is over at once, one that runs ends after its step. conflict/"job_ended" for what has ended; who asks again
  // is told the same as before. Audited as "job.cancelled".
  Result<Job> cancel(store::Transaction& tx, const Id& id, const audit::Event& by);

  static constexpr std::int64_t most_open = 20;

 private:
  audit::Audit& audit_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace kidoban::jobs
