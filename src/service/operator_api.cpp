#include "service/operator_api.h"

#include <unistd.h>

#include <boost/json.hpp>

#include "base/text.h"

namespace kidoban::service {

namespace {

namespace json = boost::json;

// Everything, everywhere: whoever can start this program has the store and the root key.
login::Asker the_operator() { return {{audit::ActorKind::operator_, std::nullopt}, {directory::every_permission(), {}, {}}, {}, {}}; }

// "login_taken: …": an operator reads the reason too.
Failure with_reason(Error error) {
  const std::string reason(error.reason.text());
  error.note = error.note.empty() ? reason + " (" + std::string(name_of(error.kind)) + ")" : reason + ": " + error.note;
  return Failure(std::move(error));
}

std::string listed(const json::value& wrong) {
  std::string out;
  if (!wrong.is_array()) return out;
  for (const auto& one : wrong.get_array()) {
    std::string text;
    if (one.is_object()) {
      for (const auto& member : one.get_object()) {
        if (member.value().is_string()) text += (text.empty() ? "" : " ") + std::string(member.value().get_string());
      }
    }
    out += (out.empty() ? "" : "; ") + text;
  }
  return out;
}

// A refusal that a handler wrote itself, because it has more to say than one reason.
Failure refusal(const http::Reply& reply) {
  boost::system::error_code broken;
  const auto body = json::parse(reply.body, broken);
  std::string reason = "status " + std::to_string(reply.status), more;
  if (!broken && body.is_object()) {
    for (const auto& member : body.get_object()) {
      if (member.key() == "reason" && member.value().is_string()) reason = member.value().get_string();
      if (member.key() == "errors" || member.key() == "faults") more = listed(member.value());
      if ((member.key() == "line" || member.key() == "column") && member.value().is_int64()) {
        more += std::string(more.empty() ? "" : ", ") + std::string(member.key()) + " " + std::to_string(member.value().get_int64());
      }
    }
  }
  const std::string note = reason + (more.empty() ? "" : ": " + more);
  if (reason == "settings_malformed") return fail(Kind::malformed, "settings_malformed", note);
  if (reason == "password_unusable") return fail(Kind::malformed, "password_unusable", note);
  return fail(Kind::malformed, "request_refused", note);
}

std::string media_type(http::Body::Type type) {
  using enum http::Body::Type;
  return type == csv ? "text/csv" : "application/json";
}

}  // namespace

audit::Event by_operator() { return {.name = "operator.command", .actor = {audit::ActorKind::operator_, std::nullopt}}; }

Result<Opened> open_tenant(const Config& config, std::string_view slug) {
  auto house = TRY(House::open(config));
  auto tenant = house->tenants.find_by_slug(slug, command_deadline());
  if (!tenant && tenant.error().kind == Kind::not_found) return fail(Kind::not_found, "tenant_unknown", "there is no tenant " + std::string(slug));
  if (!tenant) return std::unexpected(std::move(tenant.error()));
  return Opened{std::move(house), std::move(*tenant)};
}

OperatorApi::OperatorApi(House& house, const tenant::Tenant& tenant, store::Store& on)
    : pages_({{"page", page::resources()}}),  // no command shows a page
      rooms_(house, pages_, webhook_reach(house.config).value_or(http::Reach{}), on) {
  auto inside = rooms_.inside();
  inside.asker = the_operator;
  // Within a larger transaction everybody else waits.
  if (&on != house.store.get()) inside.asks_rules_for = std::chrono::milliseconds(0);
  console::add_routes(routes_, inside);
  site_.tenant = tenant.id;
  site_.slug = tenant.slug;
  site_.base_url = tenant::base_url(house.addressing, tenant);
  site_.secure = site_.base_url.starts_with("https://");
  site_.display_name = tenant.name;
}

Result<http::Reply> OperatorApi::call(const Call& call) {
  const std::size_t query = call.path.find('?');
  const auto decoded = percent_decode(call.path.substr(0, query), Plus::is_plus);
  if (!decoded || !decoded->starts_with('/')) return fail(Kind::malformed, "configuration_invalid", "a path begins with a slash: /people");
  http::Request request;
  request.method = call.method;
  request.path = std::string(api_root) + *decoded;
  if (query != std::string::npos) request.query = call.path.substr(query + 1);
  request.target = request.path;
  request.site = site_;
  request.deadline = command_deadline();
  request.headers.emplace_back("user-agent", "kidoban command line, user " + std::to_string(::getuid()));
  if (!call.if_match.empty()) request.headers.emplace_back("if-match", call.if_match);
  auto match = routes_.match(http::Scope::tenant, call.method, request.path);
  if (match.route == nullptr) {
    if (match.allowed.empty()) return fail(Kind::not_found, "page_unknown", "the API has no " + *decoded);
    return fail(Kind::malformed, "method_not_allowed", *decoded + " takes " + match.allowed);
  }
  const http::Body& takes = match.route->body;
  if (call.body.size() > takes.limit) {
    return fail(Kind::malformed, "body_too_large", takes.limit == 0 ? "nothing is sent there" : "at most " + std::to_string(takes.limit) + " bytes are sent there");
  }
  if (!call.body.empty()) request.headers.emplace_back("content-type", media_type(takes.type));
  request.body = call.body;
  request.path_values = std::move(match.path_values);
  auto reply = match.route->handler(request);
  if (!reply) return with_reason(std::move(reply.error()));
  if (reply->status >= 400) return refusal(*reply);
  return reply;
}

}  // namespace kidoban::service
