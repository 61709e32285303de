// /api/v1/webhooks[/{webhook}[/test, /deliveries, /secret]]: where the audit is sent. Whoever says where exports it: changing
// anything here asks for `audit_export` besides `settings_write`.

#include <boost/json.hpp>

#include "audit/stream.h"
#include "base/text.h"
#include "console/answers.h"
#include "console/asking.h"
#include "console/json_body.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;
using http::Method, http::Reply, http::Request;
using webhooks::Attempt, webhooks::Webhook, webhooks::Webhooks;

constexpr std::int64_t usual_overlap_s = 24 * 60 * 60;

json::value told(const std::optional<Time>& at) { return at ? json::value(rfc3339(to_us(*at))) : json::value(nullptr); }

json::object told(const Webhook& w) {
  json::array events;
  for (const std::string& one : w.events) events.emplace_back(one);
  return {{"id", w.id.text()},
          {"name", w.name},
          {"url", w.url},
          {"events", std::move(events)},
          {"enabled", w.enabled},
          {"off_reason", w.off_reason.empty() ? json::value(nullptr) : json::value(w.off_reason)},
          {"created_at", rfc3339(to_us(w.created_at))},
          {"position", w.position},
          {"delivered_at", told(w.delivered_at)},
          {"failures", w.failures},
          {"failing_since", told(w.failing_since)},
          {"next_attempt_at", told(w.next_attempt_at)},
          {"old_secret_until", told(w.old_secret_until)}};
}

json::object told(const Attempt& a) {
  json::object out{{"message", "msg_" + a.message.text()},
                   {"kind", a.test ? "test" : "records"},
                   {"at", rfc3339(to_us(a.at))},
                   {"took_ms", std::chrono::duration_cast<std::chrono::milliseconds>(a.took).count()},
                   {"delivered", a.failure.empty()},
                   {"status", a.status == 0 ? json::value(nullptr) : json::value(a.status)},
                   {"failure", a.failure.empty() ? json::value(nullptr) : json::value(a.failure)}};
  if (!a.test) {
    out["records"] = a.records;
    out["from"] = a.first;
    out["until"] = a.end;
  }
  return out;
}

Reply reply_with(int status, const Webhook& webhook, std::string_view secret = {}) {
  auto body = told(webhook);
  if (!secret.empty()) body["secret"] = secret;
  auto reply = json_reply(status, body);
  reply.with("ETag", entity_tag(webhook.version));
  return reply;
}

Result<Id> webhook_of(const Request& request) { return Id::parse(request.path_value("webhook")); }

// `act(tx, event)` in one write, for somebody who may settle things and export the audit.
template <class Act>
auto write_exporting(const Inside& in, const Request& request, const Act& act) {
  return write_as(in, request, Permission::settings_write,
                  [&](store::Transaction& tx, const audit::Event& by) -> std::invoke_result_t<const Act&, store::Transaction&, const audit::Event&> {
                    TRY(check(TRY(asking(in, tx, request, Permission::settings_write)), Permission::audit_export));
                    return act(tx, by);
                  });
}

Failure malformed(std::string_view name) { return fail(Kind::malformed, "member_malformed", std::string(name)); }

Result<std::optional<std::vector<std::string>>> events_in(JsonBody& body) {
  const json::value* value = body.find("events");
  if (value == nullptr) return std::nullopt;
  if (!value->is_array()) return malformed("events");
  std::vector<std::string> out;
  for (const json::value& one : value->get_array()) {
    if (!one.is_string()) return malformed("events");
    out.emplace_back(one.get_string());
  }
  return out;
}

Result<std::optional<std::int64_t>> number_in(JsonBody& body, std::string_view name) {
  const json::value* value = body.find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_int64()) return malformed(name);
  return value->get_int64();
}

Result<Webhooks::New> parse_new(const Request& request) {
  auto body = TRY(JsonBody::parse(request.body));
  Webhooks::New out;
  out.name = TRY(body.required_text("name"));
  out.url = TRY(body.required_text("url"));
  out.events = TRY(events_in(body)).value_or(std::vector<std::string>());
  out.enabled = TRY(body.flag("enabled")).value_or(true);
  out.position = TRY(number_in(body, "position"));
  TRY(body.done());
  return out;
}

Result<Webhooks::Change> parse_change(const Request& request) {
  auto body = TRY(JsonBody::parse(request.body));
  Webhooks::Change out;
  out.name = TRY(body.text("name"));
  out.url = TRY(body.text("url"));
  out.events = TRY(events_in(body));
  out.enabled = TRY(body.flag("enabled"));
  out.position = TRY(number_in(body, "position"));
  TRY(body.done());
  return out;
}

Result<std::chrono::seconds> parse_overlap(const Request& request) {
  auto body = TRY(JsonBody::parse(request.body));
  const auto overlap = TRY(number_in(body, "overlap_s"));
  TRY(body.done());
  return std::chrono::seconds(overlap.value_or(usual_overlap_s));
}

void add_one_routes(http::Routes& routes, const Inside& in) {
  const std::string one = "/webhooks/{webhook}";
  routes.add(row(Method::get, one, "webhook_get", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(webhook_of(request));
    return reply_with(200, TRY(read_as(in, request, Permission::settings_read, [&](store::Transaction& tx) { return in.webhooks.get(tx, id); })));
  }));
  routes.add(row(Method::patch, one, "webhook_change", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(webhook_of(request));
    const auto version = TRY(if_match(request));
    const auto change = TRY(parse_change(request));
    return reply_with(200, TRY(write_exporting(in, request, [&](store::Transaction& tx, const audit::Event& by) { return in.webhooks.change(tx, id, change, version, by); })));
  }));
  routes.add(row(Method::del, one, "webhook_delete", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(webhook_of(request));
    TRY(write_exporting(in, request, [&](store::Transaction& tx, const audit::Event& by) { return in.webhooks.remove(tx, id, by); }));
    return Reply::empty(204);
  }));
  routes.add(row(Method::get, one + "/deliveries", "webhook_deliveries", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(webhook_of(request));
    const auto all = TRY(read_as(in, request, Permission::settings_read, [&](store::Transaction& tx) { return in.webhooks.attempts(tx, id, webhooks::attempts_kept); }));
    json::array rows;
    for (const Attempt& attempt : all) rows.push_back(told(attempt));
    return json_reply(200, {{"deliveries", std::move(rows)}});
  }));
  routes.add(row(Method::post, one + "/secret", "webhook_secret", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(webhook_of(request));
    const auto overlap = TRY(parse_overlap(request));
    const auto made = TRY(write_exporting(in, request, [&](store::Transaction& tx, const audit::Event& by) { return in.webhooks.turn_secret(tx, id, overlap, by); }));
    return reply_with(200, made.webhook, made.secret.reveal_text());
  }));
  auto test = row(Method::post, one + "/test", "webhook_test", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(webhook_of(request));
    const auto who = [&](store::Transaction& tx) -> Result<audit::Event> {
      const auto asks = TRY(asking(in, tx, request, Permission::settings_write));
      TRY(check(asks, Permission::audit_export));
      return by(request, asks);
    };
    return json_reply(200, told(TRY(in.courier.test(*request.site.tenant, id, who, request.deadline))));
  });
  test.body = {http::Body::Type::none, 0};
  routes.add(std::move(test));
}

}  // namespace

void add_webhook_routes(http::Routes& routes, const Inside& in) {
  routes.add(row(Method::get, "/webhooks", "webhooks_list", [in](Request& request) -> Result<Reply> {
    json::array rows;
    for (const Webhook& one : TRY(read_as(in, request, Permission::settings_read, [&](store::Transaction& tx) { return in.webhooks.list(tx); }))) rows.push_back(told(one));
    return json_reply(200, {{"webhooks", std::move(rows)}});
  }));
  routes.add(row(Method::post, "/webhooks", "webhook_create", [in](Request& request) -> Result<Reply> {
    const auto wanted = TRY(parse_new(request));
    return create_as(in, request, Permission::settings_write, [&](store::Transaction& tx, const Asking& who, const audit::Event& by) -> Result<Reply> {
      TRY(check(who, Permission::audit_export));
      const auto made = TRY(in.webhooks.create(tx, wanted, by));
      auto reply = reply_with(201, made.webhook, made.secret.reveal_text());
      reply.with("Location", request.site.base_url + "/api/v1/webhooks/" + made.webhook.id.text());
      return reply;
    }, {.secrecy = Secrecy::told_once});
  }));
  add_one_routes(routes, in);
}

}  // namespace kidoban::console
