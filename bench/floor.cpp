// The floor beneath each flow: the signatures and password hash it can't do without, and its commits through the
// store, with nothing around them. Many threads at once, so that commits are grouped as they are in the server.
//   kidoban_floor (sqlite FILE | postgres CONNINFO) seconds threads flow…    → a JSON line a flow

#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "crypto/jose.h"
#include "crypto/password_hash.h"
#include "store/migrate.h"
#include "store/open.h"

using namespace kidoban;
using store::Sql;
using store::Transaction;

namespace {

// What a flow needs at the least.
struct Need {
  const char* flow;
  int hashes, signatures, verifications, commits, rows, reads;
};
constexpr Need needs[] = {
    // An access token; its audit record.
    {"client_credentials", 0, 1, 0, 1, 1, 0},
    // ID and access token; the code and its record, its redeeming and that record; the session is read.
    {"code", 0, 2, 0, 2, 4, 1},
    // As above, and before: the journey begun, the login noted, the attempt charged, the person passed (session, record).
    {"password", 1, 2, 0, 5, 9, 1},
    // ID and access token; the family moved on, its record.
    {"refresh", 0, 2, 0, 1, 2, 1},
    // The access token's signature; whether its grant stands.
    {"introspection", 0, 0, 1, 0, 0, 1},
    {"userinfo", 0, 0, 1, 0, 0, 2},
};

constexpr Resource files[] = {
    {"migrations/0001_floor.sql",
     "create table floor_rows (tenant BLOB not null, id BLOB not null, body BLOB not null, primary key (tenant, id)) "
     "/*!sqlite without rowid */;"}};
const store::Feature features[] = {{"floor", files}};
constexpr Sql put_row{"floor_put", "insert into floor_rows (tenant, id, body) values ($1, $2, $3)"};
constexpr Sql find_row{"floor_find", "select body from floor_rows where tenant = $1 and id = $2"};

template <class T>
T must(Result<T> result, const char* what) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "kidoban_floor: %s: %s\n", what, result.error().note.c_str());
  std::exit(1);
}

double cpu_s() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return double(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + 1e-6 * double(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

class Floor {
 public:
  explicit Floor(store::Store& opened)
      : store_(opened),
        tenant_{new_id(clock_, random_)},
        row_(new_id(clock_, random_)),
        key_(must(crypto::SigningKey::generate(crypto::Algorithm::es256), "making a key")),
        token_(must(crypto::jws_sign(key_, "at+jwt", payload_), "signing")),
        hash_(must(crypto::hash_password(password_, {}, random_), "hashing")) {
    must(store::migrate(store_, features), "migrating");
    if (!write(row_, 1)) std::exit(1);
  }

  bool once(const Need& need) {
    for (int i = 0; i < need.hashes; ++i) {
      // As many at once as there are cores, as in the server.
      const std::lock_guard lane(lanes_[next_++ % lanes_.size()]);
      if (!crypto::verify_password(password_, hash_, {})) return false;
    }
    for (int i = 0; i < need.signatures; ++i) {
      if (!crypto::jws_sign(key_, "at+jwt", payload_)) return false;
    }
    for (int i = 0; i < need.verifications; ++i) {
      const auto parsed = crypto::jws_parse(token_);
      if (!parsed || !crypto::jws_verify(*parsed, std::span(&key_, 1))) return false;
    }
    for (int i = 0; i < need.reads; ++i) {
      const auto read = store_.read(tenant_, soon(), [&](Transaction& tx) -> Status {
        TRY(tx.query(find_row, row_));
        return {};
      });
      if (!read) return false;
    }
    for (int i = 0; i < need.commits; ++i) {
      if (!write(std::nullopt, need.rows / need.commits + (i < need.rows % need.commits ? 1 : 0))) return false;
    }
    return true;
  }

 private:
  static runtime::Deadline soon() { return runtime::Deadline::after(std::chrono::seconds(15)); }
  bool write(std::optional<Id> id, int rows) {
    return store_.write(tenant_, soon(), [&](Transaction& tx) -> Status {
      for (int i = 0; i < rows; ++i) {
        TRY(tx.execute(put_row, id ? *id : new_id(clock_, random_), store::Value::blob(payload_)));
      }
      return {};
    }).has_value();
  }

  const Clock& clock_ = system_clock();
  Random& random_ = system_random();
  store::Store& store_;
  TenantId tenant_;
  Id row_;
  const std::string payload_ = "{\"iss\":\"https://id.example.com/t/demo\",\"padding\":\"" + std::string(350, 'x') + "\"}";
  const Secret password_ = Secret::of(std::string_view("gate of the lantern street"));
  crypto::SigningKey key_;
  std::string token_, hash_;
  std::vector<std::mutex> lanes_{std::max(1U, std::thread::hardware_concurrency())};
  std::atomic<std::size_t> next_ = 0;
};

void measure(Floor& floor, const Need& need, double seconds, int threads) {
  std::atomic<long> done = 0, failed = 0;
  std::atomic<bool> stop = false;
  const double cpu = cpu_s();
  const auto begun = std::chrono::steady_clock::now();
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t) {
    all.emplace_back([&] {
      while (!stop) ++(floor.once(need) ? done : failed);
    });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  stop = true;
  for (auto& thread : all) thread.join();
  const double lasted = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  const double n = double(std::max(1L, done.load()));
  std::printf("{\"flow\":\"%s\",\"per_second\":%.1f,\"cpu_us\":%.1f,\"failed\":%ld}\n", need.flow, n / lasted, 1e6 * (cpu_s() - cpu) / n, failed.load());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() < 5) {
    std::fputs("usage: kidoban_floor (sqlite FILE | postgres CONNINFO) SECONDS THREADS FLOW…\n", stderr);
    return 2;
  }
  std::unique_ptr<store::Store> opened;
  if (words[0] == "sqlite") {
    store::SqliteOptions options;
    options.file = words[1];
    opened = must(store::open_sqlite(options), "opening");
  } else {
    opened = must(store::open_postgres({words[1], 16}), "opening");
  }
  const double seconds = std::min(60.0, std::atof(words[2].c_str()));
  const int threads = std::min(256, std::atoi(words[3].c_str()));
  Floor floor(*opened);
  for (std::size_t i = 4; i < words.size(); ++i) {
    for (const Need& need : needs) {
      if (words[i] == need.flow) measure(floor, need, seconds, threads);
    }
  }
}
