#include "webhooks/webhooks.h"

#include <algorithm>

#include "audit/stream.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "webhooks/message.h"
#include "webhooks/sealed.h"

namespace kidoban::webhooks {

namespace {

constexpr std::size_t secret_bytes = 32;  // Standard Webhooks: 24 to 64
constexpr std::chrono::seconds longest_overlap = std::chrono::hours(7 * 24);

// Where to, for a record that auditors read: a path or a query is often all that lets one in, and stands there as some of its hash, by
// which two are told apart.
std::string told_url(std::string_view url) {
  const std::size_t rest = url.find_first_of("/?#", url.find("://") + 3);
  if (rest == std::string_view::npos || url.substr(rest) == "/") return std::string(url);
  return std::string(url.substr(0, rest)) + "/… (" + hex(crypto::sha256(url.substr(rest))).substr(0, 8) + ")";
}

Result<std::string> checked_name(std::string_view typed) {
  const auto name = trim(typed);
  if (name.empty() || name.size() > name_bytes || !is_display_text(name)) return fail(Kind::malformed, "name_malformed");
  return std::string(name);
}

// "person.created", or "person." for all that begin so.
bool is_event(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.'; };
  return !text.empty() && text.size() <= event_bytes && text.front() != '.' && text.find("..") == std::string_view::npos && std::ranges::all_of(text, letter);
}

Status check_events(const std::vector<std::string>& events) {
  if (events.size() > most_events || !std::ranges::all_of(events, is_event)) {
    return fail(Kind::malformed, "events_malformed", "up to fifty names of events, or beginnings of them that end in a dot");
  }
  return {};
}

Status check_position(store::Transaction& tx, std::int64_t position) {
  if (position < 0 || position > TRY(audit::placed_records(tx))) return fail(Kind::malformed, "position_malformed", "the audit doesn't go as far");
  return {};
}

audit::Event about(audit::Event by, Reason name, const Id& id) {
  by.name = name;
  by.target_kind = "webhook";
  by.target = id;
  return by;
}

Result<Row> found(store::Transaction& tx, const Id& id) {
  auto row = TRY(select_row(tx, id));
  if (!row) return fail(Kind::not_found, "webhook_unknown");
  return *std::move(row);
}

// From now on it is as though nothing had failed, and nobody has it in hand: it is looked at at once.
void begin_anew(Row& row, Time now) {
  row.message.reset();
  row.message_end.reset();
  row.claim.reset();
  row.failures = 0;
  row.failing_since.reset();
  row.off_reason.clear();
  row.due_at = row.enabled ? std::optional(now) : std::nullopt;
}

Secret as_told(const Secret& secret) { return Secret::of(told_secret(secret)); }

}  // namespace

bool wants(const Webhook& webhook, std::string_view event) {
  return webhook.events.empty() || std::ranges::any_of(webhook.events, [&](const std::string& one) { return one.ends_with('.') ? event.starts_with(one) : event == one; });
}

Secret Webhooks::fresh_secret() {
  std::vector<std::uint8_t> bytes(secret_bytes);
  random_.fill(bytes);
  return Secret(std::move(bytes));
}

Result<Webhooks::Made> Webhooks::create(store::Transaction& tx, const New& wanted, const audit::Event& by) {
  auto name = TRY(checked_name(wanted.name));
  Webhook made{.id = new_id(clock_, random_), .name = std::move(name), .url = wanted.url, .events = wanted.events, .enabled = wanted.enabled, .created_at = clock_.now()};
  TRY(http::check_url(made.url, reach_));
  TRY(check_events(made.events));
  if (wanted.position) TRY(check_position(tx, *wanted.position));
  made.position = wanted.position ? *wanted.position : TRY(audit::placed_records(tx));
  if (TRY(select_rows(tx, most_webhooks)).size() == most_webhooks) return fail(Kind::conflict, "webhook_too_many");
  Secrets secrets{.now = fresh_secret(), .before = {}, .before_until = {}};
  const auto key = TRY(keys_.of(tx));
  Row row{.id = made.id, .content = seal_content(*key, made), .secrets = seal_secrets(*key, made.id, secrets), .enabled = made.enabled, .off_reason = {},
          .created_at = made.created_at, .cursor = made.position, .message = {}, .message_end = {}, .failing_since = {}, .delivered_at = {},
          .slow = true,  // until it has shown otherwise
          .due_at = {}, .claim = {}};
  begin_anew(row, made.created_at);
  TRY(insert_row(tx, row));
  audit::Event event = about(by, "webhook.created", made.id);
  event.detail.emplace_back("name", made.name);
  event.detail.emplace_back("url", told_url(made.url));
  event.detail.emplace_back("events", join(made.events, " "));
  event.detail.emplace_back("position", std::to_string(made.position));
  TRY(audit_.append(tx, event));
  return Made{std::move(made), as_told(secrets.now)};
}

Result<std::vector<Webhook>> Webhooks::list(store::Transaction& tx) {
  const auto key = TRY(keys_.of(tx));
  std::vector<Webhook> out;
  for (const Row& row : TRY(select_rows(tx, most_webhooks))) out.push_back(TRY(open_webhook(*key, row)));
  return out;
}

Result<Webhook> Webhooks::get(store::Transaction& tx, const Id& id) {
  const Row row = TRY(found(tx, id));
  return open_webhook(*TRY(keys_.of(tx)), row);
}

Result<Webhook> Webhooks::change(store::Transaction& tx, const Id& id, const Change& change, std::optional<std::int64_t> version, const audit::Event& by) {
  Row row = TRY(found(tx, id));
  const auto key = TRY(keys_.of(tx));
  const Webhook before = TRY(open_webhook(*key, row));
  if (version && *version != before.version) return fail(Kind::conflict, "version_changed");
  Webhook after = before;
  if (change.name) after.name = TRY(checked_name(*change.name));
  if (change.url) after.url = *change.url;
  if (change.events) after.events = *change.events;
  after.enabled = change.enabled.value_or(before.enabled);
  if (change.url) TRY(http::check_url(after.url, reach_));
  TRY(check_events(after.events));
  if (change.position) TRY(check_position(tx, *change.position));
  after.position = change.position.value_or(before.position);
  audit::Event event = about(by, "webhook.changed", id);
  const auto told = [&](const std::string& name, const std::string& was, const std::string& is) {
    if (was == is) return false;
    event.detail.emplace_back(name, is);
    event.detail.emplace_back(name + "_before", was);
    return true;
  };
  const bool renamed = told("name", before.name, after.name);
  bool otherwise = told("url", told_url(before.url), told_url(after.url));
  otherwise |= told("events", join(before.events, " "), join(after.events, " "));
  otherwise |= told("enabled", before.enabled ? "true" : "false", after.enabled ? "true" : "false");
  otherwise |= told("position", std::to_string(before.position), std::to_string(after.position));
  if (!renamed && !otherwise) return before;
  row.version = before.version + 1;
  row.content = seal_content(*key, after);
  row.enabled = after.enabled;
  row.cursor = after.position;
  if (otherwise) begin_anew(row, clock_.now());
  TRY(update_row(tx, row));
  TRY(audit_.append(tx, event));
  return open_webhook(*key, row);
}

Status Webhooks::remove(store::Transaction& tx, const Id& id, const audit::Event& by) {
  const Webhook webhook = TRY(get(tx, id));
  TRY(delete_row(tx, id));
  audit::Event event = about(by, "webhook.deleted", id);
  event.detail.emplace_back("name", webhook.name);
  event.detail.emplace_back("url", told_url(webhook.url));
  event.detail.emplace_back("position", std::to_string(webhook.position));
  return audit_.append(tx, event);
}

Result<Webhooks::Made> Webhooks::turn_secret(store::Transaction& tx, const Id& id, std::chrono::seconds overlap, const audit::Event& by) {
  if (overlap.count() < 0 || overlap > longest_overlap) return fail(Kind::malformed, "overlap_malformed", "up to a week, in seconds");
  Row row = TRY(found(tx, id));
  const auto key = TRY(keys_.of(tx));
  Secrets secrets = TRY(open_secrets(*key, row));
  secrets.before = std::move(secrets.now);
  secrets.before_until = clock_.now() + overlap;
  if (overlap.count() == 0) {
    secrets.before = Secret();
    secrets.before_until.reset();
  }
  secrets.now = fresh_secret();
  row.secrets = seal_secrets(*key, id, secrets);
  ++row.version;
  TRY(update_row(tx, row));
  audit::Event event = about(by, "webhook.secret_made", id);
  event.detail.emplace_back("overlap_s", std::to_string(overlap.count()));
  TRY(audit_.append(tx, event));
  auto webhook = TRY(open_webhook(*key, row));
  return Made{std::move(webhook), as_told(secrets.now)};
}

Result<std::vector<Attempt>> Webhooks::attempts(store::Transaction& tx, const Id& id, std::size_t limit) {
  TRY(found(tx, id));
  return select_attempts(tx, id, limit);
}

}  // namespace kidoban::webhooks
