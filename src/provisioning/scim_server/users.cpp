// What can be done with one person.

#include <boost/json.hpp>

#include "base/text.h"
#include "provisioning/scim_server/inside.h"
#include "provisioning/scim_server/patch.h"
#include "provisioning/scim_server/user_json.h"

namespace kidoban::scim {

namespace json = boost::json;
using directory::Person, directory::PersonState;

namespace {

std::string tag_of(const Person& person) { return std::to_string(person.version); }

// Who is deleted is nobody here, though restorable by an administrator (RFC 7644 §3.6).
Result<Person> present(const Inside& in, store::Transaction& tx, const Id& id) {
  auto person = TRY(in.directory.get_person(tx, id));
  if (person.state == PersonState::pending_deletion) return fail(Kind::not_found, "person_unknown");
  return person;
}

// Whoever sets the password of an administrator is one: who may do less than somebody leaves them alone.
Result<Person> within_reach(const Inside& in, store::Transaction& tx, const Caller& who, const Call& call) {
  auto person = TRY(present(in, tx, *call.id));
  TRY(in.directory.roles().leave_more_powerful(tx, who.grant.everywhere, person.id, person.administrator));
  if (call.if_match && !call.if_match->fit(tag_of(person))) return fail(Kind::conflict, "version_changed");
  return person;
}

std::optional<std::string> password_of(const json::object& object) {
  for (const auto& member : object) {
    if (ascii_iequals(std::string_view(member.key()), "password") && member.value().is_string()) return std::string(member.value().get_string());
  }
  return std::nullopt;
}

// The last one that the operations name.
std::optional<std::string> password_in(const std::vector<Operation>& operations) {
  std::optional<std::string> found;
  for (const Operation& one : operations) {
    if (one.op == Operation::Op::remove) continue;
    if (one.path && one.value.is_string()) {
      const auto path = directory::ItemPath::parse(*one.path);
      if (path && path->attribute.name == "password") found = std::string(one.value.get_string());
    } else if (!one.path && one.value.is_object()) {
      if (auto inside = password_of(one.value.get_object())) found = std::move(inside);
    }
  }
  return found;
}

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

// Who is to be made, as far as a password must not be made of it.
directory::Profile sketch_of(const json::object& body) {
  directory::Profile out;
  out.login = text_of(body, "userName");
  out.display_name = text_of(body, "displayName");
  if (const auto* name = body.if_contains("name"); name != nullptr && name->is_object()) {
    out.family_name = text_of(name->get_object(), "familyName");
    out.given_name = text_of(name->get_object(), "givenName");
  }
  return out;
}

using Prepared = std::optional<factors::PreparedPassword>;

// Hashed before any transaction; `sketch` where nobody is there yet. The first fault is the one that is told.
Result<Prepared> prepared(const Inside& in, const http::Request& request, const std::optional<std::string>& password, const std::optional<Id>& person,
                          const directory::Profile& sketch) {
  if (!password || password->empty()) return std::nullopt;
  directory::Profile profile = sketch;
  const Permission needed = person ? Permission::people_reset : Permission::people_write;
  TRY(read_as(in, request, needed, [&](store::Transaction& tx) -> Status {
    if (person) profile = TRY(present(in, tx, *person)).profile;
    return {};
  }));
  const auto owner = factors::owner_of(*request.site.tenant, person, profile, request.site.display_name);
  auto chosen = TRY(in.passwords.choose(owner, Secret::of(*password), request.deadline));
  if (const auto* faults = std::get_if<std::vector<factors::Fault>>(&chosen)) return fail(Kind::malformed, faults->empty() ? Reason("password_malformed") : faults->front().reason);
  return std::get<factors::PreparedPassword>(std::move(chosen));
}

Status settle_manager(const Inside& in, store::Transaction& tx, const directory::Change& change) {
  const auto manager = change.attributes.find("manager");
  if (manager == change.attributes.end()) return {};
  const auto* text = std::get_if<std::string>(&manager->second);
  if (text == nullptr || text->empty()) return {};
  const auto id = Id::parse(*text);
  if (!id || !in.directory.get_person(tx, *id)) return fail(Kind::malformed, "manager_malformed", "there is no such person");
  return {};
}

Result<Shown> change(const Inside& in, store::Transaction& tx, const http::Request& request, const Caller& who, const audit::Event& by, const Person& before,
                     const directory::Schema& schema, const WantedUser& wanted, directory::Change::Mastered mastered, const Prepared& password, bool whole) {
  auto difference = change_between(before, wanted, schema);
  difference.writer = who.writer();
  difference.mastered = mastered;
  TRY(settle_manager(in, tx, difference));
  auto after = TRY(in.directory.change_person(tx, before.id, difference, std::nullopt, by));
  if (password && wanted.has_password) {
    TRY(in.passwords.set(tx, before.id, *password, by));
    TRY(in.login.sessions().end_all(tx, before.id, by, "password_set"));
  }
  // Whoever isn't enabled any more is signed out in the same breath.
  if (before.state == PersonState::enabled && after.state != PersonState::enabled) TRY(in.login.sessions().end_all(tx, before.id, by, "person_disabled"));
  return shown_user(in, tx, request, schema, after, whole);
}

}  // namespace

Result<Shown> shown_user(const Inside& in, store::Transaction& tx, const http::Request& request, const directory::Schema& schema, const Person& person, bool with_groups) {
  const std::string base = base_of(request);
  Shown out;
  out.tag = tag_of(person);
  out.location = base + "/Users/" + person.id.text();
  out.resource = user_json(person, schema, base);
  if (with_groups) {
    json::array groups;
    for (const auto& one : TRY(in.directory.groups().of(tx, person.id))) {
      const std::string id = one.id.text();
      groups.push_back(json::object{{"value", id}, {"$ref", base + "/Groups/" + id}, {"display", one.name}, {"type", one.direct ? "direct" : "indirect"}});
    }
    if (!groups.empty()) out.resource["groups"] = std::move(groups);
  }
  out.resource["meta"] = json::object{{"resourceType", "User"},
                                      {"created", rfc3339(to_us(person.created_at))},
                                      {"lastModified", rfc3339(to_us(person.updated_at))},
                                      {"location", out.location},
                                      {"version", "W/\"" + out.tag + "\""}};
  return out;
}

Result<Shown> read_user(const Inside& in, const http::Request& request, const Call& call) {
  return read_as(in, request, Permission::people_read, [&](store::Transaction& tx) -> Result<Shown> {
    const auto person = TRY(present(in, tx, *call.id));
    return shown_user(in, tx, request, TRY(in.directory.schema(tx)), person, call.whole);
  });
}

namespace {

// Who a body wants made, with their manager looked for.
Result<directory::Directory::NewPerson> newcomer(const Inside& in, store::Transaction& tx, const Caller& who, const directory::Schema& schema, const ResourceShape& shape,
                                                 const json::object& body) {
  auto wanted = TRY(wanted_user(TRY(coerced_resource(shape, body)), {}, schema));
  directory::Change as_change;
  if (!wanted.profile.manager.empty()) as_change.attributes.emplace("manager", wanted.profile.manager);
  TRY(settle_manager(in, tx, as_change));
  directory::Directory::NewPerson made;
  made.profile = std::move(wanted.profile);
  made.source = who.source();
  made.enabled = wanted.active.value_or(true);
  made.valid_from = wanted.valid_from;
  made.valid_until = wanted.valid_until;
  return made;
}

}  // namespace

Result<Shown> create_user(const Inside& in, const http::Request& request, const Call& call) {
  const auto password = TRY(prepared(in, request, password_of(*call.body), std::nullopt, sketch_of(*call.body)));
  return write_as(in, request, call, Permission::people_write, [&](store::Transaction& tx, const Caller& who, const audit::Event& by) -> Result<Shown> {
    const auto schema = TRY(in.directory.schema(tx));
    const auto person = TRY(in.directory.create_person(tx, TRY(newcomer(in, tx, who, schema, user_shape(schema), *call.body)), by));
    if (password) TRY(in.passwords.set(tx, person.id, *password, by));
    return shown_user(in, tx, request, schema, person, call.whole);
  });
}

Result<std::vector<Result<Shown>>> create_users(const Inside& in, const http::Request& request, Shared& shared, std::span<const json::object> bodies) {
  const Caller who = TRY(caller(in, shared, request, Permission::people_write));
  const auto schema = TRY(in.directory.schema(shared.tx));
  const auto shape = user_shape(schema);
  std::vector<Result<Shown>> all;
  std::vector<directory::Directory::NewPerson> wanted;
  std::vector<std::size_t> places;
  for (const json::object& body : bodies) {
    auto one = newcomer(in, shared.tx, who, schema, shape, body);
    if (one) {
      places.push_back(all.size());
      wanted.push_back(std::move(*one));
      all.emplace_back();
    } else {
      all.push_back(std::unexpected(std::move(one.error())));
    }
  }
  const auto made = TRY(in.directory.create_people(shared.tx, wanted, by(request, who)));
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (made[i]) all[places[i]] = shown_user(in, shared.tx, request, schema, *made[i], false);
    else all[places[i]] = std::unexpected(made[i].error());
  }
  return all;
}

Result<Shown> replace_user(const Inside& in, const http::Request& request, const Call& call) {
  const auto password = TRY(prepared(in, request, password_of(*call.body), call.id, {}));
  return write_as(in, request, call, Permission::people_write, [&](store::Transaction& tx, const Caller& who, const audit::Event& by) -> Result<Shown> {
    const auto before = TRY(within_reach(in, tx, who, call));
    const auto schema = TRY(in.directory.schema(tx));
    const auto wanted = TRY(wanted_user(TRY(coerced_resource(user_shape(schema), *call.body)), before.profile, schema));
    return change(in, tx, request, who, by, before, schema, wanted, directory::Change::Mastered::skip, password, call.whole);
  });
}

Result<Shown> patch_user(const Inside& in, const http::Request& request, const Call& call) {
  const auto operations = TRY(operations_in(*call.body));
  const auto password = TRY(prepared(in, request, password_in(operations), call.id, {}));
  return write_as(in, request, call, Permission::people_write, [&](store::Transaction& tx, const Caller& who, const audit::Event& by) -> Result<Shown> {
    const auto before = TRY(within_reach(in, tx, who, call));
    const auto schema = TRY(in.directory.schema(tx));
    const auto shape = user_shape(schema);
    auto resource = user_json(before, schema, base_of(request));
    for (const Operation& one : operations) TRY(apply(shape, one, resource));
    const auto wanted = TRY(wanted_user(resource, before.profile, schema));
    return change(in, tx, request, who, by, before, schema, wanted, directory::Change::Mastered::refuse, password, call.whole);
  });
}

Status delete_user(const Inside& in, const http::Request& request, const Call& call) {
  return write_as(in, request, call, Permission::people_write, [&](store::Transaction& tx, const Caller& who, const audit::Event& by) -> Status {
    const auto before = TRY(within_reach(in, tx, who, call));
    directory::Change gone;
    gone.state = PersonState::pending_deletion;
    gone.writer = who.writer();
    TRY(in.directory.change_person(tx, before.id, gone, std::nullopt, by));
    TRY(in.login.sessions().end_all(tx, before.id, by, "person_disabled"));
    return {};
  });
}

}  // namespace kidoban::scim
