// The floor of the directory's bench: what keeping people can't do without, and nothing around it. A sealed row found by a
// blind index, its sealed and marked audit record, and the same indexes on both; written through the store in batches of
// five hundred a commit, read back and opened by key.
//   kidoban_directory_floor (sqlite FILE | postgres CONNINFO) PEOPLE    → a JSON line an operation

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "seal/seal.h"
#include "store/migrate.h"
#include "store/open.h"

using namespace kidoban;
using store::Sql;
using store::Transaction;
using store::Value;

namespace {

constexpr std::size_t at_once = 500, page = 100;

// The columns that hold most bytes, and every index that people and audit_records have.
constexpr Resource files[] = {
    {"migrations/0001_floor.sql",
     "create table floor_people (tenant BLOB not null, id BLOB not null, login_index BLOB not null, login_domain BLOB not null, profile BLOB not null, "
     "created_at BIGINT not null, primary key (tenant, id)) /*!sqlite without rowid */;"
     "create unique index floor_people_by_login on floor_people (tenant, login_index);"
     "create index floor_people_by_domain on floor_people (tenant, login_domain);"
     "create table floor_records (tenant BLOB not null, id BLOB not null, at BIGINT not null, actor BLOB not null, target BLOB not null, "
     "detail BLOB not null, mark BLOB not null, position BIGINT, primary key (tenant, id)) /*!sqlite without rowid */;"
     "create index floor_records_by_actor on floor_records (tenant, actor, id);"
     "create index floor_records_by_target on floor_records (tenant, target, id);"
     "create index floor_records_unsealed on floor_records (tenant, id) where position is null;"}};
const store::Feature features[] = {{"floor", files}};
constexpr Sql put_person{"floor_put_person",
                         "insert into floor_people (tenant, id, login_index, login_domain, profile, created_at) values ($1, $2, $3, $4, $5, $6)"};
constexpr Sql put_record{"floor_put_record",
                         "insert into floor_records (tenant, id, at, actor, target, detail, mark) values ($1, $2, $3, $4, $5, $6, $7)"};
constexpr Sql get_person{"floor_get_person", "select profile from floor_people where tenant = $1 and id = $2"};
constexpr Sql get_page{"floor_get_page", "select id, profile from floor_people where tenant = $1 and id > $2 order by id limit $3"};
constexpr Sql change_person{"floor_change_person", "update floor_people set profile = $3 where tenant = $1 and id = $2"};

template <class T>
T must(Result<T> result, const char* what) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "kidoban_directory_floor: %s: %s\n", what, result.error().note.c_str());
  std::exit(1);
}
void must(Status status, const char* what) {
  if (status) return;
  std::fprintf(stderr, "kidoban_directory_floor: %s: %s\n", what, status.error().note.c_str());
  std::exit(1);
}

double cpu_s() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return double(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + 1e-6 * double(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

runtime::Deadline soon() { return runtime::Deadline::after(std::chrono::seconds(60)); }

class Floor {
 public:
  explicit Floor(store::Store& opened) : store_(opened), tenant_{new_id(clock_, random_)}, key_(tenant_, Secret::of(random_.bytes<32>()), random_) {
    must(store::migrate(store_, features), "migrating");
  }

  void import(std::size_t people) {
    for (std::size_t i = 0; i < people; i += at_once) {
      must(store_.write(tenant_, soon(), [&](Transaction& tx) { return put(tx, i, std::min(people, i + at_once)); }), "importing");
    }
  }
  void get() {
    const Id& id = ids_[pick()];
    must(store_.read(tenant_, soon(), [&](Transaction& tx) -> Status {
      const auto rows = TRY(tx.query(get_person, id));
      TRY(key_.open_text(profile_of(id), rows.front().blob_text(0)));
      return {};
    }), "reading");
  }
  void list(bool deep) {
    const Id after = deep ? ids_[pick()] : Id{};
    must(store_.read(tenant_, soon(), [&](Transaction& tx) -> Status {
      const auto rows = TRY(tx.query(get_page, after, page));
      for (std::size_t i = 0; i < rows.size(); ++i) TRY(key_.open_text(profile_of(rows[i].id(0)), rows[i].blob_text(1)));
      return {};
    }), "listing");
  }
  void change() {
    const Id& id = ids_[pick()];
    must(store_.write(tenant_, soon(), [&](Transaction& tx) -> Status {
      const auto rows = TRY(tx.query(get_person, id));
      TRY(key_.open_text(profile_of(id), rows.front().blob_text(0)));
      const auto sealed = key_.seal(profile_of(id), profile(1));
      TRY(tx.execute(change_person, id, Value::blob(sealed)));
      return record(tx, std::span(&id, 1));
    }), "changing");
  }

 private:
  static seal::Place profile_of(const Id& id) { return {"floor_people", "profile", id.span()}; }
  static std::string profile(std::size_t i) {
    return "{\"login\":\"person" + std::to_string(i) + "@demo.example\",\"display_name\":\"Yamada Hanako\",\"family_name\":\"Yamada\",\"given_name\":\"Hanako\","
           "\"email\":\"person" + std::to_string(i) + "@demo.example\",\"department\":\"Sales 17\",\"title\":\"Engineer\",\"employee_number\":\"" + std::to_string(i) + "\",\"locale\":\"ja\"}";
  }
  std::size_t pick() { return next_ = (next_ + 7919) % ids_.size(); }

  Status put(Transaction& tx, std::size_t from, std::size_t until) {
    store::Batch batch;
    std::vector<Id> ids;
    std::vector<std::string> sealed;
    std::vector<crypto::Digest> logins;
    ids.reserve(at_once), sealed.reserve(at_once), logins.reserve(at_once);
    const auto domain = key_.blind_index("floor.domain", "demo.example");
    for (std::size_t i = from; i < until; ++i) {
      const Id& id = ids.emplace_back(new_id(clock_, random_));
      batch.add(id, logins.emplace_back(key_.blind_index("floor.login", "person" + std::to_string(i) + "@demo.example")), domain,
                Value::blob(sealed.emplace_back(key_.seal(profile_of(id), profile(i)))), clock_.now());
    }
    TRY(tx.execute_each(put_person, batch));
    ids_.insert(ids_.end(), ids.begin(), ids.end());
    return record(tx, ids);
  }
  Status record(Transaction& tx, std::span<const Id> people) {
    store::Batch batch;
    std::vector<Id> ids;
    std::vector<std::string> details;
    std::vector<crypto::Digest> marks;
    ids.reserve(people.size()), details.reserve(people.size()), marks.reserve(people.size());
    for (const Id& person : people) {
      const Id& id = ids.emplace_back(new_id(clock_, random_));
      const std::string& detail = details.emplace_back(key_.seal({"floor_records", "detail", id.span()}, "{\"login\":\"person12345@demo.example\",\"administrator\":\"false\"}"));
      batch.add(id, clock_.now(), tenant_.id, person, Value::blob(detail), marks.emplace_back(key_.mac("floor", detail)));
    }
    TRY(tx.execute_each(put_record, batch));
    return {};
  }

  const Clock& clock_ = system_clock();
  Random& random_ = system_random();
  store::Store& store_;
  TenantId tenant_;
  seal::TenantKey key_;
  std::vector<Id> ids_;
  std::size_t next_ = 0;
};

template <class Act>
void measure(const char* what, std::size_t times, const Act& act) {
  const double cpu = cpu_s();
  const auto begun = std::chrono::steady_clock::now();
  act();
  const double lasted = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  std::printf("{\"what\":\"%s\",\"times\":%zu,\"wall_s\":%.3f,\"cpu_us\":%.2f}\n", what, times, lasted, 1e6 * (cpu_s() - cpu) / double(times));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() != 3) {
    std::fputs("usage: kidoban_directory_floor (sqlite FILE | postgres CONNINFO) PEOPLE\n", stderr);
    return 2;
  }
  std::unique_ptr<store::Store> opened;
  if (words[0] == "sqlite") {
    store::SqliteOptions options;
    options.file = words[1];
    opened = must(store::open_sqlite(options), "opening");
  } else {
    opened = must(store::open_postgres({words[1], 4}), "opening");
  }
  const auto people = static_cast<std::size_t>(std::clamp(std::atol(words[2].c_str()), 1000L, 2'000'000L));
  Floor floor(*opened);
  measure("import", people, [&] { floor.import(people); });
  const auto many = [&](const char* what, std::size_t times, const auto& once) {
    measure(what, times, [&] { for (std::size_t i = 0; i < times; ++i) once(); });
  };
  many("list", 500, [&] { floor.list(false); });
  many("list_deep", 500, [&] { floor.list(true); });
  many("get", 2000, [&] { floor.get(); });
  many("patch", 500, [&] { floor.change(); });
}
