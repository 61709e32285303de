// /api/v1/people/{person}/sessions[/{session}]: where somebody is signed in, and an end to it.

#include <boost/json.hpp>

#include "base/text.h"
#include "console/answers.h"
#include "console/asking.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;
using http::Method, http::Reply, http::Request;

json::object told(const login::Session& s) {
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

void add_session_routes(http::Routes& routes, const Inside& in) {
  const std::string all = "/people/{person}/sessions";
  routes.add(row(Method::get, all, "sessions_list", [in](Request& request) -> Result<Reply> {
    const Id person = TRY(Id::parse(request.path_value("person")));
    const auto sessions = TRY(read_as(in, request, Permission::people_read, [&](store::Transaction& tx) -> Result<std::vector<login::Session>> {
      TRY(in.directory.get_person(tx, person));
      return in.login.sessions().list(tx, person);
    }));
    json::array rows;
    for (const auto& one : sessions) rows.push_back(told(one));
    return json_reply(200, {{"sessions", std::move(rows)}});
  }));
  routes.add(row(Method::del, all, "sessions_end_all", [in](Request& request) -> Result<Reply> {
    const Id person = TRY(Id::parse(request.path_value("person")));
    TRY(write_as(in, request, Permission::people_reset, [&](store::Transaction& tx, const audit::Event& by) -> Result<std::int64_t> {
      TRY(in.directory.get_person(tx, person));
      return in.login.sessions().end_all(tx, person, by, "ended_by_administrator");
    }));
    return Reply::empty(204);
  }));
  routes.add(row(Method::del, all + "/{session}", "session_end", [in](Request& request) -> Result<Reply> {
    const Id person = TRY(Id::parse(request.path_value("person"))), session = TRY(Id::parse(request.path_value("session")));
    TRY(write_as(in, request, Permission::people_reset, [&](store::Transaction& tx, const audit::Event& by) -> Status {
      if (TRY(in.login.sessions().end(tx, session, person, by, "ended_by_administrator"))) return {};
      return fail(Kind::not_found, "session_unknown");
    }));
    return Reply::empty(204);
  }));
}

}  // namespace kidoban::console
