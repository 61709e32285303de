// /api/v1/service-accounts[/{account}]. What they show who they are by: service_credentials_api.cpp.

#include <boost/json.hpp>

#include "base/text.h"
#include "console/answers.h"
#include "console/asking.h"
#include "console/json_body.h"
#include "console/permission_json.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;
using directory::PermissionSet, directory::ServiceAccount, directory::ServiceAccounts;
using http::Method, http::Reply, http::Request;

json::object told(const ServiceAccount& a) {
  return {{"id", a.id.text()}, {"name", a.name}, {"permissions", words_json(a.permissions)}, {"enabled", a.enabled},
          {"access_token_lifetime_s", a.access_lifetime.count()}, {"created_at", rfc3339(to_us(a.created_at))}};
}

Reply reply_with(int status, const ServiceAccount& account) {
  auto reply = json_reply(status, told(account));
  reply.with("ETag", entity_tag(account.version));
  return reply;
}

Result<Id> account_of(const Request& request) { return Id::parse(request.path_value("account")); }

// Whole seconds; nothing where the member isn't there.
Result<std::optional<std::chrono::seconds>> lifetime_of(JsonBody& body) {
  const auto* value = body.find("access_token_lifetime_s");
  if (value == nullptr) return std::nullopt;
  if (!value->is_int64()) return fail(Kind::malformed, "member_malformed", "access_token_lifetime_s isn't a whole number");
  return std::optional(std::chrono::seconds(value->get_int64()));
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
    const auto lifetime = TRY(lifetime_of(body)).value_or(directory::access_lifetime);
    TRY(body.done());
    return create_as(in, request, Permission::service_accounts_write, [&](store::Transaction& tx, const Asking& who, const audit::Event& by) -> Result<Reply> {
      TRY(may_hand_out(who, set));
      const auto made = TRY(in.directory.service_accounts().create(tx, name, set, by, lifetime));
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
    change.access_lifetime = TRY(lifetime_of(body));
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
  add_service_credential_routes(routes, in);
}

}  // namespace kidoban::console
