#include "webhooks/sealed.h"

#include <boost/json.hpp>

#include "base/strict_json.h"
#include "base/text.h"

namespace kidoban::webhooks {

namespace {

namespace json = boost::json;

seal::Place content_place(const Id& id) { return {"webhooks", "content", id.span()}; }
seal::Place secrets_place(const Id& id) { return {"webhooks", "secrets", id.span()}; }

Failure damaged(std::string note) { return fail(Kind::internal, "webhook_unreadable", std::move(note)); }

Result<Secret> secret_in(const json::object& object, std::string_view name) {
  const auto text = text_member(object, name);
  if (!text) return Secret();
  auto bytes = unbase64(*text);
  if (!bytes) return damaged("a secret");
  return Secret(*std::move(bytes));
}

}  // namespace

Result<Webhook> open_webhook(const seal::TenantKey& key, const Row& row) {
  const auto content = strict_object(TRY(key.open_text(content_place(row.id), row.content)));
  const auto* events = content ? content->if_contains("events") : nullptr;
  if (events == nullptr || !events->is_array()) return damaged("its content");
  const auto old_secret_until = TRY(open_secrets(key, row)).before_until;
  Webhook out{.id = row.id,
              .name = std::string(text_member(*content, "name").value_or("")),
              .url = std::string(text_member(*content, "url").value_or("")),
              .events = {},
              .enabled = row.enabled,
              .off_reason = row.off_reason,
              .version = row.version,
              .created_at = row.created_at,
              .position = row.cursor,
              .failures = row.failures,
              .failing_since = row.failing_since,
              .delivered_at = row.delivered_at,
              .next_attempt_at = row.failures > 0 ? row.due_at : std::nullopt,
              .old_secret_until = old_secret_until};
  for (const json::value& one : events->get_array()) out.events.emplace_back(one.is_string() ? std::string_view(one.get_string()) : std::string_view());
  return out;
}

std::string seal_content(const seal::TenantKey& key, const Webhook& webhook) {
  json::array events;
  for (const std::string& one : webhook.events) events.emplace_back(one);
  return key.seal(content_place(webhook.id), json::serialize(json::object{{"name", webhook.name}, {"url", webhook.url}, {"events", std::move(events)}}));
}

Result<Secrets> open_secrets(const seal::TenantKey& key, const Row& row) {
  const Secret text = TRY(key.open(secrets_place(row.id), row.secrets));
  const auto object = strict_object(text.reveal_text());
  if (!object) return damaged("its secrets");
  Secrets out;
  out.now = TRY(secret_in(*object, "now"));
  out.before = TRY(secret_in(*object, "before"));
  if (const auto* until = object->if_contains("before_until"); until != nullptr && until->is_int64()) out.before_until = from_us(until->get_int64());
  return out;
}

std::string seal_secrets(const seal::TenantKey& key, const Id& id, const Secrets& secrets) {
  json::object object{{"now", base64(secrets.now.reveal())}};
  if (secrets.before_until) {
    object["before"] = base64(secrets.before.reveal());
    object["before_until"] = to_us(*secrets.before_until);
  }
  return key.seal(secrets_place(id), json::serialize(object));
}

}  // namespace kidoban::webhooks
