// Sessions for administrators: GET and DELETE /api/v1/people/{person}/sessions[/{session}].

#include <boost/json.hpp>

#include "base/text.h"
#include "login/inside.h"

namespace kidoban::login {

namespace {

namespace json = boost::json;

json::object told(const Session& s) {
  json::array amr;
  for (const std::string& method : s.amr) amr.emplace_back(method);
  return {{"id", s.id.text()},
          {"signed_in_at", rfc3339(to_us(s.signed_in_at))},
          {"last_seen_at", rfc3339(to_us(s.last_seen_at))},
          {"expires_at", rfc3339(to_us(s.absolute_until))},
          {"amr", std::move(amr)},
          {"client_address", s.client_address},
          {"user_agent", s.user_agent}};
}

}  // namespace

void Login::Inside::add_session_api(http::Routes& routes) {
  // The administrator who asks; another's request looks the same whether the person is there or not.
  const auto administrator = [this](store::Transaction& tx, const http::Request& request) -> Result<Id> {
    const auto browser = TRY(browser_of(tx, request));
    if (!browser.session) return fail(Kind::unauthenticated, "session_missing");
    if (!browser.person->administrator) return fail(Kind::forbidden, "not_administrator");
    return browser.person->id;
  };
  const auto list = [this, administrator](http::Request& request) -> Result<http::Reply> {
    const Id person = TRY(Id::parse(request.path_value("person")));
    const auto all = TRY(store.read(*request.site.tenant, request.deadline,
                                    [&](store::Transaction& tx) -> Result<std::vector<Session>> {
                                      TRY(administrator(tx, request));
                                      TRY(directory.get_person(tx, person));
                                      return sessions.list(tx, person);
                                    }));
    json::array out;
    for (const Session& session : all) out.push_back(told(session));
    return http::Reply::json(200, json::serialize(json::object{{"sessions", std::move(out)}}));
  };
  const auto end = [this, administrator](http::Request& request) -> Result<http::Reply> {
    const Id person = TRY(Id::parse(request.path_value("person")));
    const auto one = request.path_value("session");
    const auto session = one.empty() ? std::optional<Id>() : std::optional(TRY(Id::parse(one)));
    TRY(store.write(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Status {
      const auto by = event_of(request, "session.ended", TRY(administrator(tx, request)));
      if (!session) {
        TRY(directory.get_person(tx, person));
        TRY(sessions.end_all(tx, person, by, "ended_by_administrator"));
      } else if (!TRY(sessions.end(tx, *session, person, by, "ended_by_administrator"))) {
        return fail(Kind::not_found, "session_unknown");
      }
      return {};
    }));
    return http::Reply::empty(204);
  };
  using http::Body, http::Guard, http::Method, http::Scope;
  const std::string all = "/api/v1/people/{person}/sessions";
  routes.add({Scope::tenant, Method::get, all, Guard::open, {Body::Type::none, 0}, http::problem, list,
              "sessions_list", false});
  routes.add({Scope::tenant, Method::del, all, Guard::same_origin, {Body::Type::none, 0}, http::problem, end,
              "sessions_end_all", false});
  routes.add({Scope::tenant, Method::del, all + "/{session}", Guard::same_origin, {Body::Type::none, 0},
              http::problem, end, "session_end", false});
}

}  // namespace kidoban::login
