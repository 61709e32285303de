#pragma once
// Who does the jobs: a few threads on each node, which take what is due, one step after another.
//
// A job is held for `lease`, extended with each step; a node that dies loses what it holds to another when that is over.
// Holding is for thrift alone: that nothing is done twice is seen to by commit(), which writes what a step does and how
// far the job is in one transaction, and only where the job stands where this node believes it to stand.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "jobs/jobs.h"
#include "runtime/deadline.h"

namespace kidoban::jobs {

// How far a job is after a step.
struct Progress {
  std::string cursor;
  std::int64_t done = 0, total = 0;
  std::string counts = "{}";
  bool over = false;       // nothing is left to do
  std::string failed{};    // with `over`: why it didn't do what it should
};

// A job in the hands of this node. Of one thread.
class Running {
 public:
  virtual ~Running() = default;
  virtual TenantId tenant() const = 0;
  virtual const Job& job() const = 0;  // as of the last commit
  // One transaction with what `act` does, and the job where it says. The body may run again. Its Error undoes all of it and comes
  // back. conflict/"job_lost" where the job isn't this node's any more, "job_cancelled" where somebody wants it to end: `act` isn't
  // run then, and the job has ended.
  virtual Status commit(runtime::Deadline deadline, const std::function<Result<Progress>(store::Transaction&)>& act) = 0;
  // For work between two commits that takes longer than a second. conflict/"job_lost", "job_cancelled"; unavailable/"stopping"
  // where this node ends: give up, another goes on.
  virtual Status keep() = 0;
  // Holds it for so long, for one transaction that takes longer than the lease.
  virtual Status hold(std::chrono::seconds length) = 0;
};

// One kind of job. Made once at start; any thread.
class Work {
 public:
  virtual ~Work() = default;
  virtual std::string_view kind() const = 0;
  // Reads what job().cursor says, works, commits once or a few times, returns: a second or two. Errors that are `unavailable`
  // or `rate_limited` are tried again later, from the last commit; every other ends the job as failed.
  virtual Status step(Running& running) = 0;
};

struct EngineOptions {
  std::size_t threads = 2;
  std::int64_t at_once = 1;                 // of one tenant
  std::chrono::seconds lease{10};
  std::chrono::milliseconds look_every{1000};  // for jobs that other nodes were asked for
  std::chrono::seconds turn{2};             // then the next job has its turn
};

class Engine {
 public:
  // Called in the transaction that ends a job, however it ended: for what must be said then (a mail to who asked).
  using Ended = std::function<Status(store::Transaction&, const Job&)>;

  Engine(store::Store& store, audit::Audit& audit, const Clock& clock, Random& random, std::vector<Work*> works, Ended ended = {},
         const EngineOptions& options = {});
  ~Engine();  // stops

  void start();
  void wake();  // there is a job: look at once
  void stop();  // after the steps that run
  // Takes the most urgent job and does one turn of it on this thread; false where there is none. For tests, and for commands.
  Result<bool> run_one();

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

// Deletes jobs that ended more than 90 days ago, in small transactions.
Status purge(store::Store& store, Time now);

}  // namespace kidoban::jobs
