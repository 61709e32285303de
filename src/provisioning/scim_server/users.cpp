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

// Whoever sets the password of an administrator is one: who may not do everything leaves them alone.
Result<Person> within_reach(const Inside& in, store::Transaction& tx, const Caller& who, const Call& call) {
  auto person = TRY(present(in, tx, *call.id));
  if (person.administrator && !who.may.all()) return fail(Kind::forbidden, "person_more_powerful");
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

Result<KeepPassword> prepared(const Inside& in, const http::Request& request, const std::optional<std::string>& password) {
  if (!password || password->empty()) return KeepPassword();
  return in.prepare_password(*request.site.tenant, Secret::of(*password), request.deadline);
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
                     const directory::Schema& schema, const WantedUser& wanted, directory::Change::Mastered mastered, const KeepPassword& keep, bool whole) {
  auto difference = change_between(before, wanted, schema);
  difference.writer = who.writer();
  difference.mastered = mastered;
  TRY(settle_manager(in, tx, difference));
  auto after = TRY(in.directory.change_person(tx, before.id, difference, std::nullopt, by));
  if (keep && wanted.has_password) TRY(keep(tx, before.id, by));
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

Result<Shown> create_user(const Inside& in, const http::Request& request, const Call& call) {
  const auto keep = TRY(prepared(in, request, password_of(*call.body)));
  return write_as(in, request, Permission::people_write, [&](store::Transaction& tx, const Caller& who, const audit::Event& by) -> Result<Shown> {
    const auto schema = TRY(in.directory.schema(tx));
    auto wanted = TRY(wanted_user(TRY(coerced_resource(user_shape(schema), *call.body)), {}, schema));
    directory::Change as_change;
    if (!wanted.profile.manager.empty()) as_change.attributes.emplace("manager", wanted.profile.manager);
    TRY(settle_manager(in, tx, as_change));
    directory::Directory::NewPerson made;
    made.profile = std::move(wanted.profile);
    made.source = who.source;
    made.enabled = wanted.active.value_or(true);
    made.valid_from = wanted.valid_from;
    made.valid_until = wanted.valid_until;
    const auto person = TRY(in.directory.create_person(tx, made, by));
    if (keep) TRY(keep(tx, person.id, by));
    return shown_user(in, tx, request, schema, person, call.whole);
  });
}

Result<Shown> replace_user(const Inside& in, const http::Request& request, const Call& call) {
  const auto keep = TRY(prepared(in, request, password_of(*call.body)));
  return write_as(in, request, Permission::people_write, [&](store::Transaction& tx, const Caller& who, const audit::Event& by) -> Result<Shown> {
    const auto before = TRY(within_reach(in, tx, who, call));
    const auto schema = TRY(in.directory.schema(tx));
    const auto wanted = TRY(wanted_user(TRY(coerced_resource(user_shape(schema), *call.body)), before.profile, schema));
    return change(in, tx, request, who, by, before, schema, wanted, directory::Change::Mastered::skip, keep, call.whole);
  });
}

Result<Shown> patch_user(const Inside& in, const http::Request& request, const Call& call) {
  const auto operations = TRY(operations_in(*call.body));
  const auto keep = TRY(prepared(in, request, password_in(operations)));
  return write_as(in, request, Permission::people_write, [&](store::Transaction& tx, const Caller& who, const audit::Event& by) -> Result<Shown> {
    const auto before = TRY(within_reach(in, tx, who, call));
    const auto schema = TRY(in.directory.schema(tx));
    const auto shape = user_shape(schema);
    auto resource = user_json(before, schema, base_of(request));
    for (const Operation& one : operations) TRY(apply(shape, one, resource));
    const auto wanted = TRY(wanted_user(resource, before.profile, schema));
    return change(in, tx, request, who, by, before, schema, wanted, directory::Change::Mastered::refuse, keep, call.whole);
  });
}

Status delete_user(const Inside& in, const http::Request& request, const Call& call) {
  return write_as(in, request, Permission::people_write, [&](store::Transaction& tx, const Caller& who, const audit::Event& by) -> Status {
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
