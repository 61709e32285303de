#include "console/answers.h"

#include <boost/json.hpp>

#include "base/limits.h"
#include "base/text.h"
#include "http/status.h"
#include "login/asker.h"

namespace kidoban::console {

namespace json = boost::json;

Result<Page> page_of(const http::Request& request) {
  const auto query = TRY(request.query_form());
  Page page;
  if (const auto after = query.get("after")) {
    const auto id = Id::parse(*after);
    if (!id) return fail(Kind::malformed, "page_malformed");
    page.after = *id;
  }
  if (const auto limit = query.get("limit")) {
    const auto number = to_integer(*limit);
    if (!number || *number < 1 || *number > 500) return fail(Kind::malformed, "page_malformed");
    page.limit = static_cast<std::size_t>(*number);
  }
  return page;
}

http::Reply page_reply(std::string_view plural, json::array rows, std::optional<Id> next) {
  json::object body(rows.storage());  // of another storage the rows would be copied
  body[plural] = std::move(rows);
  if (next) body["next"] = next->text();
  return json_reply(200, body);
}

http::Reply page_reply(std::string_view plural, json::array rows, const Page& page, std::optional<Id> last) {
  const bool full = rows.size() == page.limit;
  return page_reply(plural, std::move(rows), full ? last : std::nullopt);
}

http::Reply json_reply(int status, const json::object& body) { return http::Reply::json(status, json::serialize(body)); }

std::string entity_tag(std::int64_t version) { return "\"" + std::to_string(version) + "\""; }

Result<std::optional<std::int64_t>> if_match(const http::Request& request) {
  std::string_view tag = request.header("if-match");
  if (tag.empty() || tag == "*") return std::nullopt;
  if (tag.size() > 2 && tag.front() == '"' && tag.back() == '"') {
    if (const auto version = to_integer(tag.substr(1, tag.size() - 2))) return *version;
  }
  return fail(Kind::malformed, "if_match_malformed");
}

http::Reply problem(const http::Request& request, const Error& error) {
  auto reply = http::problem(request, error);
  if (auto challenge = login::challenge(request, error); !challenge.empty()) reply.with("WWW-Authenticate", std::move(challenge));
  const int status = error.reason == "version_changed"            ? 412
                     : error.reason == "content_type_unsupported" ? 415
                     : error.reason == "idempotency_key_reused"   ? 422
                                                                  : reply.status;
  if (status == reply.status) return reply;
  auto body = json::parse(reply.body).as_object();
  body["status"] = status;
  body["title"] = http::phrase_of(status);
  reply.status = status;
  reply.body = json::serialize(body);
  return reply;
}

http::Route row(http::Method method, std::string path, std::string name, http::Handler handler, Takes takes) {
  const http::Body body = takes == Takes::json   ? http::Body{http::Body::Type::json, limits::json_body_bytes}
                          : takes == Takes::file ? http::Body{http::Body::Type::csv, limits::import_bytes}
                                                 : http::Body{http::Body::Type::none, 0};
  const auto guard = method == http::Method::get ? http::Guard::open : http::Guard::same_origin;
  return {http::Scope::tenant, method, "/api/v1" + std::move(path), guard, body, problem, std::move(handler), std::move(name), false};
}

}  // namespace kidoban::console
