// What finding people costs (src/search): building a tenant's index, and asking it; each beside its floor.
//   kidoban_search_bench PEOPLE OTHER_TENANTS (sqlite FILE | postgres CONNINFO) [numbered]    → lines of a table
// "numbered": people as scripts/bench directory has them, a thousand family names and as many given ones, so that most names are somebody's alone.
//
// All times are processor time of this process, but those to wait. The floor of a build is reading and opening every sealed row and doing nothing with it; of a search, one memmem over the texts that it is
// about, side by side.

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "audit/audit.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "directory/directory.h"
#include "directory/profile.h"
#include "search/matching.h"
#include "search/search.h"
#include "store/migrate.h"
#include "store/open.h"
#include "tenant/tenant.h"

using namespace kidoban;

// Processor time, since all of it runs on one thread and other work on the machine doesn't count then.
struct Processor {
  using time_point = double;
  static time_point now() {
    timespec at{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return static_cast<double>(at.tv_sec) * 1e3 + static_cast<double>(at.tv_nsec) / 1e6;
  }
};

namespace {

constexpr store::Sql insert{
    "bench_person",
    "insert into people (tenant, id, login_index, state, administrator, profile, created_at, updated_at, version) values ($1, $2, $3, 0, 0, $4, $5, $5, 1)"};
constexpr store::Sql read_sealed{"bench_sealed", "select id, profile from people where tenant = $1 and id > $2 order by id limit 1000"};
constexpr store::Sql change{"bench_change", "update people set version = version + 1 where tenant = $1 and id = $2"};

runtime::Deadline never() { return runtime::Deadline::never(); }

template <class T>
T sure(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s: %s\n", std::string(result.error().reason.text()).c_str(), result.error().note.c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

double ms_since(Processor::time_point from) { return Processor::now() - from; }

// Of so many: the first, which may build what the others then have; the least; and the middle one.
struct Times {
  double first, least, middle;
};
template <class Act>
Times times_of(int times, const Act& act) {
  std::vector<double> all;
  for (int i = 0; i < times; ++i) {
    const auto from = Processor::now();
    act();
    all.push_back(ms_since(from));
  }
  const double first = all.front();
  std::ranges::sort(all);
  return {first, all.front(), all[all.size() / 2]};
}
template <class Act>
double middle_ms(int times, const Act& act) { return times_of(times, act).middle; }

struct Names {
  const char *kanji, *kana, *latin;
};
constexpr Names families[] = {{"佐藤", "サトウ", "sato"}, {"鈴木", "スズキ", "suzuki"}, {"高橋", "タカハシ", "takahashi"}, {"田中", "タナカ", "tanaka"}, {"伊藤", "イトウ", "ito"},
                              {"渡辺", "ワタナベ", "watanabe"}, {"山本", "ヤマモト", "yamamoto"}, {"中村", "ナカムラ", "nakamura"}, {"小林", "コバヤシ", "kobayashi"}, {"山田", "ヤマダ", "yamada"}};
constexpr Names givens[] = {{"太郎", "タロウ", "taro"}, {"花子", "ハナコ", "hanako"}, {"一郎", "イチロウ", "ichiro"}, {"美咲", "ミサキ", "misaki"}, {"健", "ケン", "ken"},
                            {"翔太", "ショウタ", "shota"}, {"さくら", "サクラ", "sakura"}, {"葵", "アオイ", "aoi"}, {"大輔", "ダイスケ", "daisuke"}, {"陽子", "ヨウコ", "yoko"}};
constexpr const char* departments[] = {"第一営業部", "第二営業部", "開発部", "人事部", "総務部", "経理部", "Support", "Research"};
constexpr const char* titles[] = {"", "主任", "係長", "課長", "部長", "Engineer", "Chief Engineer"};

directory::Profile person(std::size_t i) {
  const Names &family = families[i % 10], &given = givens[i / 10 % 10];
  directory::Profile p;
  const std::string number = std::to_string(i);
  p.login = std::string(given.latin) + "." + family.latin + number + "@example.co.jp";
  p.email = p.login;
  p.family_name = family.kanji;
  p.given_name = given.kanji;
  p.display_name = p.family_name + " " + p.given_name;
  p.family_name_kana = family.kana;
  p.given_name_kana = given.kana;
  p.department = departments[i * 7 % 8];
  p.title = titles[i * 3 % 7];
  p.employee_number = "E" + std::string(7 - std::min<std::size_t>(7, number.size()), '0') + number;
  const std::string line = std::to_string(10'000'000 + i);
  p.phones = {{"03-" + line.substr(0, 4) + "-" + line.substr(4), "work", "", true}};
  p.locale = "ja";
  p.zoneinfo = "Asia/Tokyo";
  p.external_id = "hr-" + number;
  return p;
}

directory::Profile numbered_person(std::size_t i) {
  constexpr const char* where[] = {"Sales", "Development", "Support", "Finance", "Legal", "Research"};
  directory::Profile p;
  const std::string number = std::to_string(i);
  p.login = "person" + number + "@demo.example";
  p.email = p.login;
  p.family_name = "山田" + std::to_string(i % 997);
  p.given_name = "花子" + std::to_string(i % 499);
  p.display_name = p.family_name + " " + p.given_name;
  p.department = std::string(where[i % 6]) + " " + std::to_string(i % 40);
  p.title = "Engineer";
  p.employee_number = "E" + number;
  p.locale = "ja";
  p.zoneinfo = "Asia/Tokyo";
  return p;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5 && argc != 6) return 2;
  const auto person_at = argc == 6 ? numbered_person : person;
  const std::size_t count = std::strtoul(argv[1], nullptr, 10), others = std::strtoul(argv[2], nullptr, 10);
  const bool sqlite = std::string_view(argv[3]) == "sqlite";
  store::SqliteOptions options;
  options.file = argv[4];
  auto store = sure(sqlite ? store::open_sqlite(options) : store::open_postgres({argv[4], 4}));
  const std::vector<store::Feature> features{
      {"tenant", tenant::resources()}, {"seal", seal::resources()}, {"audit", audit::resources()}, {"directory", directory::resources()}};
  sure(store::migrate(*store, features));
  const auto root = sure(seal::open_root_key_file(std::string(std::getenv("TMPDIR") != nullptr ? std::getenv("TMPDIR") : "/tmp") + "/kidoban-search-bench.key", seal::Create::if_missing, system_random()));
  seal::Keyring keys(*root, system_clock(), system_random());
  audit::Audit audit(keys, system_clock(), system_random());
  directory::Directory directory(keys, audit, system_clock(), system_random());
  const auto fill = [&](const TenantId& tenant, std::size_t people) {
    auto key = sure(store->write(tenant, never(), [&](store::Transaction& tx) { return keys.create(tx); }));
    for (std::size_t from = 0; from < people; from += 2000) {
      sure(store->write_snapshot(tenant, never(), [&](store::Transaction& tx) -> Status {
        for (std::size_t i = from; i < std::min(from + 2000, people); ++i) {
          const Id id = new_id(system_clock(), system_random());
          const auto sealed = key->seal({"people", "profile", id.span()}, directory::profile_json(person_at(i)));
          TRY(tx.execute(insert, id, key->blind_index("people.login", std::to_string(i)), store::Value::blob(sealed), system_clock().now()));
        }
        return {};
      }));
    }
  };
  const TenantId tenant{new_id(system_clock(), system_random())};
  for (std::size_t i = 0; i < others; ++i) fill(TenantId{new_id(system_clock(), system_random())}, 3);
  const auto filling = Processor::now();
  fill(tenant, count);
  std::printf("| people | others | filled in %.0f s |\n", ms_since(filling) / 1000);

  const double floor = middle_ms(2, [&] {
    Id after{};
    for (std::size_t read = 1000; read == 1000;) {
      sure(store->read(tenant, never(), [&](store::Transaction& tx) -> Status {
        const auto key = TRY(keys.of(tx));
        const auto rows = TRY(tx.query(read_sealed, after));
        for (std::size_t i = 0; i < rows.size(); ++i) {
          after = rows[i].id(0);
          TRY(key->open({"people", "profile", after.span()}, rows[i].blob_text(1)));
        }
        read = rows.size();
        return {};
      }));
    }
  });
  search::Options wide;
  wide.bytes = std::size_t{8} << 30;
  wide.build_time = std::chrono::minutes(10);
  search::Search search(directory, keys, system_clock(), wide);
  const auto building = Processor::now();
  const auto begun = std::chrono::steady_clock::now();
  sure(search.prepare(*store, tenant, never()));
  const double built = ms_since(building);
  const double waited = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count();
  std::printf("| build | %.0f ms, %.0f ms to wait | floor %.0f ms | %.1fx | %.0f bytes a person |\n", built, waited, floor, built / floor, static_cast<double>(search.load().bytes) / static_cast<double>(count));

  const auto names = search::our_names({});
  const auto ask = [&](const search::Query& query) {
    return sure(store->read(tenant, never(), [&](store::Transaction& tx) { return search.ask(tx, query, never()); }));
  };
  const auto told = [&](const char* what, const search::Query& query) {
    std::size_t total = 0;
    const Times times = times_of(25, [&] { total = ask(query).total; });
    std::printf("| %s | %.3f ms, the first %.2f, the least %.3f | %zu found |\n", what, times.middle, times.first, times.least, total);
    std::fflush(stdout);
  };
  const auto filter = [&](const char* text) { return sure(search::filter_of(text, names)); };
  const auto order = [&](const char* by) { return search::Order{names({"", by, ""}, nullptr), false}; };
  const auto from_the_middle = [&](search::Query query) {
    query.offset = ask(query).total / 2;
    query.after = ask(query).page.last;
    query.offset = 0;
    return query;
  };
  const bool numbered = argc == 6;
  // What was asked lately is kept: here each is asked but once.
  const auto told_each = [&](const char* what, const std::vector<search::Query>& queries) {
    std::size_t at = 0, total = 0;
    const Times times = times_of(static_cast<int>(queries.size()), [&] { total += ask(queries[at++]).total; });
    std::printf("| %s, another each time | %.3f ms, the first %.2f, the least %.3f | some %zu found |\n", what, times.middle, times.first, times.least, total / queries.size());
    std::fflush(stdout);
  };
  told("nobody changed, everybody, first page", {});
  told("… a page from the middle", from_the_middle({}));
  told("… without those who are pending deletion", {.pending = false});
  const auto some = filter(numbered ? "department sw \"Sales 3\" and title eq \"engineer\"" : "department sw \"第\" and title eq \"chief engineer\"");
  const search::Query in_order{.filter = &some, .names = names, .order = order("family_name")};
  told("department sw and title eq, by family_name", in_order);
  told("… a page from the middle", from_the_middle(in_order));
  const auto department = filter("department eq \"開発部\""), title = filter("title co \"chief\""), login = filter("login co \"sakura\""), phone = filter("phones[type eq \"work\" and value ew \"7777\"]"),
             other = filter("department ne \"開発部\""), recent = filter("created_at ge \"2020-01-01T00:00:00Z\""), one = filter("login eq \"person4242@demo.example\""), begins = filter("login sw \"person4242\"");
  told("department eq", {.filter = &department, .names = names});
  told("department ne", {.filter = &other, .names = names});
  told("title co", {.filter = &title, .names = names});
  told("login co", {.filter = &login, .names = names});
  told("login eq", {.filter = &one, .names = names});
  told("login sw", {.filter = &begins, .names = names});
  told("created_at ge", {.filter = &recent, .names = names});
  told("phones[… and …]", {.filter = &phone, .names = names});
  told("two words", {.words = sure(search::words_in(numbered ? "山田150 花子" : "やまだ さくら"))});
  told("two words, few", {.words = sure(search::words_in("yamada 開発 99"))});
  told("a telephone number", {.words = sure(search::words_in("0310004242"))});
  std::vector<directory::Filter> parts;
  std::vector<search::Query> by_words, by_parts;
  for (std::size_t i = 0; i < 25; ++i) {
    const std::string given = givens[i % 10].latin, family = families[i / 10].latin;
    by_words.push_back({.words = sure(search::words_in(numbered ? "山田" + std::to_string(200 + i) + " 花子" : std::string(givens[i % 10].kana) + " " + families[i / 10].kana))});
    parts.push_back(filter(("login co \"" + (numbered ? "son" + std::to_string(10 + i) : given + "." + family.substr(0, 3)) + "\"").c_str()));
  }
  for (const auto& part : parts) by_parts.push_back({.filter = &part, .names = names});
  told_each("two words", by_words);
  told_each("login co", by_parts);
  const search::Reach reach{.domains = {numbered ? "demo.example" : "example.co.jp"}};
  told("all of a domain", {.reach = &reach});
  told("sort family_name_kana, first page", {.order = order("family_name_kana")});
  told("sort created_at, first page", {.order = order("created_at")});
  const search::Query by_login{.order = order("login")};
  told("sort login, first page", by_login);
  told("sort login, a page from the middle", from_the_middle(by_login));
  const Id somebody = ask(from_the_middle(by_login)).page.ids.front();
  const auto after_change = [&](const char* what, const search::Query& query) {
    const Times times = times_of(25, [&] {
      sure(store->write_snapshot(tenant, never(), [&](store::Transaction& tx) { return tx.execute(change, somebody); }));
      ask(query);
    });
    std::printf("| one changed, then %s | %.3f ms, the least %.3f |\n", what, times.middle, times.least);
  };
  after_change("two words", {.words = sure(search::words_in(numbered ? "山田150 花子" : "やまだ さくら"))});
  after_change("everybody by login", by_login);
  std::printf("| with what was asked for | %.0f bytes a person |\n", static_cast<double>(search.load().bytes) / static_cast<double>(count));

  std::string texts;
  for (std::size_t i = 0; i < count; ++i) {
    const auto p = person_at(i);
    for (const auto* text : {&p.login, &p.display_name, &p.employee_number}) texts += directory::folded_text(*text) + '\0';
    if (!p.phones.empty()) texts += directory::folded_text(p.phones.front().value) + '\0';
  }
  for (const char* word : {"ヤマダ", "サクラ"}) {
    std::size_t hits = 0;
    const double time = middle_ms(9, [&] {
      hits = 0;
      const char *from = texts.data(), *end = from + texts.size();
      while (const void* hit = ::memmem(from, static_cast<std::size_t>(end - from), word, std::strlen(word))) {
        from = static_cast<const char*>(hit) + 1;
        ++hits;
      }
    });
    std::printf("| floor: memmem %s | %.2f ms | %zu hits |\n", word, time, hits);
  }
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  std::printf("| at its highest %ld MiB |\n", usage.ru_maxrss / 1024);
  return 0;
}
