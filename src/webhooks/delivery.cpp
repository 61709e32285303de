#include "webhooks/delivery.h"

#include <algorithm>

#include "base/text.h"
#include "runtime/log.h"
#include "runtime/metrics.h"
#include "webhooks/message.h"
#include "webhooks/sealed.h"

namespace kidoban::webhooks {

namespace {

using runtime::Deadline, runtime::Level;
using namespace std::chrono_literals;

// Longer than an attempt with all that is read and written around it: 10 and three times 15 seconds.
constexpr auto lease = 90s;
constexpr auto aside = 60s;
constexpr Duration slow_from = 2s;
constexpr std::chrono::seconds longest_wait = 6h;
constexpr std::chrono::seconds longest_asked = 12h;  // Retry-After beyond it is cut off
constexpr int gone = 410;

enum Counted : std::size_t { counted_taken, counted_failed, counted_off };
runtime::Counter attempts_made("kidoban_webhook_attempts_total", "Deliveries to webhooks, attempt by attempt.", "outcome", {"taken", "failed", "switched_off"});

Deadline soon() { return Deadline::after(15s); }

std::string failure_by(int status) {
  if (status >= 200 && status < 300) return {};
  if (status == gone) return "receiver_gone";
  if (status >= 300 && status < 400) return "redirected";
  return status == 429 ? "receiver_busy" : "status_unexpected";
}

}  // namespace

std::chrono::seconds retry_after(std::int64_t failures, std::chrono::seconds first) {
  std::chrono::seconds wait = first;
  for (std::int64_t i = 1; i < failures && wait < longest_wait; ++i) wait *= 3;
  return std::min(wait, longest_wait);
}

Result<std::optional<Delivery::Message>> Delivery::read(const Due& one) {
  return outfit_.store.read(one.tenant, soon(), [&](store::Transaction& tx) -> Result<std::optional<Message>> {
    auto row = TRY(select_row(tx, one.id));
    if (!row || !row->enabled || !row->due_at || *row->due_at > outfit_.clock.now()) return std::nullopt;  // somebody was quicker
    const auto key = TRY(outfit_.keys.of(tx));
    Message out;
    out.row = *row;
    out.webhook = TRY(open_webhook(*key, *row));
    out.secrets = TRY(open_secrets(*key, *row));
    const auto wanted = [&](std::string_view event) { return wants(out.webhook, event); };
    out.stretch = TRY(audit::read_stretch(tx, outfit_.keys, row->cursor, row->message_end, wanted));
    out.more = out.stretch.end < TRY(audit::placed_records(tx));
    return out;
  });
}

// Into our hands, as it was read; or, where nothing is to be sent, on to where that ends.
Result<bool> Delivery::take(const Due& one, Message& message) {
  Row& row = message.row;
  const Time now = outfit_.clock.now();
  const bool empty = message.stretch.records.empty();
  const Id claim = new_id(outfit_.clock, outfit_.random);
  const Id name = row.message.value_or(claim);
  const auto act = [&](store::Transaction& tx) -> Result<bool> {
    if (empty) return pass_row(tx, row, message.stretch.end, message.more ? std::optional(now) : std::nullopt);
    return take_row(tx, row, claim, now + lease, name, message.stretch.end);
  };
  if (!TRY(outfit_.store.write_snapshot(one.tenant, soon(), act)) || empty) return false;
  row.claim = claim;
  row.message = name;
  row.message_end = message.stretch.end;
  return true;
}

Delivery::Sent Delivery::send(const Webhook& webhook, const Secrets& secrets, const Id& message, std::string_view body, Deadline deadline) {
  Sent out{.attempt = {.message = message, .at = outfit_.clock.now(), .failure = {}}, .retry_after = {}};
  const auto begun = Deadline::Steady::now();
  const auto taken = http::post_within(
      outfit_.reach,
      {.url = webhook.url, .headers = headers_of(message_name(message), out.attempt.at, body, secrets), .body = body, .time = options_.attempt_time}, deadline);
  out.attempt.took = std::chrono::duration_cast<Duration>(Deadline::Steady::now() - begun);
  if (taken) {
    out.attempt.status = taken->status;
    out.attempt.failure = failure_by(taken->status);
    out.retry_after = taken->retry_after;
  } else {
    out.attempt.failure = taken.error().reason.text();
  }
  return out;
}

void Delivery::after_failure(Row& row, const Sent& sent, bool& off) {
  const Time now = outfit_.clock.now();
  ++row.failures;
  row.failing_since = row.failing_since.value_or(sent.attempt.at);
  row.slow = true;
  const bool is_gone = sent.attempt.status == gone;
  off = is_gone || now - *row.failing_since >= given_up_after;
  if (off) {
    row.enabled = false;
    row.off_reason = is_gone ? "webhook_gone" : "webhook_gave_up";
    row.due_at.reset();
    return;
  }
  std::chrono::seconds wait = retry_after(row.failures, options_.first_retry);
  if (sent.retry_after) wait = std::max(wait, std::min(*sent.retry_after, longest_asked));
  // Receivers that failed together are asked again apart; and the last attempt isn't later than giving up.
  const auto chance = outfit_.random.bytes<2>();
  const std::int64_t fifths = (std::int64_t{chance[0]} << 8 | chance[1]) * std::chrono::microseconds(wait).count() / 5 / 65536;
  row.due_at = std::min(now + wait + Duration(fifths), std::max(*row.failing_since + given_up_after, now + wait));
}

Status Delivery::settle(const Due& one, const Message& message, Sent sent) {
  Row row = message.row;
  Attempt& attempt = sent.attempt;
  attempt.records = static_cast<std::int64_t>(message.stretch.records.size());
  attempt.first = message.stretch.from;
  attempt.end = message.stretch.end;
  bool off = false;
  if (attempt.failure.empty()) {
    row.cursor = message.stretch.end;
    row.message.reset();
    row.message_end.reset();
    row.failures = 0;
    row.failing_since.reset();
    row.delivered_at = outfit_.clock.now();
    row.slow = attempt.took >= slow_from;
    row.due_at = message.more ? outfit_.clock.now() : outfit_.clock.now() + options_.pause;
  } else {
    after_failure(row, sent, off);
  }
  const auto act = [&](store::Transaction& tx) -> Result<bool> {
    const auto number = TRY(settle_row(tx, row, *message.row.claim));
    if (!number) return false;  // changed, or given to another, while we sent
    attempt.number = *number;
    TRY(insert_attempt(tx, one.id, attempt, attempts_kept));
    if (!off) return true;
    audit::Event event{.name = "webhook.switched_off", .outcome = audit::Outcome::failed, .actor = {audit::ActorKind::system, std::nullopt},
                       .target_kind = "webhook", .target = one.id, .reason = row.off_reason};
    event.detail = {{"name", message.webhook.name}, {"failure", attempt.failure}, {"status", std::to_string(attempt.status)},
                    {"failures", std::to_string(row.failures)}, {"failing_since", rfc3339(to_us(*row.failing_since))}, {"position", std::to_string(row.cursor)}};
    TRY(outfit_.audit.append(tx, event));
    Webhook told = message.webhook;
    told.off_reason = row.off_reason;
    told.failing_since = row.failing_since;
    if (outfit_.switched_off) TRY(outfit_.switched_off(tx, told, attempt));
    return true;
  };
  if (!TRY(outfit_.store.write_snapshot(one.tenant, soon(), act))) return {};
  attempts_made.add(off ? counted_off : attempt.failure.empty() ? counted_taken : counted_failed);
  if (off) {
    runtime::log(Level::warning, "webhook_switched_off", {{"webhook", one.id.text()}, {"tenant", one.tenant.text()}, {"reason", row.off_reason}, {"failure", attempt.failure}});
  }
  return {};
}

Status Delivery::deliver(const Due& one) {
  auto message = TRY(read(one));
  if (!message || !TRY(take(one, *message))) return {};
  const std::string body = records_body(one.id, message->stretch);
  return settle(one, *message, send(message->webhook, message->secrets, *message->row.message, body, Deadline::after(options_.attempt_time)));
}

void Delivery::put_aside(const Due& one) {
  const Time now = outfit_.clock.now();
  const auto done = outfit_.store.write_snapshot(one.tenant, soon(), [&](store::Transaction& tx) -> Status {
    const auto row = TRY(select_row(tx, one.id));
    if (!row || !row->due_at || *row->due_at > now) return {};  // a lease brings it back
    return put_row_aside(tx, one.id, *row->due_at, now + aside);
  });
  if (!done) runtime::log(Level::warning, "webhooks_unreachable", done.error());
}

Result<Attempt> Delivery::test(const TenantId& tenant, const Id& id, const std::function<Result<audit::Event>(store::Transaction&)>& by, Deadline deadline) {
  struct Found {
    Webhook webhook;
    Secrets secrets;
  };
  const auto found = TRY(outfit_.store.read(tenant, deadline, [&](store::Transaction& tx) -> Result<Found> {
    TRY(by(tx));  // may they? Looked at again when it is written down
    const auto row = TRY(select_row(tx, id));
    if (!row) return fail(kidoban::Kind::not_found, "webhook_unknown");
    const auto key = TRY(outfit_.keys.of(tx));
    Found out;
    out.webhook = TRY(open_webhook(*key, *row));
    out.secrets = TRY(open_secrets(*key, *row));
    return out;
  }));
  const std::string body = test_body(id, outfit_.clock.now());
  auto sent = send(found.webhook, found.secrets, new_id(outfit_.clock, outfit_.random), body, deadline);
  Attempt& attempt = sent.attempt;
  attempt.test = true;
  // Whatever time the receiver took, that it was asked is written down.
  TRY(outfit_.store.write(tenant, soon(), [&](store::Transaction& tx) -> Status {
    audit::Event event = TRY(by(tx));
    attempt.number = TRY(count_attempt(tx, id));
    TRY(insert_attempt(tx, id, attempt, attempts_kept));
    event.name = "webhook.tested";
    event.target_kind = "webhook";
    event.target = id;
    event.detail.emplace_back("status", std::to_string(attempt.status));
    event.detail.emplace_back("failure", attempt.failure);
    return outfit_.audit.append(tx, event);
  }));
  return attempt;
}

}  // namespace kidoban::webhooks
