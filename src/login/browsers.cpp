#include "login/browsers.h"

#include "base/text.h"

namespace kidoban::login {

namespace {
using store::Sql;

constexpr std::size_t secret_bytes = 32;
// What browsers allow at most (RFC 6265bis §5.5).
constexpr std::chrono::hours lifetime{400 * 24};
// Somebody's, the longest unused going first.
constexpr std::int64_t most_browsers = 50;
constexpr std::size_t most_told_a_day = 5;

constexpr Sql see_sql{"known_browser_see", "update known_browsers set last_seen_at = $4 where tenant = $1 and person = $2 and mark = $3"};
constexpr Sql put_sql{"known_browser_put",
                      "insert into known_browsers (tenant, person, mark, first_seen_at, last_seen_at) values ($1, $2, $3, $4, $4) "
                      "on conflict (tenant, person, mark) do nothing"};
constexpr Sql since_sql{"known_browser_first_seen", "select first_seen_at from known_browsers where tenant = $1 and person = $2"};
constexpr Sql prune_sql{"known_browser_prune",
                        "delete from known_browsers where tenant = $1 and person = $2 and mark not in "
                        "(select mark from known_browsers where tenant = $1 and person = $2 order by last_seen_at desc limit $3)"};

std::string cookie_name(const http::Site& site) { return (site.secure ? "__Host-kidoban-known-" : "kidoban-known-") + site.slug; }

}  // namespace

Result<Browsers::Met> Browsers::meet(store::Transaction& tx, const Id& person, const http::Request& request) {
  Met met;
  met.cookie.name = cookie_name(request.site);
  met.cookie.secure = request.site.secure;
  met.cookie.max_age = lifetime;
  const auto sent = request.cookie(met.cookie.name);
  const auto raw = sent ? unbase64url(*sent) : std::nullopt;
  const bool usable = raw && raw->size() == secret_bytes;
  met.cookie.value = usable ? std::string(*sent) : base64url(random_.bytes<secret_bytes>());
  const auto key = TRY(keys_.of(tx));
  const auto mark = key->blind_index("known_browsers.mark", std::string(as_text(person.span())) + met.cookie.value);
  const Time now = clock_.now();
  if (usable && TRY(tx.execute(see_sql, person, mark, now)) == 1) return met;
  const auto rows = TRY(tx.query(since_sql, person));
  std::size_t today = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) today += rows[i].time(0) > now - std::chrono::hours(24) ? 1 : 0;
  met.familiar = rows.empty() ? Familiar::first : today > most_told_a_day ? Familiar::many : Familiar::another;
  TRY(tx.execute(put_sql, person, mark, now));
  if (static_cast<std::int64_t>(rows.size()) >= most_browsers) TRY(tx.execute(prune_sql, person, most_browsers));
  return met;
}

}  // namespace kidoban::login
