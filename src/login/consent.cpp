#include "login/consent.h"

#include <algorithm>

#include "base/text.h"

namespace kidoban::login {

namespace {
using store::Sql;

constexpr Sql find_sql{"consent_find",
                       "select scopes from consents where tenant = $1 and person = $2 and application = $3"};
constexpr Sql put_sql{"consent_put",
                      "insert into consents (tenant, person, application, scopes, changed_at) "
                      "values ($1, $2, $3, $4, $5) on conflict (tenant, person, application) do update set "
                      "scopes = excluded.scopes, changed_at = excluded.changed_at"};
constexpr Sql erase_sql{"consent_erase",
                        "delete from consents where tenant = $1 and person = $2 and application = $3"};

audit::Event event_of(const audit::Event& by, Reason name, const Id& person, const Id& application) {
  audit::Event event = by;
  event.name = name;
  event.target_kind = "application";
  event.target = application;
  event.detail.emplace_back("person", person.text());
  return event;
}
}  // namespace

Result<std::vector<std::string>> Consents::given(store::Transaction& tx, const Id& person, const Id& application) {
  const auto rows = TRY(tx.query(find_sql, person, application));
  if (rows.empty()) return std::vector<std::string>{};
  return words_of(rows.front().text(0));
}

Result<bool> Consents::covers(store::Transaction& tx, const Id& person, const Id& application,
                              const std::vector<std::string>& scopes) {
  const auto rows = TRY(tx.query(find_sql, person, application));
  if (rows.empty()) return false;
  const auto had = words_of(rows.front().text(0));
  return std::all_of(scopes.begin(), scopes.end(), [&](const std::string& scope) {
    return std::find(had.begin(), had.end(), scope) != had.end();
  });
}

Status Consents::give(store::Transaction& tx, const Id& person, const Id& application,
                      const std::vector<std::string>& scopes, const audit::Event& by) {
  auto all = TRY(given(tx, person, application));
  for (const std::string& scope : scopes) {
    if (std::find(all.begin(), all.end(), scope) == all.end()) all.push_back(scope);
  }
  TRY(tx.execute(put_sql, person, application, join(all, " "), clock_.now()));
  auto event = event_of(by, "consent.given", person, application);
  event.detail.emplace_back("scopes", join(scopes, " "));
  return audit_.append(tx, event);
}

Result<bool> Consents::withdraw(store::Transaction& tx, const Id& person, const Id& application,
                                const audit::Event& by) {
  if (TRY(tx.execute(erase_sql, person, application)) == 0) return false;
  TRY(audit_.append(tx, event_of(by, "consent.withdrawn", person, application)));
  return true;
}

}  // namespace kidoban::login
