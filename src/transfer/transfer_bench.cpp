// What importing somebody costs, without the API around it: `ninja transfer_bench && tests/kit/transfer_bench [people [sqlite]]`. A file of
// people is looked at and done by the jobs' engine; CPU is this process's, user and system, and what of it the thread that writes has, which
// bounds what any number of cores could do. PostgreSQL is the test
// kit's with fsync on; its own CPU isn't in the figures. Its floor: bench/directory_floor.cpp.

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "jobs/engine.h"
#include "kit/stores.h"
#include "kit/two_tenants.h"
#include "login/login.h"
#include "store/migrate.h"
#include "store/open.h"
#include "tenant/tenant.h"
#include "transfer/imports.h"

using namespace kidoban;

namespace {

const std::vector<store::Feature> features{{"tenant", tenant::resources()}, {"seal", seal::resources()},   {"audit", audit::resources()},
                                           {"directory", directory::resources()}, {"login", login::resources()}, {"jobs", jobs::resources()},
                                           {"transfer", transfer::resources()}};

struct NoPasswords final : transfer::Passwords {
  Status check(std::string_view) override { return {}; }
  Result<Set> prepare(TenantId, const Secret&, runtime::Deadline) override { return fail(Kind::malformed, "password_malformed"); }
  Result<Set> prepare_hash(std::string_view) override { return fail(Kind::malformed, "hash_unsupported"); }
};

double cpu_s() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return double(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + 1e-6 * double(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

double thread_s() {
  timespec at{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return double(at.tv_sec) + 1e-9 * double(at.tv_nsec);
}

template <class Act>
void measure(std::string_view engine, const char* what, int people, const Act& act) {
  const double cpu = cpu_s(), thread = thread_s();
  const auto begun = std::chrono::steady_clock::now();
  act();
  const double lasted = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  std::printf("%s %s: %d people, %.2f s wall, %.0f a second, %.1f us CPU each, %.1f of it on the thread that writes\n", std::string(engine).c_str(), what, people,
              lasted, people / lasted, 1e6 * (cpu_s() - cpu) / people, 1e6 * (thread_s() - thread) / people);
  std::fflush(stdout);
}

void bench(store::Store& store, int people) {
  if (!store::migrate(store, features)) std::abort();
  kit::TwoTenants w(store);
  audit::Audit audit{w.keys, system_clock(), system_random()};
  tenant::Settings settings{w.keys, audit, system_clock()};
  directory::Directory directory{w.keys, audit, system_clock(), system_random()};
  login::Sessions sessions{w.keys, audit, system_clock(), system_random(), {}};
  jobs::Jobs jobs{audit, system_clock(), system_random()};
  NoPasswords passwords;
  transfer::Imports imports{store, w.keys, directory, sessions, settings, jobs, audit, passwords, system_clock(), system_random()};
  jobs::Engine engine{store, audit, system_clock(), system_random(), imports.works()};
  const audit::Event by{.name = "bench.acted", .actor = {audit::ActorKind::operator_, std::nullopt}};
  const auto work = [&] {
    while (engine.run_one() == true) {}
  };
  std::string csv = "login,family_name,given_name,department,title,employee_number\n";
  for (int i = 0; i < people; ++i) {
    const std::string n = std::to_string(i);
    csv += "person" + n + "@demo.example,山田" + std::to_string(i % 997) + ",花子,Sales " + std::to_string(i % 40) + ",Engineer,E" + n + "\n";
  }
  std::optional<transfer::Import> made;
  measure(store.engine_name(), "upload and preview", people, [&] {
    const auto file = transfer::read_file(transfer::FileKind::people, csv, {}, {});
    if (!file) std::abort();
    const auto kept = w.write(w.a, [&](store::Transaction& tx) { return imports.make(tx, **file, transfer::Mode::each, by); });
    if (!kept) std::abort();
    made = *kept;
    work();
  });
  measure(store.engine_name(), "import", people, [&] {
    if (!w.write(w.a, [&](store::Transaction& tx) { return imports.run(tx, made->id, {}, by); })) std::abort();
    work();
  });
  const auto usage = w.read(w.a, [&](store::Transaction& tx) { return directory.usage(tx); });
  if (!usage || usage->people != people) std::abort();  // a figure for work that wasn't done is none
}

}  // namespace

int main(int argc, char** argv) {
  const int people = std::clamp(argc > 1 ? std::atoi(argv[1]) : 100'000, 1000, 1'000'000);
  ::setenv("KIDOBAN_TEST_POSTGRES_DURABLE", "1", 1);
  {
    kit::TemporaryFolder folder;
    store::SqliteOptions options;
    options.file = folder.path() / "bench.db";
    auto s = store::open_sqlite(options);
    if (!s) return 1;
    bench(**s, people);
  }
  if (argc > 2) return 0;
  kit::PostgresDatabase database;
  auto s = store::open_postgres({database.conninfo(), 8});
  if (!s) return 1;
  bench(**s, people);
}
