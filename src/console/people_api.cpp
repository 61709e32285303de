// /api/v1/people[/{person}].

#include <boost/json.hpp>

#include "base/text.h"
#include "console/answers.h"
#include "console/asking.h"
#include "console/json_body.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;
using directory::Person;
using directory::PersonState;
using http::Method, http::Reply, http::Request;

constexpr std::array<std::pair<std::string_view, PersonState>, 3> states{{
    {"enabled", PersonState::enabled},
    {"disabled", PersonState::disabled},
    {"pending_deletion", PersonState::pending_deletion},
}};

std::string_view word_of(PersonState state) { return std::ranges::find(states, state, &std::pair<std::string_view, PersonState>::second)->first; }

json::object told(const Person& p) {
  return {{"id", p.id.text()},
          {"login", p.profile.login},
          {"display_name", p.profile.display_name},
          {"given_name", p.profile.given_name},
          {"family_name", p.profile.family_name},
          {"email", p.profile.email},
          {"email_verified", p.profile.email_verified},
          {"locale", p.profile.locale},
          {"zoneinfo", p.profile.zoneinfo},
          {"state", word_of(p.state)},
          {"administrator", p.administrator},
          {"created_at", rfc3339(to_us(p.created_at))},
          {"updated_at", rfc3339(to_us(p.updated_at))}};
}

Reply reply_with(int status, const Person& person) {
  auto reply = json_reply(status, told(person));
  reply.with("ETag", entity_tag(person.version));
  return reply;
}

Result<directory::Directory::NewPerson> parse_new(const Request& request) {
  auto body = TRY(JsonBody::parse(request.body));
  directory::Directory::NewPerson wanted;
  wanted.profile.login = TRY(body.required_text("login"));
  wanted.profile.display_name = TRY(body.required_text("display_name"));
  wanted.profile.given_name = TRY(body.text("given_name")).value_or("");
  wanted.profile.family_name = TRY(body.text("family_name")).value_or("");
  wanted.profile.email = TRY(body.text("email")).value_or("");
  wanted.profile.locale = TRY(body.text("locale")).value_or("");
  wanted.profile.zoneinfo = TRY(body.text("zoneinfo")).value_or("");
  wanted.administrator = TRY(body.flag("administrator")).value_or(false);
  TRY(body.done());
  return wanted;
}

Result<directory::Change> parse_change(const Request& request) {
  auto body = TRY(JsonBody::parse(request.body));
  directory::Change change;
  change.login = TRY(body.text("login"));
  change.display_name = TRY(body.text("display_name"));
  change.given_name = TRY(body.text("given_name"));
  change.family_name = TRY(body.text("family_name"));
  change.email = TRY(body.text("email"));
  change.locale = TRY(body.text("locale"));
  change.zoneinfo = TRY(body.text("zoneinfo"));
  change.administrator = TRY(body.flag("administrator"));
  if (const auto state = TRY(body.text("state"))) {
    const auto found = std::ranges::find(states, *state, &std::pair<std::string_view, PersonState>::first);
    if (found == states.end()) return fail(Kind::malformed, "state_unknown");
    change.state = found->second;
  }
  TRY(body.done());
  return change;
}

// Whoever isn't enabled any more is signed out in the same breath.
Result<Person> change(const Inside& in, store::Transaction& tx, const Id& id, const directory::Change& wanted, std::optional<std::int64_t> version,
                      const audit::Event& by) {
  auto person = TRY(in.directory.change_person(tx, id, wanted, version, by));
  if (person.state != PersonState::enabled) TRY(in.login.sessions().end_all(tx, id, by, "person_disabled"));
  return person;
}

}  // namespace

void add_people_routes(http::Routes& routes, const Inside& in) {
  routes.add(row(Method::get, "/people", "people_list", [in](Request& request) -> Result<Reply> {
    const auto page = TRY(page_of(request));
    const auto people = TRY(read_as(in, request, Permission::people_read, [&](store::Transaction& tx) { return in.directory.list_people(tx, page.after, page.limit); }));
    json::array rows;
    for (const Person& one : people) rows.push_back(told(one));
    return page_reply("people", std::move(rows), page, people.empty() ? std::nullopt : std::optional(people.back().id));
  }));
  routes.add(row(Method::post, "/people", "person_create", [in](Request& request) -> Result<Reply> {
    const auto wanted = TRY(parse_new(request));
    const auto made = TRY(write_as(in, request, Permission::people_write, [&](store::Transaction& tx, const audit::Event& by) { return in.directory.create_person(tx, wanted, by); }));
    auto reply = reply_with(201, made);
    reply.with("Location", request.site.base_url + "/api/v1/people/" + made.id.text());
    return reply;
  }));
  routes.add(row(Method::get, "/people/{person}", "person_get", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(Id::parse(request.path_value("person")));
    return reply_with(200, TRY(read_as(in, request, Permission::people_read, [&](store::Transaction& tx) { return in.directory.get_person(tx, id); })));
  }));
  routes.add(row(Method::patch, "/people/{person}", "person_change", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(Id::parse(request.path_value("person")));
    const auto version = TRY(if_match(request));
    const auto wanted = TRY(parse_change(request));
    return reply_with(200, TRY(write_as(in, request, Permission::people_write, [&](store::Transaction& tx, const audit::Event& by) { return change(in, tx, id, wanted, version, by); })));
  }));
  // They are kept, restorable, with their login taken: PATCH {"state":"enabled"} brings them back.
  routes.add(row(Method::del, "/people/{person}", "person_delete", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(Id::parse(request.path_value("person")));
    const auto version = TRY(if_match(request));
    directory::Change gone;
    gone.state = PersonState::pending_deletion;
    TRY(write_as(in, request, Permission::people_write, [&](store::Transaction& tx, const audit::Event& by) { return change(in, tx, id, gone, version, by); }));
    return Reply::empty(204);
  }));
}

}  // namespace kidoban::console
