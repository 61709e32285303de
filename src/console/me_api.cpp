// /api/v1/me…: somebody about themselves, by the rules of their own pages (portal/own.h). Whoever's browser asks; no permission
// is needed for it, and a service account is nobody here.

#include <boost/json.hpp>

#include <algorithm>

#include "base/text.h"
#include "console/answers.h"
#include "console/asking.h"
#include "console/json_body.h"
#include "directory/profile.h"
#include "login/client.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;
using http::Method, http::Reply, http::Request;
using Attributes = std::map<std::string, directory::Value, std::less<>>;

Result<login::Login::SignedIn> myself(const Inside& in, store::Transaction& tx, const Request& request) {
  if (!request.header("authorization").empty()) return fail(Kind::forbidden, "not_a_person", "/me is for people, by their browser's session");
  auto found = TRY(in.login.signed_in(tx, request));
  if (!found) return fail(Kind::unauthenticated, "session_missing");
  return std::move(*found);
}

json::object told(const directory::Person& person, const directory::Schema& schema, const std::optional<portal::Own::Pending>& pending) {
  json::object out{{"id", person.id.text()}};
  json::object custom;
  for (const auto& one : directory::attributes()) {
    if (auto value = directory::json_of(person.profile, one); !value.is_null()) out[one.name] = std::move(value);
  }
  for (const auto& one : schema.custom) {
    if (auto value = directory::json_of(directory::value_of(person.profile, std::string(directory::custom_prefix) + one.name)); !value.is_null()) {
      custom[one.name] = std::move(value);
    }
  }
  if (!custom.empty()) out["custom"] = std::move(custom);
  json::array editable;
  for (const std::string& name : portal::Own::editable(schema)) editable.emplace_back(name);
  out["editable"] = std::move(editable);
  if (pending) out["pending"] = json::object{{"private_email", pending->address}, {"expires_at", rfc3339(to_us(pending->expires_at))}};
  out["updated_at"] = rfc3339(to_us(person.updated_at));
  return out;
}

Reply me_reply(const directory::Person& person, const directory::Schema& schema, const std::optional<portal::Own::Pending>& pending) {
  auto reply = json_reply(200, told(person, schema, pending));
  reply.with("ETag", entity_tag(person.version));
  return reply;
}

// Attributes by name; those of the tenant's own are of the type that it declared, and so are read in the transaction.
struct Asked {
  Attributes attributes;
  json::object custom;
};
Result<Asked> parse_change(const Request& request) {
  auto body = TRY(JsonBody::parse(request.body));
  Asked asked;
  for (const auto& one : directory::attributes()) {
    if (const auto* value = body.find(one.name)) asked.attributes.emplace(one.name, TRY(directory::value_from_json(one.name, one.type, *value)));
  }
  if (const auto* custom = body.find("custom")) {
    if (!custom->is_object()) return fail(Kind::malformed, "member_malformed", "custom isn't an object");
    asked.custom = custom->get_object();
  }
  TRY(body.done());
  return asked;
}

Status read_custom(const directory::Schema& schema, const json::object& custom, Attributes& into) {
  for (const auto& member : custom) {
    const auto declared = std::ranges::find(schema.custom, std::string_view(member.key()), &directory::CustomAttribute::name);
    const std::string name = std::string(directory::custom_prefix) + std::string(member.key());
    if (declared == schema.custom.end()) return fail(Kind::malformed, "attribute_unknown", name);
    into.insert_or_assign(name, TRY(directory::value_from_json(name, declared->type, member.value())));
  }
  return {};
}

json::object told(const portal::SeenSignIn& one, const Id& session) {
  json::array methods;
  for (const std::string& method : one.methods) methods.emplace_back(method);
  const auto client = login::client_of(one.user_agent);
  json::object out{{"id", one.id.text()},
                   {"at", rfc3339(to_us(one.at))},
                   {"outcome", one.passed ? "success" : "refused"},
                   {"methods", std::move(methods)},
                   {"client_address", one.client_address},
                   {"user_agent", one.user_agent},
                   {"browser", client.browser},
                   {"system", client.system},
                   {"application", one.application.empty() ? json::value(nullptr) : json::value(one.application)},
                   {"new_browser", one.new_browser},
                   {"current", one.passed && one.session == session}};
  if (!one.reason.empty()) out["reason"] = one.reason;
  return out;
}

}  // namespace

void add_me_routes(http::Routes& routes, const Inside& in) {
  routes.add(row(Method::get, "/me", "me_get", [in](Request& request) -> Result<Reply> {
    return in.store.read(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Result<Reply> {
      const auto who = TRY(myself(in, tx, request));
      return me_reply(who.person, TRY(in.directory.schema(tx)), TRY(in.own.pending(tx, who.person.id)));
    });
  }));
  routes.add(row(Method::patch, "/me", "me_change", [in](Request& request) -> Result<Reply> {
    const auto version = TRY(if_match(request));
    const auto asked = TRY(parse_change(request));
    return in.store.write(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Result<Reply> {
      const auto who = TRY(myself(in, tx, request));
      const auto schema = TRY(in.directory.schema(tx));
      Attributes attributes = asked.attributes;
      TRY(read_custom(schema, asked.custom, attributes));
      const auto changed = TRY(in.own.change(tx, request, who.person, std::move(attributes), version));
      return me_reply(changed.person, schema, changed.pending);
    });
  }));
  routes.add(row(Method::get, "/me/sign-ins", "my_sign_ins", [in](Request& request) -> Result<Reply> {
    const auto page = TRY(page_of(request));
    return in.store.read(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Result<Reply> {
      const auto who = TRY(myself(in, tx, request));
      json::array rows;
      std::optional<Id> last;
      for (const auto& one : TRY(in.own.sign_ins(tx, who.person.id, page.after, page.limit))) {
        rows.push_back(told(one, who.session));
        last = one.id;
      }
      return page_reply("sign_ins", std::move(rows), page, last);
    });
  }));
  routes.add(row(Method::post, "/me/sign-ins/{record}/report", "my_sign_in_report", [in](Request& request) -> Result<Reply> {
    const Id record = TRY(Id::parse(request.path_value("record")));
    auto body = TRY(JsonBody::parse(request.body));
    const bool end_others = TRY(body.flag("end_other_sessions")).value_or(false);
    TRY(body.done());
    TRY(in.store.write(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Status {
      return in.own.report(tx, request, TRY(myself(in, tx, request)), record, end_others);
    }));
    return Reply::empty(204);
  }));
}

}  // namespace kidoban::console
