#include "audit/stream.h"

#include <algorithm>

#include "audit/audit_store.h"
#include "audit/tree_store.h"

namespace kidoban::audit {

namespace {

constexpr std::int64_t read_at_once = 200;

Row as_row(const StoredRecord& r) {
  return {.id = r.id,
          .at = from_us(r.at),
          .event = r.event,
          .outcome = static_cast<Outcome>(r.outcome),
          .actor_kind = static_cast<ActorKind>(r.actor_kind),
          .actor = r.actor,
          .target_kind = r.target_kind,
          .target = r.target,
          .session = r.session,
          .reason = r.reason,
          .detail = r.detail};
}

}  // namespace

Result<std::int64_t> placed_records(store::Transaction& tx) { return TRY(find_tree(tx)).value_or(TreeRow{}).size; }

Result<bool> any_unplaced(store::Transaction& tx) { return !TRY(unsealed_records(tx, std::nullopt, 1)).empty(); }

Result<Stretch> read_stretch(store::Transaction& tx, seal::Keyring& keys, std::int64_t from, std::optional<std::int64_t> end,
                             const std::function<bool(std::string_view)>& wanted, const StretchBounds& bounds) {
  const TreeRow tree = TRY(find_tree(tx)).value_or(TreeRow{});
  Stretch out;
  out.from = out.end = std::min(std::max(from, tree.retired), tree.size);
  const std::int64_t last = end ? std::min(*end, tree.size) : std::min(tree.size, out.from + bounds.looked_through);
  if (out.from >= last) return out;
  const auto key = TRY(keys.of(tx));
  std::size_t bytes = 0;
  const auto full = [&] { return !end && (out.records.size() >= bounds.records || bytes >= bounds.bytes); };
  while (out.end < last && !full()) {
    const std::int64_t until = std::min(last, out.end + read_at_once);
    for (const StoredRecord& stored : TRY(records_at(tx, out.end, until))) {
      if (full()) break;
      out.end = *stored.position + 1;
      if (!wanted(stored.event)) continue;
      bytes += stored.detail.size();
      auto record = TRY(open_row(*key, as_row(stored)));
      out.records.push_back({*stored.position, std::move(record)});
    }
    if (!full()) out.end = until;
  }
  return out;
}

}  // namespace kidoban::audit
