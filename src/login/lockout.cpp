#include "login/lockout.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.h"

namespace kidoban::login {

namespace {
using store::Sql;

constexpr Sql find_sql{"lockout_find",
                       "select failures, locked_until, forget_at from lockouts where tenant = $1 and subject = $2"};
constexpr Sql put_sql{"lockout_put",
                      "insert into lockouts (tenant, subject, failures, locked_until, forget_at) "
                      "values ($1, $2, $3, $4, $5) on conflict (tenant, subject) do update set "
                      "failures = excluded.failures, locked_until = excluded.locked_until, forget_at = excluded.forget_at"};
constexpr Sql give_back_sql{"lockout_give_back",
                            "update lockouts set failures = failures - 1, locked_until = 0 "
                            "where tenant = $1 and subject = $2 and failures > 0"};
constexpr Sql find_notice_sql{"lock_notice_find", "select quiet_until from lock_notices where tenant = $1 and subject = $2"};
constexpr Sql put_notice_sql{"lock_notice_put",
                             "insert into lock_notices (tenant, subject, quiet_until) values ($1, $2, $3) "
                             "on conflict (tenant, subject) do update set quiet_until = excluded.quiet_until"};
// $2: their keys, 32 bytes each, one after another.
constexpr Sql among_sql{"lockout_among",
                        "with recursive wanted (n, subject) as (select 0, substr(cast($2 as BLOB), 1, 32) union all "
                        "select n + 1, substr(cast($2 as BLOB), (n + 1) * 32 + 1, 32) from wanted where (n + 1) * 32 < cast($3 as BIGINT)) "
                        "select cast(w.n as BIGINT), l.locked_until from wanted w join lockouts l on l.tenant = $1 and l.subject = w.subject "
                        "where l.locked_until > $4"};
constexpr Sql erase_sql{"lockout_erase", "delete from lockouts where tenant = $1 and subject = $2"};

// Shorter waits are over before a mail is read.
constexpr std::chrono::seconds worth_a_mail{60};
constexpr std::chrono::hours quiet{6};
}  // namespace

std::string address_block(std::string_view client_address) {
  const std::string text(client_address);
  std::array<std::uint8_t, 16> six{};
  std::array<std::uint8_t, 4> four{};
  if (inet_pton(AF_INET, text.c_str(), four.data()) == 1) return "4:" + hex(four);
  if (inet_pton(AF_INET6, text.c_str(), six.data()) != 1) return "?:" + text;
  constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};  // RFC 4291 §2.5.5.2
  if (std::equal(mapped.begin(), mapped.end(), six.begin())) return "4:" + hex(std::span(six).subspan(12));
  return "6:" + hex(std::span(six).first(8));
}

std::chrono::seconds delay_after(const LockoutRule& rule, std::int64_t failures) {
  if (failures <= rule.free_attempts) return std::chrono::seconds(0);
  const std::int64_t doublings = std::min<std::int64_t>(failures - rule.free_attempts - 1, 30);
  return std::min(rule.longest_delay, rule.first_delay * (std::int64_t{1} << doublings));
}

Result<Lockout::Keys> Lockout::keys_for(store::Transaction& tx, std::string_view login,
                                        std::string_view client_address) {
  const auto key = TRY(keys_.of(tx));
  return Keys{key->blind_index(options_.scope + ".login", login),
              key->blind_index(options_.scope + ".address", address_block(client_address))};
}

Result<std::int64_t> Lockout::wait_left(store::Transaction& tx, const crypto::Digest& key) {
  const auto rows = TRY(tx.query(find_sql, key));
  if (rows.empty()) return 0;
  const auto left = rows.front().time(1) - clock_.now();
  if (left <= Duration::zero()) return 0;
  return std::chrono::ceil<std::chrono::seconds>(left).count();
}

Status Lockout::add(store::Transaction& tx, const crypto::Digest& key, const LockoutRule& rule) {
  const Time now = clock_.now();
  const auto rows = TRY(tx.query(find_sql, key));
  const bool counts = !rows.empty() && rows.front().time(2) > now;
  const std::int64_t failures = (counts ? rows.front().integer(0) : 0) + 1;
  TRY(tx.execute(put_sql, key, failures, now + delay_after(rule, failures), now + rule.forget_after));
  return {};
}

Status Lockout::give_back(store::Transaction& tx, const crypto::Digest& key) {
  TRY(tx.execute(give_back_sql, key));
  return {};
}

Result<std::int64_t> Lockout::charge(store::Transaction& tx, std::string_view login, std::string_view client_address) {
  const Keys keys = TRY(keys_for(tx, login, client_address));
  const std::int64_t wait = std::max(TRY(wait_left(tx, keys.person)), TRY(wait_left(tx, keys.address)));
  if (wait > 0) return wait;
  TRY(add(tx, keys.person, options_.rule_of_tenant ? TRY(options_.rule_of_tenant(tx)) : options_.person));
  TRY(add(tx, keys.address, options_.address));
  return 0;
}

Status Lockout::passed(store::Transaction& tx, std::string_view login, std::string_view client_address) {
  const Keys keys = TRY(keys_for(tx, login, client_address));
  TRY(tx.execute(erase_sql, keys.person));
  return give_back(tx, keys.address);
}

Result<std::optional<Time>> Lockout::locked_until(store::Transaction& tx, std::string_view login) {
  const auto key = TRY(keys_.of(tx));
  const auto rows = TRY(tx.query(find_sql, key->blind_index("lockouts.login", login)));
  if (rows.empty() || rows.front().time(1) <= clock_.now()) return std::nullopt;
  return rows.front().time(1);
}

Result<std::optional<Time>> Lockout::news_of(store::Transaction& tx, std::string_view login) {
  const auto subject = TRY(keys_.of(tx))->blind_index(options_.scope + ".login", login);
  const auto rows = TRY(tx.query(find_sql, subject));
  if (rows.empty()) return std::nullopt;
  const Time now = clock_.now(), until = rows.front().time(1);
  const LockoutRule rule = options_.rule_of_tenant ? TRY(options_.rule_of_tenant(tx)) : options_.person;
  // The delay itself, not what is left of it: judging the answer took a while.
  const auto delay = delay_after(rule, rows.front().integer(0));
  if (until <= now || delay < std::min(worth_a_mail, rule.longest_delay)) return std::nullopt;
  const auto told = TRY(tx.query(find_notice_sql, subject));
  const bool is_news = told.empty() || told.front().time(0) <= now;
  TRY(tx.execute(put_notice_sql, subject, until + quiet));
  return is_news ? std::optional(until) : std::nullopt;
}

Result<std::map<std::string, Time, std::less<>>> Lockout::locked_among(store::Transaction& tx, const std::vector<std::string>& logins) {
  std::map<std::string, Time, std::less<>> locked;
  if (logins.empty()) return locked;
  const auto key = TRY(keys_.of(tx));
  std::string subjects;
  for (const std::string& login : logins) subjects += as_text(key->blind_index("lockouts.login", login));
  const auto rows = TRY(tx.query(among_sql, store::Value::blob(subjects), subjects.size(), clock_.now()));
  for (std::size_t i = 0; i < rows.size(); ++i) locked.emplace(logins.at(static_cast<std::size_t>(rows[i].integer(0))), rows[i].time(1));
  return locked;
}

Result<bool> Lockout::unlock(store::Transaction& tx, std::string_view login) {
  const auto key = TRY(keys_.of(tx));
  return TRY(tx.execute(erase_sql, key->blind_index("lockouts.login", login))) > 0;
}

Status Lockout::refund(store::Transaction& tx, std::string_view login, std::string_view client_address) {
  const Keys keys = TRY(keys_for(tx, login, client_address));
  TRY(give_back(tx, keys.person));
  return give_back(tx, keys.address);
}

}  // namespace kidoban::login
