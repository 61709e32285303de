#include "audit/audit.h"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>

#include "audit/audit_store.h"
#include "audit/stirred.h"
#include "audit/tree_store.h"
#include "base/text.h"

namespace kidoban::audit {

namespace {

constexpr std::size_t user_agent_bytes = 256;
// Records a page of a filter looks through: some milliseconds.
constexpr std::int64_t looked_through = 10'000;

seal::Place place_of(const Id& id) { return {"audit_records", "detail", id.span()}; }

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::success: return "success";
    case Outcome::refused: return "refused";
    case Outcome::failed: return "failed";
  }
  return "failed";
}

std::string_view name_of(ActorKind kind) {
  switch (kind) {
    case ActorKind::nobody: return "nobody";
    case ActorKind::person: return "person";
    case ActorKind::application: return "application";
    case ActorKind::operator_: return "operator";
    case ActorKind::system: return "system";
    case ActorKind::service_account: return "service_account";
  }
  return "nobody";
}

// In the order given; an address is a person's, so all of it is sealed.
std::string detail_of(const Event& event) {
  boost::json::object out;
  if (!event.client_address.empty()) out["client_address"] = event.client_address;
  if (!event.user_agent.empty()) out["user_agent"] = event.user_agent;
  if (!event.trace_id.empty()) out["trace_id"] = event.trace_id;
  for (const auto& [name, value] : event.detail) out[name] = value;
  return boost::json::serialize(out);
}

// Cut at a character's beginning; what isn't UTF-8 is left out rather than stored as something else.
std::string cut(std::string_view text, std::size_t most) {
  text = text.substr(0, most);
  for (int i = 0; i < 4 && !is_utf8(text) && !text.empty(); ++i) text.remove_suffix(1);
  return is_utf8(text) ? std::string(text) : std::string();
}

// An id begins with its record's time in milliseconds, so a stretch of time is a stretch of the key and is not looked
// for record by record. The id is drawn a moment before `at` is read: a second's margin, and `at` decides.
constexpr std::chrono::seconds margin{1};

Id first_id_at(Time at) {
  const auto ms = std::clamp<std::int64_t>(to_us(at) / 1000, 0, (std::int64_t{1} << 48) - 1);
  Id out;
  for (std::size_t i = 0; i < 6; ++i) out.bytes[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
  return out;
}

StoredRecord as_stored(const Prepared& row) {
  return {.id = row.id,
          .at = to_us(row.at),
          .event = row.event,
          .outcome = static_cast<std::int64_t>(row.outcome),
          .actor_kind = static_cast<std::int64_t>(row.actor_kind),
          .actor = row.actor,
          .target_kind = row.target_kind,
          .target = row.target,
          .session = row.session,
          .reason = row.reason,
          .detail = row.detail,
          .mark = {},
          .position = {}};
}

}  // namespace

Result<Record> open_row(const seal::TenantKey& key, const Row& row) {
  auto detail = TRY(key.open_text(place_of(row.id), row.detail));
  return Record{row.id, row.at, row.event, std::string(name_of(row.outcome)), std::string(name_of(row.actor_kind)), row.target_kind, row.reason,
                row.actor, row.target, row.session, std::move(detail)};
}

Event from(const http::Request& request, Event event) {
  event.client_address = request.client_address;
  event.user_agent = cut(request.header("user-agent"), user_agent_bytes);
  event.trace_id = request.trace.trace_id;
  return event;
}

Status Audit::append(store::Transaction& tx, const Event& event) { return append_all(tx, std::span(&event, 1)); }

Prepared Audit::prepare(const seal::TenantKey& key, const TenantId& tenant, const Event& event) const {
  Prepared out{.id = new_id(clock_, random_),
               .at = clock_.now(),
               .event = std::string(event.name.text()),
               .outcome = event.outcome,
               .actor_kind = event.actor.kind,
               .actor = event.actor.id,
               .target_kind = std::string(event.target_kind),
               .target = event.target,
               .session = event.session,
               .reason = event.reason,
               .detail = {}};
  out.detail = key.seal(place_of(out.id), detail_of(event));
  out.mark = key.mac(mark_purpose, marked_bytes(tenant, as_stored(out)));
  return out;
}

Status Audit::append_prepared(store::Transaction& tx, std::span<const Prepared* const> records) {
  if (records.empty()) return {};
  stir(tx.tenant());
  return insert_records(tx, records);
}

Status Audit::append_all(store::Transaction& tx, std::span<const Event> events) {
  if (events.empty()) return {};
  const auto key = TRY(keys_.of(tx));
  std::vector<Prepared> all;
  std::vector<const Prepared*> records;
  all.reserve(events.size());
  for (const Event& event : events) records.push_back(&all.emplace_back(prepare(*key, tx.tenant(), event)));
  return append_prepared(tx, records);
}

Result<std::vector<Record>> Audit::read(store::Transaction& tx, const Filter& filter, std::optional<Id> before,
                                        std::size_t limit) {
  Id last;
  last.bytes.fill(0xff);
  last = before.value_or(last);
  if (filter.until && *filter.until < Time::max() - margin) last = std::min(last, first_id_at(*filter.until + margin));
  Id first = filter.from && *filter.from > Time::min() + margin ? first_id_at(*filter.from - margin) : Id{};
  if (filter.oldest) first = std::max(first, *filter.oldest);
  const auto rows = TRY(read_records(tx, filter, first, last, std::clamp<std::size_t>(limit, 1, 500)));
  const auto key = TRY(keys_.of(tx));
  std::vector<Record> all;
  for (const Row& row : rows) all.push_back(TRY(open_row(*key, row)));
  return all;
}

Result<Audit::Page> Audit::page(store::Transaction& tx, const Filter& filter, std::optional<Id> before, std::size_t limit) {
  limit = std::clamp<std::size_t>(limit, 1, 500);
  Filter bounded = filter;
  std::optional<Id> end;
  if (!filter.name.empty() || filter.outcome || (filter.actor && filter.target)) {
    // Begins where `until` does, so that looking through what is newer isn't counted.
    Id from;
    from.bytes.fill(0xff);
    if (before) from = *before;
    if (filter.until && *filter.until < Time::max() - margin) from = std::min(from, first_id_at(*filter.until + margin));
    end = TRY(stretch_end(tx, filter, from, looked_through));
    if (end) bounded.oldest = std::max(*end, filter.oldest.value_or(Id{}));
  }
  Page out{TRY(read(tx, bounded, before, limit)), {}};
  if (out.records.size() == limit) out.next = out.records.back().id;
  else if (end && !(filter.from && *end < first_id_at(*filter.from - margin))) out.next = end;
  return out;
}

std::optional<Outcome> outcome_named(std::string_view name) {
  for (const Outcome one : {Outcome::success, Outcome::refused, Outcome::failed}) {
    if (name == name_of(one)) return one;
  }
  return std::nullopt;
}

}  // namespace kidoban::audit
