#include "tenant/settings.h"

#include "base/limits.h"
#include "base/text.h"

namespace kidoban::tenant {

namespace {

constexpr store::Sql select_one{"get_settings", "select value, version from tenant_settings where tenant = $1 and section = $2"};
constexpr store::Sql put_one{"put_settings",
                             "insert into tenant_settings (tenant, section, value, version, updated_at) values ($1, $2, $3, $4, $5) "
                             "on conflict (tenant, section) do update set value = excluded.value, version = excluded.version, "
                             "updated_at = excluded.updated_at"};

seal::Place place_of(std::string_view section) { return {"tenant_settings", "value", as_bytes(section)}; }

}  // namespace

Result<std::optional<Section>> Settings::read(store::Transaction& tx, std::string_view section) {
  const auto rows = TRY(tx.query(select_one, section));
  if (rows.empty()) return std::nullopt;
  const auto key = TRY(keys_.of(tx));
  return Section{TRY(key->open_text(place_of(section), rows.front().blob_text(0))), rows.front().integer(1)};
}

Result<std::int64_t> Settings::write(store::Transaction& tx, std::string_view section, std::string_view json,
                                     std::optional<std::int64_t> version, const audit::Event& by) {
  if (json.size() > limits::settings_bytes) return fail(Kind::malformed, "settings_too_large");
  const auto stands = TRY(read(tx, section));
  const Section before = stands.value_or(Section{});
  if (version && *version != before.version) return fail(Kind::conflict, "version_changed");
  if (stands && before.json == json) return before.version;
  const auto key = TRY(keys_.of(tx));
  TRY(tx.execute(put_one, section, store::Value::blob(key->seal(place_of(section), json)), before.version + 1, clock_.now()));
  audit::Event event = by;
  event.name = "settings.changed";
  event.target_kind = "settings";
  event.target.reset();
  event.detail.emplace_back("section", section);
  event.detail.emplace_back("value", json);
  if (stands) event.detail.emplace_back("value_before", before.json);
  TRY(audit_.append(tx, event));
  return before.version + 1;
}

}  // namespace kidoban::tenant
