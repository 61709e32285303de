// /api/v1/domains[/{domain}[/check]].

#include <boost/json.hpp>

#include "base/domain_name.h"
#include "base/limits.h"
#include "base/text.h"
#include "console/answers.h"
#include "console/asking.h"
#include "console/console.h"
#include "console/json_body.h"
#include "page/words.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;
using http::Method, http::Reply, http::Request;
using tenant::Domain, tenant::DomainState;

std::string_view word_of(DomainState state) {
  switch (state) {
    case DomainState::pending: return "pending";
    case DomainState::proved: return "proved";
    case DomainState::proof_missing: return "proof_missing";
  }
  return "";
}

json::value told(const std::optional<Time>& at) { return at ? json::value(rfc3339(to_us(*at))) : json::value(nullptr); }

// What was found, in the reader's language.
std::string explained(const Domain& domain, const Request& request) {
  static const page::Words words(resources());
  const auto language = page::choose_language({}, request.header("accept-language"));
  const std::string* found = words.find(language, "domain.found." + (domain.found.empty() ? "not_yet" : domain.found));
  return found != nullptr ? *found : *words.find(language, "domain.found.failed");
}

json::object told(const Domain& d, const Request& request) {
  return {{"name", d.name},
          {"readable_name", readable_domain(d.name)},
          {"state", word_of(d.state)},
          {"record", {{"type", "TXT"}, {"name", d.record_name()}, {"value", d.record_value()}}},
          {"found", d.found.empty() ? json::value(nullptr) : json::value(d.found)},
          {"other_values", json::value_from(d.seen)},
          {"explanation", explained(d, request)},
          {"created_at", rfc3339(to_us(d.created_at))},
          {"proved_at", told(d.proved_at)},
          {"checked_at", told(d.checked_at)},
          {"next_check_at", rfc3339(to_us(d.next_check_at))}};
}

}  // namespace

void add_domain_routes(http::Routes& routes, const Inside& in) {
  // A tenant has at most limits::domains of them: one page.
  static_assert(limits::domains <= 500);
  routes.add(row(Method::get, "/domains", "domains_list", [in](Request& request) -> Result<Reply> {
    const auto all = TRY(read_as(in, request, Permission::settings_read, [&](store::Transaction& tx) { return in.domains.list(tx, "", limits::domains); }));
    json::array rows;
    for (const Domain& one : all) rows.push_back(told(one, request));
    return json_reply(200, {{"domains", std::move(rows)}});
  }));
  routes.add(row(Method::post, "/domains", "domain_add", [in](Request& request) -> Result<Reply> {
    auto body = TRY(JsonBody::parse(request.body));
    const auto name = TRY(body.required_text("name"));
    TRY(body.done());
    return create_as(in, request, Permission::domains_write, [&](store::Transaction& tx, const Asking&, const audit::Event& by) -> Result<Reply> {
      const auto made = TRY(in.domains.add(tx, name, by));
      auto reply = json_reply(201, told(made, request));
      reply.with("Location", request.site.base_url + "/api/v1/domains/" + made.name);
      return reply;
    });
  }));
  routes.add(row(Method::get, "/domains/{domain}", "domain_get", [in](Request& request) -> Result<Reply> {
    const auto name = request.path_value("domain");
    return json_reply(200, told(TRY(read_as(in, request, Permission::settings_read, [&](store::Transaction& tx) { return in.domains.get(tx, name); })), request));
  }));
  // Nothing is sent with it.
  auto check = row(Method::post, "/domains/{domain}/check", "domain_check", [in](Request& request) -> Result<Reply> {
    const auto who = [&](store::Transaction& tx) -> Result<audit::Event> { return by(request, TRY(asking(in, tx, request, Permission::domains_write))); };
    return json_reply(200, told(TRY(in.domains.check(*request.site.tenant, request.path_value("domain"), who, request.deadline)), request));
  });
  check.body = {http::Body::Type::none, 0};
  routes.add(std::move(check));
  routes.add(row(Method::del, "/domains/{domain}", "domain_remove", [in](Request& request) -> Result<Reply> {
    const auto name = request.path_value("domain");
    TRY(write_as(in, request, Permission::domains_write, [&](store::Transaction& tx, const audit::Event& by) -> Status {
      const auto domain = TRY(in.domains.get(tx, name));
      if (domain.is_owned() && TRY(in.directory.has_login_in(tx, domain.name))) return fail(Kind::conflict, "domain_in_use");
      return in.domains.remove(tx, name, by);
    }));
    return Reply::empty(204);
  }));
}

}  // namespace kidoban::console
