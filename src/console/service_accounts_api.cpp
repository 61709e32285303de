// /api/v1/service-accounts[/{account}[/tokens[/{token}]]].

#include <boost/json.hpp>

#include "base/text.h"
#include "console/answers.h"
#include "console/asking.h"
#include "console/json_body.h"
#include "console/permission_json.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;
using directory::PermissionSet, directory::ServiceAccount, directory::ServiceAccounts, directory::ServiceToken;
using http::Method, http::Reply, http::Request;

json::object told(const ServiceAccount& a) {
  return {{"id", a.id.text()}, {"name", a.name}, {"permissions", words_json(a.permissions)}, {"enabled", a.enabled}, {"created_at", rfc3339(to_us(a.created_at))}};
}

json::object told(const ServiceToken& t) {
  json::object out{{"id", t.id.text()}, {"label", t.label}, {"created_at", rfc3339(to_us(t.created_at))}, {"expires_at", rfc3339(to_us(t.expires_at))}};
  if (t.last_used_at) out["last_used_at"] = rfc3339(to_us(*t.last_used_at));
  return out;
}

Reply reply_with(int status, const ServiceAccount& account) {
  auto reply = json_reply(status, told(account));
  reply.with("ETag", entity_tag(account.version));
  return reply;
}

Result<Id> account_of(const Request& request) { return Id::parse(request.path_value("account")); }

void add_token_routes(http::Routes& routes, const Inside& in) {
  const std::string tokens = "/service-accounts/{account}/tokens";
  routes.add(row(Method::get, tokens, "service_tokens_list", [in](Request& request) -> Result<Reply> {
    const Id account = TRY(account_of(request));
    json::array rows;
    for (const ServiceToken& one : TRY(read_as(in, request, Permission::service_accounts_write, [&](store::Transaction& tx) { return in.directory.service_accounts().tokens(tx, account); }))) {
      rows.push_back(told(one));
    }
    return json_reply(200, {{"tokens", std::move(rows)}});
  }));
  routes.add(row(Method::post, tokens, "service_token_issue", [in](Request& request) -> Result<Reply> {
    const Id account = TRY(account_of(request));
    auto body = TRY(JsonBody::parse(request.body));
    const auto label = TRY(body.required_text("label"));
    const auto until = TRY(body.time("expires_at"));
    TRY(body.done());
    if (!until || !*until) return fail(Kind::malformed, "member_missing", "expires_at is missing");
    const auto make = [&](store::Transaction& tx, const Asking& who, const audit::Event& by) -> Result<Reply> {
      // Whoever has the token may do what the account may.
      TRY(may_hand_out(who, TRY(in.directory.service_accounts().get(tx, account)).permissions));
      const auto issued = TRY(in.directory.service_accounts().issue(tx, account, label, **until, by));
      auto out = told(issued.about);
      out["token"] = issued.token.reveal_text();
      return json_reply(201, out);
    };
    return create_as(in, request, Permission::service_accounts_write, make, {.secrecy = Secrecy::told_once});
  }));
  routes.add(row(Method::del, tokens + "/{token}", "service_token_revoke", [in](Request& request) -> Result<Reply> {
    const Id account = TRY(account_of(request)), token = TRY(Id::parse(request.path_value("token")));
    TRY(write_as(in, request, Permission::service_accounts_write, [&](store::Transaction& tx, const audit::Event& by) { return in.directory.service_accounts().revoke(tx, account, token, by); }));
    return Reply::empty(204);
  }));
}

}  // namespace

void add_service_account_routes(http::Routes& routes, const Inside& in) {
  const std::string one = "/service-accounts/{account}";
  routes.add(row(Method::get, "/service-accounts", "service_accounts_list", [in](Request& request) -> Result<Reply> {
    const auto page = TRY(page_of(request));
    const auto all = TRY(read_as(in, request, Permission::service_accounts_write, [&](store::Transaction& tx) { return in.directory.service_accounts().list(tx, page.after, page.limit); }));
    json::array rows;
    for (const ServiceAccount& account : all) rows.push_back(told(account));
    return page_reply("service_accounts", std::move(rows), page, all.empty() ? std::nullopt : std::optional(all.back().id));
  }));
  routes.add(row(Method::post, "/service-accounts", "service_account_create", [in](Request& request) -> Result<Reply> {
    auto body = TRY(JsonBody::parse(request.body));
    const auto name = TRY(body.required_text("name"));
    const auto set = TRY(permissions_of(body)).value_or(PermissionSet{});
    TRY(body.done());
    return create_as(in, request, Permission::service_accounts_write, [&](store::Transaction& tx, const Asking& who, const audit::Event& by) -> Result<Reply> {
      TRY(may_hand_out(who, set));
      const auto made = TRY(in.directory.service_accounts().create(tx, name, set, by));
      auto reply = reply_with(201, made);
      reply.with("Location", request.site.base_url + "/api/v1/service-accounts/" + made.id.text());
      return reply;
    });
  }));
  routes.add(row(Method::get, one, "service_account_get", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(account_of(request));
    return reply_with(200, TRY(read_as(in, request, Permission::service_accounts_write, [&](store::Transaction& tx) { return in.directory.service_accounts().get(tx, id); })));
  }));
  routes.add(row(Method::patch, one, "service_account_change", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(account_of(request));
    const auto version = TRY(if_match(request));
    auto body = TRY(JsonBody::parse(request.body));
    ServiceAccounts::Change change;
    change.name = TRY(body.text("name"));
    change.permissions = TRY(permissions_of(body));
    change.enabled = TRY(body.flag("enabled"));
    TRY(body.done());
    return reply_with(200, TRY(write_as(in, request, Permission::service_accounts_write, [&](store::Transaction& tx, const audit::Event& by) -> Result<ServiceAccount> {
      if (change.permissions) TRY(may_hand_out(TRY(asking(in, tx, request, Permission::service_accounts_write)), *change.permissions));
      return in.directory.service_accounts().change(tx, id, change, version, by);
    })));
  }));
  routes.add(row(Method::del, one, "service_account_delete", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(account_of(request));
    TRY(write_as(in, request, Permission::service_accounts_write, [&](store::Transaction& tx, const audit::Event& by) { return in.directory.service_accounts().remove(tx, id, by); }));
    return Reply::empty(204);
  }));
  add_token_routes(routes, in);
}

}  // namespace kidoban::console
