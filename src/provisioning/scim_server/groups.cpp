// What can be done with one group. A PATCH of its members touches those it names and no others: a group may have 50,000.

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <set>

#include "base/limits.h"
#include "base/text.h"
#include "provisioning/scim_server/inside.h"
#include "provisioning/scim_server/json_subject.h"
#include "provisioning/scim_server/patch.h"

namespace kidoban::scim {

namespace json = boost::json;
using directory::Group, directory::Member, directory::MemberKind;

namespace {

Result<std::vector<Member>> all_members(const Inside& in, store::Transaction& tx, const Id& group) {
  std::vector<Member> all;
  for (std::optional<Id> after;;) {
    const auto page = TRY(in.directory.groups().members(tx, group, after, 500));
    all.insert(all.end(), page.begin(), page.end());
    if (page.size() < 500) return all;
    if (all.size() > limits::scim_members) return fail(Kind::malformed, "too_many", "members of a group");
    after = page.back().id;
  }
}

json::object told(const Member& one, const std::string& base) {
  const bool group = one.kind == MemberKind::group;
  const std::string id = one.id.text();
  return {{"value", id}, {"$ref", base + (group ? "/Groups/" : "/Users/") + id}, {"type", group ? "Group" : "User"}};
}

// Who is in a group isn't in its version: the tag is made of both.
std::string tag_of(const Group& group) { return std::to_string(group.version) + "-" + std::to_string(group.members_version); }

json::object group_json(const Group& group) {
  json::object out{{"id", group.id.text()}, {"displayName", group.name}};
  if (!group.external_id.empty()) out["externalId"] = group.external_id;
  json::object ours;
  if (!group.description.empty()) ours["description"] = group.description;
  if (!group.mail.empty()) ours["mail"] = group.mail;
  if (!group.type.empty()) ours["type"] = group.type;
  json::array schemas{group_urn};
  if (!ours.empty()) {
    schemas.push_back(json::value(our_group_urn));
    out[our_group_urn] = std::move(ours);
  }
  out["schemas"] = std::move(schemas);
  return out;
}

std::string text_in(const json::object& in, std::string_view name) {
  const auto* value = in.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

Result<directory::GroupAttributes> wanted_group(const json::object& resource) {
  directory::GroupAttributes out{.name = text_in(resource, "displayName")};
  if (out.name.empty()) return fail(Kind::malformed, "value_malformed", "displayName is required");
  out.external_id = text_in(resource, "externalId");
  if (const auto* ours = resource.if_contains(our_group_urn); ours != nullptr && ours->is_object()) {
    out.description = text_in(ours->get_object(), "description");
    out.mail = text_in(ours->get_object(), "mail");
    out.type = text_in(ours->get_object(), "type");
  }
  return out;
}

const Shape& member_shape() { return group_shape().schemas.front().attributes.back(); }

// Whether people or groups are meant: it is said, or it is looked up, for all of them at once.
Result<std::vector<Member>> members_meant(const Inside& in, store::Transaction& tx, const json::value& value) {
  const auto items = TRY(coerced(member_shape(), value));
  std::vector<Member> out;
  if (!items.is_array()) return out;
  std::vector<Id> unknown;
  std::vector<std::size_t> places;
  for (const auto& item : items.get_array()) {
    if (!item.is_object()) return fail(Kind::malformed, "value_malformed", "members");
    const auto& o = item.get_object();
    const auto id = Id::parse(text_in(o, "value"));
    if (!id) return fail(Kind::malformed, "group_member_unknown");
    const std::string type = text_in(o, "type"), reference = text_in(o, "$ref");
    if (!ascii_iequals(type, "Group") && reference.find("/Groups/") == std::string::npos) {
      unknown.push_back(*id);
      places.push_back(out.size());
    }
    out.push_back({*id, MemberKind::group});
  }
  const auto known = TRY(in.directory.groups().as_members(tx, unknown));
  for (std::size_t i = 0; i < places.size(); ++i) out[places[i]] = known[i];
  return out;
}

// What the operations come to, in their order: the last word about somebody counts.
class Plan {
 public:
  // Those who are in it now, where somebody had to look: who is in already isn't put in, who isn't isn't taken out.
  void there(const std::vector<Member>& now) {
    there_.emplace();
    for (const Member& one : now) there_->insert(one.id);
  }
  void add(const Member& one) { wanted_[one.id] = {one.kind, true}; }
  void remove(const Member& one) { wanted_[one.id] = {one.kind, false}; }
  bool empty() const { return wanted_.empty(); }
  directory::MemberChange change() const {
    directory::MemberChange out;
    for (const auto& [id, wish] : wanted_) {
      if (!there_ || there_->contains(id) != wish.second) (wish.second ? out.add : out.remove).push_back({id, wish.first});
    }
    return out;
  }
  // Those who would be in it.
  std::vector<Member> over(std::vector<Member> now) const {
    std::erase_if(now, [&](const Member& one) { return wanted_.contains(one.id); });
    for (const auto& [id, wish] : wanted_) {
      if (wish.second) now.push_back({id, wish.first});
    }
    return now;
  }

 private:
  std::map<Id, std::pair<MemberKind, bool>> wanted_;
  std::optional<std::set<Id>> there_;
};

// `members[value eq "…"]`, by far the most usual: no need to see the others.
const std::string* one_named(const directory::Filter& filter) {
  const auto* literal = filter.root().kind == directory::Filter::Kind::compare ? filter.required("value") : nullptr;
  return literal == nullptr ? nullptr : std::get_if<std::string>(&literal->value);
}

Status plan_members(const Inside& in, store::Transaction& tx, const Id& group, const Operation& operation, const directory::ItemPath& path, const std::string& base, Plan& plan) {
  using Op = Operation::Op;
  if (!path.sub.empty() || !path.attribute.sub.empty()) return fail(Kind::malformed, "attribute_read_only", "a member's parts can't be changed, but they can be replaced");
  const auto now = [&]() -> Result<std::vector<Member>> {
    auto all = TRY(all_members(in, tx, group));
    plan.there(all);
    return plan.over(std::move(all));
  };
  if (path.items) {
    if (operation.op == Op::add) return fail(Kind::malformed, "patch_no_target", "members are added without a filter");
    std::vector<Member> found;
    if (const auto* name = one_named(*path.items)) {
      const auto id = Id::parse(*name);
      if (id) found.push_back({*id, MemberKind::person}), found.push_back({*id, MemberKind::group});
    } else {
      for (const Member& one : TRY(now())) {
        const json::value item = told(one, base);
        if (path.items->matches(ItemSubject(member_shape(), item))) found.push_back(one);
      }
    }
    // One id is a person's or a group's: whichever it is goes.
    for (const Member& one : found) plan.remove(one);
    if (operation.op == Op::replace) {
      for (const Member& one : TRY(members_meant(in, tx, operation.value))) plan.add(one);
    }
    return {};
  }
  const auto named = TRY(members_meant(in, tx, operation.value));
  if (operation.op == Op::replace || (operation.op == Op::remove && is_nothing(operation.value))) {
    for (const Member& one : TRY(now())) plan.remove(one);
  }
  for (const Member& one : named) operation.op == Op::remove ? plan.remove(one) : plan.add(one);
  return {};
}

Status put_members(const Inside& in, store::Transaction& tx, const Id& group, directory::MemberChange change, const audit::Event& by) {
  // Who goes may be written as a person where a group is meant: ids are of one space.
  const std::vector<Member> named = change.remove;
  for (const Member& one : named) change.remove.push_back({one.id, one.kind == MemberKind::person ? MemberKind::group : MemberKind::person});
  if (change.add.empty() && change.remove.empty()) return {};
  const auto done = in.directory.groups().change_members(tx, group, change, by);
  if (done) return {};
  if (done.error().reason == "person_unknown" || done.error().reason == "group_member_unknown") return fail(Kind::malformed, "group_member_unknown");
  return std::unexpected(done.error());
}

directory::GroupChange change_to(const directory::GroupAttributes& wanted) {
  return {.name = wanted.name, .description = wanted.description, .mail = wanted.mail, .type = wanted.type, .external_id = wanted.external_id};
}

Result<Group> fitting(const Inside& in, store::Transaction& tx, const Call& call) {
  auto group = TRY(in.directory.groups().get(tx, *call.id));
  if (call.if_match && !call.if_match->any && !call.if_match->fit(tag_of(group))) return fail(Kind::conflict, "version_changed");
  return group;
}

// So many members are told of a group that was changed; of more, only who asks for them hears.
constexpr std::size_t members_told = 1000;

Result<bool> is_large(const Inside& in, store::Transaction& tx, const Id& group) {
  std::optional<Id> after;
  for (std::size_t seen = 0; seen < members_told;) {
    const auto page = TRY(in.directory.groups().members(tx, group, after, 500));
    seen += page.size();
    if (page.size() < 500) return false;
    after = page.back().id;
  }
  return !TRY(in.directory.groups().members(tx, group, after, 1)).empty();
}

// After a change: as it stands now.
Result<Shown> changed_group(const Inside& in, store::Transaction& tx, const http::Request& request, const Call& call, const Id& id) {
  const bool briefly = call.briefly && TRY(is_large(in, tx, id));
  auto shown = TRY(shown_group(in, tx, request, TRY(in.directory.groups().get(tx, id)), call.whole && !briefly));
  shown.briefly = briefly;
  return shown;
}

}  // namespace

Result<Shown> shown_group(const Inside& in, store::Transaction& tx, const http::Request& request, const Group& group, bool with_members) {
  const std::string base = base_of(request);
  Shown out;
  out.location = base + "/Groups/" + group.id.text();
  out.resource = group_json(group);
  out.tag = tag_of(group);
  out.resource["meta"] = json::object{{"resourceType", "Group"},
                                      {"created", rfc3339(to_us(group.created_at))},
                                      {"lastModified", rfc3339(to_us(group.updated_at))},
                                      {"location", out.location},
                                      {"version", "W/\"" + out.tag + "\""}};
  if (with_members) {
    const auto members = TRY(all_members(in, tx, group.id));
    json::array all;
    all.reserve(members.size());
    for (const Member& one : members) all.push_back(told(one, base));
    if (!all.empty()) out.resource["members"] = std::move(all);
  }
  return out;
}

Result<Shown> read_group(const Inside& in, const http::Request& request, const Call& call) {
  return read_as(in, request, Permission::groups_read, [&](store::Transaction& tx) -> Result<Shown> {
    return shown_group(in, tx, request, TRY(in.directory.groups().get(tx, *call.id)), call.whole);
  });
}

Result<Shown> create_group(const Inside& in, const http::Request& request, const Call& call) {
  const auto resource = TRY(coerced_resource(group_shape(), *call.body));
  const auto wanted = TRY(wanted_group(resource));
  return write_as(in, request, call, Permission::groups_write, [&](store::Transaction& tx, const Caller&, const audit::Event& by) -> Result<Shown> {
    const auto group = TRY(in.directory.groups().create(tx, wanted, by));
    if (const auto* members = resource.if_contains("members")) TRY(put_members(in, tx, group.id, {.add = TRY(members_meant(in, tx, *members))}, by));
    return changed_group(in, tx, request, call, group.id);
  });
}

Result<Shown> replace_group(const Inside& in, const http::Request& request, const Call& call) {
  const auto resource = TRY(coerced_resource(group_shape(), *call.body));
  const auto wanted = TRY(wanted_group(resource));
  return write_as(in, request, call, Permission::groups_write, [&](store::Transaction& tx, const Caller&, const audit::Event& by) -> Result<Shown> {
    TRY(fitting(in, tx, call));
    const auto group = TRY(in.directory.groups().change(tx, *call.id, change_to(wanted), std::nullopt, by));
    const auto* given = resource.if_contains("members");
    const auto members = given == nullptr ? std::vector<Member>() : TRY(members_meant(in, tx, *given));
    // Only what is different is put in or taken out.
    std::map<Id, MemberKind> wanted_members;
    for (const Member& one : members) wanted_members.emplace(one.id, one.kind);
    directory::MemberChange change;
    for (const Member& one : TRY(all_members(in, tx, group.id))) {
      if (wanted_members.erase(one.id) == 0) change.remove.push_back(one);
    }
    for (const auto& [id, kind] : wanted_members) change.add.push_back({id, kind});
    TRY(put_members(in, tx, group.id, std::move(change), by));
    return changed_group(in, tx, request, call, group.id);
  });
}

Result<Shown> patch_group(const Inside& in, const http::Request& request, const Call& call) {
  const auto operations = TRY(operations_in(*call.body));
  return write_as(in, request, call, Permission::groups_write, [&](store::Transaction& tx, const Caller&, const audit::Event& by) -> Result<Shown> {
    const std::string base = base_of(request);
    const auto before = TRY(fitting(in, tx, call));
    json::object resource = group_json(before);
    Plan plan;
    for (const Operation& one : operations) {
      if (one.path) {
        const auto path = TRY(directory::ItemPath::parse(*one.path));
        if (path.attribute.name == "members") {
          TRY(plan_members(in, tx, before.id, one, path, base, plan));
          continue;
        }
        TRY(apply(group_shape(), one, resource));
        continue;
      }
      // Okta replaces {"id":…,"displayName":…} so, and may have members among them.
      Operation rest = one;
      if (rest.value.is_object()) {
        for (const auto& member : one.value.get_object()) {
          if (!ascii_iequals(std::string_view(member.key()), "members")) continue;
          TRY(plan_members(in, tx, before.id, {one.op, "members", member.value()}, TRY(directory::ItemPath::parse("members")), base, plan));
          rest.value.get_object().erase(member.key());
        }
      }
      TRY(apply(group_shape(), rest, resource));
    }
    const auto group = TRY(in.directory.groups().change(tx, before.id, change_to(TRY(wanted_group(resource))), std::nullopt, by));
    if (!plan.empty()) TRY(put_members(in, tx, group.id, plan.change(), by));
    return changed_group(in, tx, request, call, group.id);
  });
}

Status delete_group(const Inside& in, const http::Request& request, const Call& call) {
  return write_as(in, request, call, Permission::groups_write, [&](store::Transaction& tx, const Caller&, const audit::Event& by) -> Status {
    const auto group = TRY(fitting(in, tx, call));
    return in.directory.groups().remove(tx, group.id, std::nullopt, by);
  });
}

}  // namespace kidoban::scim
