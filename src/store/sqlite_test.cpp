// What the embedded store promises of its file: its mode, whose it is, what survives a kill, a full
// disk, a read-only folder; backup and restore.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <random>
#include <set>
#include <thread>

#include "kit/stores.h"
#include "kit/world.h"
#include "store/open.h"
#include "store/system.h"

using namespace kidoban;
using store::Sql;
using store::Store;
using store::Transaction;

namespace {

constexpr Resource files[] = {
    {"migrations/0001_notes.sql",
     "create table notes (tenant BLOB not null, number BIGINT not null, body BLOB, primary key (tenant, number)) "
     "/*!sqlite without rowid */;"}};
const store::Feature features[] = {{"notes", files}};

constexpr Sql put{"put_note", "insert into notes (tenant, number, body) values ($1, $2, $3)"};
constexpr Sql count_notes{"count_notes", "select count(*) from notes where tenant = $1"};
constexpr Sql has_note{"has_note", "select 1 from notes where tenant = $1 and number = $2"};

const TenantId tenant{{{1, 2, 3}}};

runtime::Deadline soon() { return runtime::Deadline::after(std::chrono::seconds(20)); }

Result<std::unique_ptr<Store>> open(const std::filesystem::path& file) {
  store::SqliteOptions options;
  options.file = file;
  return store::open_sqlite(options);
}

std::unique_ptr<Store> make(const std::filesystem::path& file) {
  auto opened = open(file);
  REQUIRE_MESSAGE(opened.has_value(), opened.error().note);
  auto migrated = store::migrate(**opened, features);
  REQUIRE_MESSAGE(migrated.has_value(), migrated.error().note);
  return std::move(*opened);
}

Status put_note(Store& s, std::int64_t number, std::string_view body = "note") {
  return s.write(tenant, soon(), [&](Transaction& tx) -> Status {
    TRY(tx.execute(put, number, store::Value::blob(body)));
    return {};
  });
}

std::int64_t notes_in(Store& s) {
  auto counted = s.read(tenant, soon(), [](Transaction& tx) -> Result<std::int64_t> {
    return TRY(tx.query(count_notes)).front().integer(0);
  });
  REQUIRE(counted.has_value());
  return *counted;
}

bool has(Store& s, std::int64_t number) {
  auto found = s.read(tenant, soon(), [&](Transaction& tx) -> Result<bool> { return !TRY(tx.query(has_note, number)).empty(); });
  REQUIRE(found.has_value());
  return *found;
}

bool whole(const std::filesystem::path& file) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &db) == SQLITE_OK);
  bool ok = false;
  sqlite3_exec(db, "pragma integrity_check",
               [](void* out, int, char** value, char**) { *static_cast<bool*>(out) = std::string_view(value[0]) == "ok"; return 0; },
               &ok, nullptr);
  sqlite3_close(db);
  return ok;
}

}  // namespace

TEST_CASE("the file and its log are readable by their owner alone") {
  kit::TemporaryFolder folder;
  const auto file = folder.path() / "kidoban.db";
  const auto before = ::umask(0);
  auto s = make(file);
  REQUIRE(put_note(*s, 1));
  ::umask(before);
  for (const char* ending : {"", "-wal", "-shm"}) {
    struct stat found {};
    REQUIRE(::stat((file.string() + ending).c_str(), &found) == 0);
    CHECK_MESSAGE((found.st_mode & 0777) == 0600, ending);
  }
}

TEST_CASE("another program's file is refused and left as it was") {
  kit::TemporaryFolder folder;
  const auto text = folder.path() / "letter.txt";
  std::ofstream(text) << std::string(5000, 'x');
  auto refused = open(text);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == Kind::malformed);
  CHECK(refused.error().reason == "store_not_ours");
  CHECK(refused.error().note.find(text.string()) != std::string::npos);
  CHECK(std::filesystem::file_size(text) == 5000);

  const auto other = folder.path() / "other.db";
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(other.c_str(), &db) == SQLITE_OK);
  REQUIRE(sqlite3_exec(db, "create table theirs (x)", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
  refused = open(other);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason == "store_not_ours");
}

TEST_CASE("a missing folder is said by name") {
  auto refused = open("/nonexistent/kidoban.db");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == Kind::unavailable);
  CHECK(refused.error().note.find("/nonexistent") != std::string::npos);
}

TEST_CASE("a read-only folder is said so at the start, and nothing is damaged") {
  kit::TemporaryFolder folder;
  const auto file = folder.path() / "kidoban.db";
  { REQUIRE(put_note(*make(file), 1)); }
  ::chmod(file.c_str(), 0444);
  ::chmod(folder.path().c_str(), 0555);
  // Root may write everywhere: somebody who may not has to try.
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(9);
    auto existing = open(file);
    if (existing) ::_exit(1);
    if (existing.error().reason != "store_read_only") ::_exit(2);
    auto fresh = open(folder.path() / "new.db");
    if (fresh) ::_exit(3);
    if (fresh.error().reason != "store_read_only") ::_exit(4);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ::chmod(folder.path().c_str(), 0755);
  ::chmod(file.c_str(), 0600);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  auto again = make(file);
  CHECK(notes_in(*again) == 1);
}

TEST_CASE("nothing acknowledged is lost to kill -9, and the store opens without repair") {
  kit::TemporaryFolder folder;
  const auto file = folder.path() / "kidoban.db";
  make(file).reset();
  std::set<std::int64_t> acknowledged;
  std::mt19937 random(std::random_device{}());
  for (int round = 0; round < 12; ++round) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(ends[0]);
      auto s = open(file);
      if (!s) ::_exit(1);
      std::atomic<std::int64_t> next = round * 1'000'000;
      std::vector<std::thread> writers;
      for (int t = 0; t < 8; ++t) {
        writers.emplace_back([&] {
          for (;;) {
            const std::int64_t number = next++;
            if (!put_note(**s, number, std::string(200, 'x'))) ::_exit(2);
            if (::write(ends[1], &number, sizeof number) != sizeof number) ::_exit(3);
          }
        });
      }
      for (auto& w : writers) w.join();
    }
    ::close(ends[1]);
    std::this_thread::sleep_for(std::chrono::milliseconds(40 + random() % 200));
    ::kill(child, SIGKILL);
    std::int64_t number;
    while (::read(ends[0], &number, sizeof number) == sizeof number) acknowledged.insert(number);
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status));
    auto s = open(file);
    REQUIRE_MESSAGE(s.has_value(), s.error().note);
    int lost = 0;
    for (std::int64_t one : acknowledged) lost += has(**s, one) ? 0 : 1;
    CHECK(lost == 0);
  }
  CHECK(acknowledged.size() > 50);
  CHECK(whole(file));
}

TEST_CASE("a full disk refuses what doesn't fit, keeps what was acknowledged, and goes on when there is room") {
  kit::TemporaryFolder folder;
  const auto file = folder.path() / "kidoban.db";
  make(file).reset();
  const pid_t child = ::fork();
  if (child == 0) {
    auto s = open(file);
    if (!s) ::_exit(1);
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    const rlimit small{2'000'000, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    std::atomic<int> kept = 0, refused = 0, otherwise = 0;
    std::vector<std::thread> writers;
    for (int t = 0; t < 8; ++t) {
      writers.emplace_back([&, t] {
        for (int i = 0; i < 20; ++i) {
          Status put_in = put_note(**s, t * 1000 + i, std::string(40'000, 'x'));
          if (put_in) ++kept;
          else if (put_in.error().reason == "store_full") ++refused;
          else ++otherwise;
        }
      });
    }
    for (auto& w : writers) w.join();
    if (kept == 0 || refused == 0) ::_exit(2);
    if (otherwise != 0) ::_exit(3);
    if (notes_in(**s) != kept) ::_exit(4);
    ::setrlimit(RLIMIT_FSIZE, &before);
    if (!put_note(**s, 999'999)) ::_exit(5);
    if (notes_in(**s) != kept + 1) ::_exit(6);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(whole(file));
  CHECK(has(*make(file), 999'999));
}

TEST_CASE("the log stays short under a writer who doesn't pause, and its end is in the file soon after") {
  kit::TemporaryFolder folder;
  const auto file = folder.path() / "kidoban.db";
  auto s = make(file);
  const std::string body(1024 * 1024, 'x');
  std::uintmax_t longest = 0;
  for (int i = 0; i < 150; ++i) {
    REQUIRE(put_note(*s, i, body));
    longest = std::max(longest, std::filesystem::file_size(file.string() + "-wal"));
  }
  CHECK(longest > 16U * 1024 * 1024);   // not moved by each commit
  CHECK(longest < 90U * 1024 * 1024);   // and not all of it kept
  // Nobody writes any more: what was asked for last is done beside.
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::filesystem::file_size(file) < 100U * 1024 * 1024 && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(std::filesystem::file_size(file) >= 100U * 1024 * 1024);
  CHECK(notes_in(*s) == 150);
}

TEST_CASE("two programs write to one store") {
  kit::TemporaryFolder folder;
  const auto file = folder.path() / "kidoban.db";
  auto mine = make(file);
  const pid_t child = ::fork();
  if (child == 0) {
    // A store doesn't survive fork: the other program opens its own.
    auto theirs = open(file);
    if (!theirs) ::_exit(1);
    for (int i = 0; i < 100; ++i) {
      if (!put_note(**theirs, 1000 + i)) ::_exit(2);
    }
    ::_exit(0);
  }
  for (int i = 0; i < 100; ++i) CHECK(put_note(*mine, i));
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(notes_in(*mine) == 200);
}

TEST_CASE("a waiting writer gives up at its deadline and its body never runs") {
  kit::TemporaryFolder folder;
  auto s = make(folder.path() / "kidoban.db");
  std::atomic<bool> inside = false, go_on = false, ran = false;
  std::thread slow([&] {
    (void)s->write(tenant, soon(), [&](Transaction&) -> Status {
      inside = true;
      while (!go_on) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return {};
    });
  });
  while (!inside) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  auto late = s->write(tenant, runtime::Deadline::after(std::chrono::milliseconds(50)), [&](Transaction&) -> Status {
    ran = true;
    return {};
  });
  REQUIRE_FALSE(late.has_value());
  CHECK(late.error().reason == "deadline_passed");
  go_on = true;
  slow.join();
  CHECK_FALSE(ran);
  CHECK(put_note(*s, 1));
}

TEST_CASE("a quoted name is never taken for a text") {
  kit::TemporaryFolder folder;
  auto s = make(folder.path() / "kidoban.db");
  auto refused = s->read(tenant, soon(), [](Transaction& tx) -> Status {
    constexpr static Sql typo{"typo", "select 1 from notes where tenant = $1 and \"nubmer\" = 'x'"};
    TRY(tx.query(typo));
    return {};
  });
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason == "store_failed");
}

TEST_CASE("a backup of a store that is written to is whole, and restores to that moment") {
  kit::TemporaryFolder folder;
  const auto file = folder.path() / "kidoban.db", copy = folder.path() / "backup.db";
  std::int64_t at_backup = 0;
  {
    auto s = make(file);
    for (int i = 0; i < 300; ++i) REQUIRE(put_note(*s, i, std::string(3000, 'x')));
    std::atomic<bool> stop = false;
    std::thread writing([&] {
      for (int i = 1000; !stop; ++i) (void)put_note(*s, i);
    });
    Status made = store::backup_sqlite(file, copy);
    stop = true;
    writing.join();
    REQUIRE_MESSAGE(made.has_value(), made.error().note);
    CHECK(whole(copy));
    struct stat found {};
    REQUIRE(::stat(copy.c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0600);
    CHECK_FALSE(std::filesystem::exists(copy.string() + "-wal"));
    CHECK(store::backup_sqlite(file, copy).error().reason == "store_exists");
    Status in_use = store::restore_sqlite(copy, file);
    REQUIRE_FALSE(in_use.has_value());
    CHECK(in_use.error().reason == "store_locked");
  }
  {
    // Read through a copy of the copy, which opening may change.
    std::filesystem::copy_file(copy, folder.path() / "look.db");
    at_backup = notes_in(*make(folder.path() / "look.db"));
    CHECK(at_backup >= 300);
    auto s = make(file);
    REQUIRE(put_note(*s, 777'777));
  }
  Status restored = store::restore_sqlite(copy, file);
  REQUIRE_MESSAGE(restored.has_value(), restored.error().note);
  auto s = make(file);
  CHECK(notes_in(*s) == at_backup);
  CHECK_FALSE(has(*s, 777'777));
  CHECK(has(*make(file.string() + ".before-restore"), 777'777));
  CHECK_FALSE(std::filesystem::exists(file.string() + ".restoring"));
}

TEST_CASE("a damaged or foreign backup is refused and the store stays") {
  kit::TemporaryFolder folder;
  const auto file = folder.path() / "kidoban.db", copy = folder.path() / "backup.db";
  {
    auto s = make(file);
    for (int i = 0; i < 100; ++i) REQUIRE(put_note(*s, i, std::string(3000, 'x')));
  }
  REQUIRE(store::backup_sqlite(file, copy));
  {
    std::fstream damage(copy, std::ios::in | std::ios::out | std::ios::binary);
    damage.seekp(4096 * 5);
    damage << std::string(4096 * 20, '\x7f');
  }
  std::ofstream(folder.path() / "letter.txt") << std::string(5000, 'x');
  for (const auto& bad : {copy, folder.path() / "letter.txt", folder.path() / "missing.db"}) {
    Status refused = store::restore_sqlite(bad, file);
    CHECK_FALSE(refused.has_value());
    CHECK(notes_in(*make(file)) == 100);
  }
}
