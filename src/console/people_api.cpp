// /api/v1/people[/{person}].

#include <boost/json.hpp>

#include "base/text.h"
#include "console/answers.h"
#include "console/asking.h"
#include "console/json_body.h"
#include "console/people_search.h"
#include "directory/profile.h"
#include "search/search.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;
using directory::Directory, directory::Schema;
using directory::Person;
using directory::PersonState;
using http::Method, http::Reply, http::Request;

constexpr std::array<std::pair<std::string_view, PersonState>, 3> states{{
    {"enabled", PersonState::enabled},
    {"disabled", PersonState::disabled},
    {"pending_deletion", PersonState::pending_deletion},
}};

std::string_view word_of(PersonState state) { return std::ranges::find(states, state, &std::pair<std::string_view, PersonState>::second)->first; }

json::value told(const std::optional<Time>& at) { return at ? json::value(rfc3339(to_us(*at))) : json::value(nullptr); }

// Whose sign-in wrong guesses hold up, and until when.
using Locked = std::map<std::string, Time, std::less<>>;

// A page's rows are put into one piece of memory, and serialized from it.
constexpr std::size_t first_rows_bytes = 64 * 1024;

// Attributes without a value aren't there; who is the master of what isn't ours stands in `masters`.
json::object told(const Person& p, const Schema& schema, const Locked& locked, json::storage_ptr memory = {}) {
  json::object out(memory), custom(memory), masters(memory);
  out.reserve(directory::attributes().size() + 12);
  out["id"] = p.id.text();
  const auto add = [&](json::object& into, std::string_view name, std::string_view full_name, json::value value) {
    if (!value.is_null()) into[name] = std::move(value);
    if (Directory::master_of(schema, p, full_name)) masters[full_name] = p.source->kind == directory::SourceKind::scim ? "scim" : "sync";
  };
  for (const auto& one : directory::attributes()) add(out, one.name, one.name, directory::json_of(p.profile, one, memory));
  for (const auto& one : schema.custom) {
    const std::string full_name = std::string(directory::custom_prefix) + one.name;
    add(custom, one.name, full_name, directory::json_of(directory::value_of(p.profile, full_name), memory));
  }
  if (!custom.empty()) out["custom"] = std::move(custom);
  out["email_verified"] = p.profile.email_verified;
  out["state"] = word_of(p.state);
  const auto until = locked.find(p.profile.login);
  out["locked_until"] = until == locked.end() ? json::value(nullptr) : json::value(rfc3339(to_us(until->second)));
  out["administrator"] = p.administrator;
  out["valid_from"] = told(p.valid_from);
  out["valid_until"] = told(p.valid_until);
  if (p.gone_at) out["gone_at"] = told(p.gone_at);
  if (p.source) {
    out["source"] = json::object{{"kind", p.source->kind == directory::SourceKind::scim ? "scim" : "sync"}, {"account", p.source->account.text()}};
    out["masters"] = std::move(masters);
  }
  out["created_at"] = rfc3339(to_us(p.created_at));
  out["updated_at"] = rfc3339(to_us(p.updated_at));
  return out;
}

// Somebody with what the tenant settled, which says how they are shown.
struct Shown {
  Person person;
  Schema schema;
  Locked locked = {};
};

Reply reply_with(int status, const Shown& shown) {
  auto reply = json_reply(status, told(shown.person, shown.schema, shown.locked));
  reply.with("ETag", entity_tag(shown.person.version));
  return reply;
}

// All attributes that the body names. What isn't one is refused by JsonBody::done(); custom ones are of the type that the
// tenant declared, and so read in the transaction.
Result<std::map<std::string, directory::Value, std::less<>>> parse_attributes(JsonBody& body) {
  std::map<std::string, directory::Value, std::less<>> all;
  for (const auto& one : directory::attributes()) {
    if (const auto* value = body.find(one.name)) all.emplace(one.name, TRY(directory::value_from_json(one.name, one.type, *value)));
  }
  return all;
}

Result<json::object> parse_custom(JsonBody& body) {
  const auto* custom = body.find("custom");
  if (custom == nullptr) return json::object();
  if (!custom->is_object()) return fail(Kind::malformed, "member_malformed", "custom isn't an object");
  return custom->get_object();
}

Status read_custom(const Schema& schema, const json::object& custom, std::map<std::string, directory::Value, std::less<>>& into) {
  for (const auto& member : custom) {
    const auto declared = std::ranges::find(schema.custom, std::string_view(member.key()), &directory::CustomAttribute::name);
    const std::string name = std::string(directory::custom_prefix) + std::string(member.key());
    if (declared == schema.custom.end()) return fail(Kind::malformed, "attribute_unknown", name);
    into.insert_or_assign(name, TRY(directory::value_from_json(name, declared->type, member.value())));
  }
  return {};
}

// A body, read as far as it can be without the tenant's settings.
struct Asked {
  directory::Change change;
  json::object custom;
};

Result<Asked> parse_change(JsonBody& body) {
  Asked asked;
  asked.change.attributes = TRY(parse_attributes(body));
  asked.custom = TRY(parse_custom(body));
  asked.change.administrator = TRY(body.flag("administrator"));
  asked.change.valid_from = TRY(body.time("valid_from"));
  asked.change.valid_until = TRY(body.time("valid_until"));
  if (const auto state = TRY(body.text("state"))) {
    const auto found = std::ranges::find(states, *state, &std::pair<std::string_view, PersonState>::first);
    if (found == states.end()) return fail(Kind::malformed, "state_unknown");
    asked.change.state = found->second;
  }
  if (const auto* source = body.find("source")) {
    if (!source->is_null()) return fail(Kind::malformed, "member_malformed", "source can only be taken away");
    asked.change.leave_source = true;
  }
  TRY(body.done());
  return asked;
}

Result<Asked> parse_change(const Request& request) {
  auto body = TRY(JsonBody::parse(request.body));
  return parse_change(body);
}

Result<Asked> parse_new(const Request& request) {
  auto body = TRY(JsonBody::parse(request.body));
  TRY(body.required_text("login"));
  TRY(body.required_text("display_name"));
  auto asked = TRY(parse_change(body));
  if (asked.change.state == PersonState::pending_deletion || asked.change.leave_source) return fail(Kind::malformed, "state_unknown");
  return asked;
}

// Whoever makes an administrator could make themselves one.
Status check_powers(const Inside& in, store::Transaction& tx, const Request& request, const Asked& asked) {
  if (!asked.change.administrator) return {};
  return check(TRY(asking(in, tx, request, Permission::roles_write, Somewhere::allowed)), Permission::roles_write);
}

Result<Shown> create(const Inside& in, store::Transaction& tx, const Request& request, Asked asked, const Asking& who, const audit::Event& by) {
  TRY(check_powers(in, tx, request, asked));
  auto schema = TRY(in.directory.schema(tx));
  TRY(read_custom(schema, asked.custom, asked.change.attributes));
  Directory::NewPerson wanted;
  for (auto& [name, value] : asked.change.attributes) TRY(directory::set_value(wanted.profile, name, value, schema.custom));
  wanted.administrator = asked.change.administrator.value_or(false);
  wanted.valid_from = asked.change.valid_from.value_or(std::nullopt);
  wanted.valid_until = asked.change.valid_until.value_or(std::nullopt);
  wanted.enabled = asked.change.state != PersonState::disabled;
  auto made = TRY(in.directory.create_person(tx, wanted, by));
  // In whose domain they are may make them; what isn't theirs to make is undone.
  if (!TRY(who.may(in, tx, Permission::people_write, made))) return fail(Kind::forbidden, "permission_missing", "people_write");
  return Shown{std::move(made), std::move(schema)};
}

// Whoever isn't enabled any more is signed out in the same breath.
Result<Shown> change(const Inside& in, store::Transaction& tx, const Request& request, const Id& id, Asked asked, std::optional<std::int64_t> version, const audit::Event& by) {
  TRY(check_powers(in, tx, request, asked));
  auto schema = TRY(in.directory.schema(tx));
  TRY(read_custom(schema, asked.custom, asked.change.attributes));
  auto person = TRY(in.directory.change_person(tx, id, asked.change, version, by));
  if (person.state != PersonState::enabled) TRY(in.login.sessions().end_all(tx, id, by, "person_disabled"));
  auto locked = TRY(in.login.lockout().locked_among(tx, {person.profile.login}));
  return Shown{std::move(person), std::move(schema), std::move(locked)};
}

Result<Reply> found_people(const Inside& in, const Request& request, const PeopleQuery& query) {
  json::monotonic_resource memory(first_rows_bytes);
  json::array rows(&memory);
  std::optional<directory::ServiceCredential> shown;
  const auto found = TRY(search::asking(in.search, in.store, *request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Result<FoundPeople> {
    const auto who = TRY(asking(in, tx, request, Permission::people_read, Somewhere::allowed));
    shown = who.credential;
    const auto schema = TRY(in.directory.schema(tx));
    auto people = TRY(find_people(in, tx, who, schema, query, request.deadline));
    std::vector<std::string> logins;
    for (const Person& one : people.people) logins.push_back(one.profile.login);
    const auto locked = TRY(in.login.lockout().locked_among(tx, logins));
    rows.clear();
    for (const Person& one : people.people) rows.push_back(told(one, schema, locked, &memory));
    return people;
  }));
  if (shown) login::note_use(in.store, in.directory, request, *shown);
  json::object body(&memory);
  body["people"] = std::move(rows);
  body["total"] = found.total;
  if (found.next) body["next"] = *found.next;
  return json_reply(200, body);
}

}  // namespace

void add_people_routes(http::Routes& routes, const Inside& in) {
  routes.add(row(Method::get, "/people", "people_list", [in](Request& request) -> Result<Reply> {
    const auto query = TRY(PeopleQuery::parse(request));
    if (query.is_search()) return found_people(in, request, query);
    const auto page = TRY(page_of(request));
    json::monotonic_resource memory(first_rows_bytes);
    json::array rows(&memory);
    std::optional<Id> last;
    std::size_t read = 0;
    std::optional<directory::ServiceCredential> shown;
    TRY(in.store.read(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Status {
      const auto who = TRY(asking(in, tx, request, Permission::people_read, Somewhere::allowed));
      shown = who.credential;
      const auto schema = TRY(in.directory.schema(tx));
      rows.clear();
      const auto people = TRY(in.directory.list_people(tx, page.after, page.limit));
      read = people.size();
      std::vector<std::string> logins;
      for (const Person& one : people) logins.push_back(one.profile.login);
      const auto locked = TRY(in.login.lockout().locked_among(tx, logins));
      for (const Person& one : people) {
        if (TRY(who.may(in, tx, Permission::people_read, one))) rows.push_back(told(one, schema, locked, &memory));
        last = one.id;
      }
      return {};
    }));
    if (shown) login::note_use(in.store, in.directory, request, *shown);
    // Who isn't theirs isn't shown, and a page may be short for it: `next` says whether that was all.
    return page_reply("people", std::move(rows), read == page.limit ? last : std::nullopt);
  }));
  routes.add(row(Method::post, "/people", "person_create", [in](Request& request) -> Result<Reply> {
    const auto asked = TRY(parse_new(request));
    const auto make = [&](store::Transaction& tx, const Asking& who, const audit::Event& by) -> Result<Reply> {
      const auto made = TRY(create(in, tx, request, asked, who, by));
      auto reply = reply_with(201, made);
      reply.with("Location", request.site.base_url + "/api/v1/people/" + made.person.id.text());
      return reply;
    };
    return create_as(in, request, Permission::people_write, make, {.somewhere = Somewhere::allowed});
  }));
  routes.add(row(Method::get, "/people/{person}", "person_get", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(Id::parse(request.path_value("person")));
    return reply_with(200, TRY(read_as(in, request, Permission::people_read, [&](store::Transaction& tx) -> Result<Shown> {
      auto person = TRY(in.directory.get_person(tx, id));
      auto locked = TRY(in.login.lockout().locked_among(tx, {person.profile.login}));
      return Shown{std::move(person), TRY(in.directory.schema(tx)), std::move(locked)};
    })));
  }));
  routes.add(row(Method::patch, "/people/{person}", "person_change", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(Id::parse(request.path_value("person")));
    const auto version = TRY(if_match(request));
    const auto asked = TRY(parse_change(request));
    return reply_with(200, TRY(write_as(in, request, Permission::people_write, [&](store::Transaction& tx, const audit::Event& by) { return change(in, tx, request, id, asked, version, by); })));
  }));
  // They are kept, restorable, with their login taken: PATCH {"state":"enabled"} brings them back.
  routes.add(row(Method::del, "/people/{person}", "person_delete", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(Id::parse(request.path_value("person")));
    const auto version = TRY(if_match(request));
    Asked gone;
    gone.change.state = PersonState::pending_deletion;
    TRY(write_as(in, request, Permission::people_write, [&](store::Transaction& tx, const audit::Event& by) { return change(in, tx, request, id, gone, version, by); }));
    return Reply::empty(204);
  }));
  // Before their time has come: for whoever is pending deletion already.
  routes.add(row(Method::post, "/people/{person}/removal", "person_remove", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(Id::parse(request.path_value("person")));
    TRY(write_as(in, request, Permission::people_write, [&](store::Transaction& tx, const audit::Event& by) { return in.directory.remove_person(tx, id, by); }));
    return Reply::empty(204);
  }, Takes::nothing));
}

}  // namespace kidoban::console
