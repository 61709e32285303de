#include "store/postgres/store.h"

#include <algorithm>
#include <thread>

#include "base/random.h"
#include "base/text.h"
#include "store/open.h"
#include "store/running.h"

namespace kidoban::store {

namespace postgres {

namespace {

// A body that lost its connection before the commit may run again on another; a server that is gone is
// not worth more tries.
constexpr int most_reconnects = 2;
// For callers without a deadline.
constexpr int most_runs = 200;
// Undone so often by others, a transaction asks for a turn of its own.
constexpr int runs_together = 2;

// 1, 2, 4 … 64 ms, each somewhere between half and one and a half: those who met don't meet again.
void back_off(int run, runtime::Deadline deadline) {
  const auto base = std::chrono::microseconds(1000 << std::min(run, 6));
  const auto pause = base / 2 + base * system_random().bytes<1>()[0] / 256;
  std::this_thread::sleep_for(std::min<runtime::Deadline::Steady::duration>(pause, deadline.left()));
}

}  // namespace

Status PostgresStore::ping(runtime::Deadline deadline) {
  return run(Mode::read, nullptr, deadline, [](Engine& engine) -> Status {
    constexpr static Sql ping{"ping", "select 1"};
    TRY(engine.query(ping, {}));
    return {};
  });
}

Status PostgresStore::check(runtime::Deadline deadline) {
  auto connection = TRY(pool_.take(deadline));
  const bool above = connection->above_row_security();
  pool_.give_back(std::move(connection));
  if (!above) return {};
  return fail(Kind::forbidden, "store_role_unbound",
              "PostgreSQL's row-level security doesn't bind this role (a superuser, or BYPASSRLS): give Kidoban a role of its own, "
              "create role kidoban login; create database kidoban owner kidoban");
}

Status PostgresStore::run(Mode mode, const TenantId* tenant, runtime::Deadline deadline, const EngineBody& body) {
  TRY(Running::none());
  const std::string setting = tenant == nullptr ? "*" : hex(tenant->id.span());
  int reconnects = 0;
  const bool writes = mode != Mode::read && tenant != nullptr;
  for (int run = 0;; ++run) {
    // Before a connection is taken: who waits for a turn holds none.
    std::optional<Turns::Turn> turn;
    if (writes && run < runs_together) turn.emplace(turns_.together(*tenant, deadline));
    else if (writes) turn.emplace(turns_.alone(*tenant, deadline));
    auto connection = TRY(pool_.take(deadline));
    Outcome outcome;
    {
      struct Return {
        Pool& pool;
        std::unique_ptr<Connection>& connection;
        ~Return() { pool.give_back(std::move(connection)); }
      } give_back{pool_, connection};
      const Begin begin = mode == Mode::read ? Begin::read : mode == Mode::write ? Begin::write : Begin::write_snapshot;
      outcome = connection->run(begin, setting, deadline, body);
    }
    const bool again = !outcome.answer && !deadline.passed() &&
                       ((outcome.after == After::run_again && run < most_runs) ||
                        (outcome.after == After::reconnect && ++reconnects <= most_reconnects));
    if (!again) return std::move(outcome.answer);
    turn.reset();
    if (outcome.after == After::run_again) back_off(run, deadline);
  }
}

}  // namespace postgres

Result<std::unique_ptr<Store>> open_postgres(const PostgresOptions& options) {
  auto store = std::make_unique<postgres::PostgresStore>(options.conninfo, options.connections);
  TRY(store->check(runtime::Deadline::after(std::chrono::seconds(10))));
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace kidoban::store
