#include "webhooks/message.h"

#include "audit/export.h"
#include "base/text.h"
#include "crypto/hash.h"

namespace kidoban::webhooks {

namespace {

std::string signature(const Secret& secret, const std::string& signed_text) {
  return "v1," + base64(crypto::hmac_sha256(secret.reveal(), as_bytes(signed_text)));
}

// Ids, times and event names need no escaping.
std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string body(std::string_view type, Time at, const std::string& data) {
  return "{\"type\":" + in_quotes(type) + ",\"timestamp\":" + in_quotes(rfc3339(to_us(at))) + ",\"data\":{" + data + "}}";
}

}  // namespace

std::string message_name(const Id& message) { return "msg_" + message.text(); }

std::string records_body(const Id& webhook, const audit::Stretch& stretch) {
  std::string records;
  Time last{};
  for (const audit::Placed& one : stretch.records) {
    std::string line = audit::line_of(audit::Format::jsonl, one.record, {});
    line.pop_back();  // its line end
    records += (records.empty() ? "{\"position\":" : ",{\"position\":") + std::to_string(one.position) + "," + line.substr(1);
    last = std::max(last, one.record.at);
  }
  return body("audit.records", last, "\"webhook\":" + in_quotes(webhook.text()) + ",\"from\":" + std::to_string(stretch.from) + ",\"until\":" +
                                         std::to_string(stretch.end) + ",\"records\":[" + records + "]");
}

std::string test_body(const Id& webhook, Time now) { return body("webhook.test", now, "\"webhook\":" + in_quotes(webhook.text())); }

std::vector<std::pair<std::string, std::string>> headers_of(std::string_view message, Time now, std::string_view body, const Secrets& secrets) {
  const std::string at = std::to_string(to_s(now));
  std::string signed_text = std::string(message) + "." + at + ".";
  signed_text += body;
  std::string signatures = signature(secrets.now, signed_text);
  if (secrets.before_until && now < *secrets.before_until && !secrets.before.empty()) signatures += " " + signature(secrets.before, signed_text);
  return {{"Content-Type", "application/json"}, {"webhook-id", std::string(message)}, {"webhook-timestamp", at}, {"webhook-signature", signatures}};
}

std::string told_secret(const Secret& secret) { return "whsec_" + base64(secret.reveal()); }

}  // namespace kidoban::webhooks
