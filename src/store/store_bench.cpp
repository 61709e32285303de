// What one transaction costs: `ninja store_bench && tests/kit/store_bench [threads…]`. PostgreSQL is the
// test kit's but for fsync, which is on here (KIDOBAN_TEST_POSTGRES_DURABLE).

#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "kit/stores.h"
#include "kit/world.h"
#include "store/migrate.h"
#include "store/open.h"
#include "store/system.h"

using namespace kidoban;
using store::Sql;
using store::Store;
using store::Transaction;

namespace {

constexpr Resource files[] = {
    {"migrations/0001_bench.sql",
     "create table sessions (tenant BLOB not null, id BLOB not null, seen_at BIGINT not null, body BLOB, primary key (tenant, id)) "
     "/*!sqlite without rowid */;"
     "create table codes (tenant BLOB not null, id BLOB not null, session BLOB not null, body BLOB, primary key (tenant, id)) "
     "/*!sqlite without rowid */;"
     "create table records (tenant BLOB not null, id BLOB not null, body BLOB, primary key (tenant, id)) /*!sqlite without rowid */;"}};
const store::Feature features[] = {{"bench", files}};

constexpr Sql put_session{"put_session", "insert into sessions (tenant, id, seen_at, body) values ($1, $2, $3, $4)"};
constexpr Sql find_session{"find_session", "select seen_at, body from sessions where tenant = $1 and id = $2"};
constexpr Sql touch_session{"touch_session", "update sessions set seen_at = $3 where tenant = $1 and id = $2"};
constexpr Sql put_code{"put_code", "insert into codes (tenant, id, session, body) values ($1, $2, $3, $4)"};
constexpr Sql put_record{"put_record", "insert into records (tenant, id, body) values ($1, $2, $3)"};

const std::string body(300, 'x');
std::atomic<long> runs = 0;

double cpu_s() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return double(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + 1e-6 * double(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

runtime::Deadline soon() { return runtime::Deadline::after(std::chrono::seconds(15)); }

template <class F>
void measure(const char* what, const Store& s, int threads, F&& one) {
  std::atomic<bool> stop = false;
  std::atomic<long> done = 0, refused = 0;
  runs = 0;
  const double cpu = cpu_s();
  const auto begun = std::chrono::steady_clock::now();
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t) {
    all.emplace_back([&, t] {
      while (!stop) ++(one(t) ? done : refused);
    });
  }
  std::this_thread::sleep_for(std::chrono::seconds(2));
  stop = true;
  for (auto& t : all) t.join();
  const double s_taken = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  const double n = double(done.load());
  std::printf("%-10s %-34s %2d threads %9.0f/s %8.1f us each %7.1f us CPU here, %.2f runs each, %ld refused\n",
              std::string(s.engine_name()).c_str(), what, threads, n / s_taken, 1e6 * s_taken * threads / n,
              1e6 * (cpu_s() - cpu) / n, runs > 0 ? double(runs) / n : 1.0, refused.load());
  std::fflush(stdout);
}

void bench(Store& s, const std::vector<int>& counts) {
  if (!store::migrate(s, features)) std::abort();
  kit::SeededRandom random;
  const Clock& clock = system_clock();
  std::vector<TenantId> tenants;
  std::vector<Id> sessions;
  for (int t = 0; t < 64; ++t) {
    tenants.push_back(TenantId{new_id(clock, random)});
    sessions.push_back(new_id(clock, random));
  }
  const auto make_sessions = [&](TenantId tenant) {
    return s.write(tenant, soon(), [&](Transaction& tx) -> Status {
      for (const Id& id : sessions) TRY(tx.execute(put_session, id, 0, store::Value::blob(body)));
      return {};
    });
  };
  // What a sign-in to a second application writes: look at the session, touch it, a code, a record.
  const auto sign_in = [&](TenantId tenant, int t) {
    return s.write(tenant, soon(), [&](Transaction& tx) -> Status {
      ++runs;
      TRY(tx.query(find_session, sessions[std::size_t(t)]));
      TRY(tx.execute(touch_session, sessions[std::size_t(t)], clock.now()));
      TRY(tx.execute(put_code, new_id(clock, random), sessions[std::size_t(t)], store::Value::blob(body)));
      TRY(tx.execute(put_record, new_id(clock, random), store::Value::blob(body)));
      return {};
    });
  };
  // Small tables whose size the planner knows are where serializable transactions meet without need.
  if (!make_sessions(tenants[0])) std::abort();
  constexpr static Sql analyze{"analyze", "analyze"};
  if (!s.system_write(soon(), [](store::SystemTransaction& tx) -> Status { TRY(tx.execute(analyze)); return {}; })) std::abort();
  measure("sign-in, one tenant, small tables", s, counts.back(), [&](int t) { return sign_in(tenants[0], t).has_value(); });
  for (std::size_t t = 1; t < tenants.size(); ++t) {
    if (!make_sessions(tenants[t])) std::abort();
  }
  for (int threads : counts) {
    measure("point read", s, threads, [&](int t) {
      return s.read(tenants[std::size_t(t)], soon(), [&](Transaction& tx) -> Status {
        TRY(tx.query(find_session, sessions[std::size_t(t)]));
        return {};
      }).has_value();
    });
    measure("one insert", s, threads, [&](int t) {
      return s.write(tenants[std::size_t(t)], soon(), [&](Transaction& tx) -> Status {
        ++runs;
        TRY(tx.execute(put_record, new_id(clock, random), store::Value::blob(body)));
        return {};
      }).has_value();
    });
    measure("sign-in, a tenant each", s, threads, [&](int t) { return sign_in(tenants[std::size_t(t)], t).has_value(); });
    measure("sign-in, one tenant, a session each", s, threads, [&](int t) { return sign_in(tenants[0], t).has_value(); });
  }
  std::printf("%s connections: %zu\n", std::string(s.engine_name()).c_str(), s.load().busy + s.load().idle);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<int> counts;
  for (int i = 1; i < argc; ++i) counts.push_back(std::atoi(argv[i]));
  if (counts.empty()) counts = {1, 32};
  ::setenv("KIDOBAN_TEST_POSTGRES_DURABLE", "1", 1);
  {
    kit::TemporaryFolder folder;
    store::SqliteOptions options;
    options.file = folder.path() / "bench.db";
    auto s = store::open_sqlite(options);
    if (!s) return 1;
    bench(**s, counts);
  }
  kit::PostgresDatabase database;
  auto s = store::open_postgres({database.conninfo(), 32});
  if (!s) return 1;
  bench(**s, counts);
}
