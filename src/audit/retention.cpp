// Records whose time is over.

#include "audit/retention.h"

#include <algorithm>
#include <boost/json.hpp>

#include "audit/sealing.h"
#include "audit/tree_store.h"
#include "base/strict_json.h"
#include "base/text.h"

namespace kidoban::audit {

namespace {

constexpr std::int64_t retired_at_once = 500;
// Heads are kept one by one for an hour (of a tenant with webhooks there are two a second), then one a minute, then one a day.
constexpr auto each_head_kept = std::chrono::hours(1), heads_kept = std::chrono::hours(35 * 24);
constexpr std::int64_t fewest_days = 30, most_days = 3650;

}  // namespace

Result<AuditSettings> parse_settings(std::string_view json) {
  const auto object = strict_object(json);
  const auto* days = object && object->size() == 1 ? object->if_contains("retention_days") : nullptr;
  if (days == nullptr || !days->is_int64() || days->get_int64() < fewest_days || days->get_int64() > most_days) {
    return fail(Kind::malformed, "audit_settings_malformed", "retention_days is a number from 30 to 3650");
  }
  return AuditSettings{days->get_int64()};
}

std::string json_of(const AuditSettings& settings) {
  return boost::json::serialize(boost::json::object{{"retention_days", settings.retention_days}});
}

Result<std::vector<TenantId>> Sealer::due_to_retire(std::int64_t limit, runtime::Deadline deadline) {
  return store_.system_read(deadline, [&](store::SystemTransaction& tx) { return audit::due_to_retire(tx, clock_.now(), limit); });
}

Result<std::int64_t> Sealer::retire(const TenantId& tenant, Time until, runtime::Deadline deadline) {
  std::int64_t total = 0;
  for (;;) {
    struct Step {
      TreeRow before;
      std::int64_t end = 0;
      Head head;
    };
    const auto step = TRY(store_.read(tenant, deadline, [&](store::Transaction& tx) -> Result<std::optional<Step>> {
      const auto tree = TRY(find_tree(tx));
      if (!tree) return std::nullopt;
      Step out{*tree, tree->retired, {}};
      // The beginning alone: the first record that must stay ends it, whatever comes after.
      for (const StoredRecord& record : TRY(records_at(tx, tree->retired, std::min(tree->size, tree->retired + retired_at_once)))) {
        if (record.position != out.end || from_us(record.at) >= until) break;
        ++out.end;
      }
      if (out.end == tree->retired) return std::nullopt;
      auto hashes = stored_tree(tx, tree->size);
      out.head = {.number = tree->heads + 1, .tree_size = tree->size, .retired = out.end, .root = TRY(hashes.root(tree->size)), .at = clock_.now()};
      return out;
    }));
    if (!step) break;
    const auto key = TRY(key_of(tenant, deadline));
    const std::string jws = TRY(sign_head(key, tenant, step->head));
    TRY(store_.write_snapshot(tenant, deadline, [&](store::Transaction& tx) -> Status {
      const Head& head = step->head;
      if (!TRY(move_tree(tx, step->before, {head.tree_size, head.retired, head.number}, head.at))) {
        return fail(Kind::conflict, "audit_sealed_elsewhere");
      }
      TRY(delete_records_at(tx, step->before.retired, step->end));
      TRY(insert_head(tx, {.number = head.number, .tree_size = head.tree_size, .at = head.at, .jws = jws}));
      Event event{.name = "audit.retired", .actor = {ActorKind::system, std::nullopt}};
      event.target_kind = "audit";
      event.detail = {{"records", std::to_string(step->end - step->before.retired)}, {"before", rfc3339(to_us(until))}};
      return audit_.append(tx, event);
    }));
    total += step->end - step->before.retired;
    if (step->end - step->before.retired < retired_at_once) break;
  }
  TRY(store_.write_snapshot(tenant, deadline, [&](store::Transaction& tx) -> Status {
    TRY(thin_heads(tx, clock_.now() - each_head_kept, std::chrono::minutes(1)));
    TRY(thin_heads(tx, clock_.now() - heads_kept, std::chrono::days(1)));
    return put_retire_due(tx, clock_.now() + std::chrono::days(1));
  }));
  return total;
}

}  // namespace kidoban::audit
