// The tables: RFC 7643 §3.1, §4 and §8.7, as far as the directory keeps it, and our own extensions.

#include "provisioning/scim_server/shape.h"

namespace kidoban::scim {

namespace {

using enum Type;

Shape text(std::string name, std::string description) { return {.name = std::move(name), .type = string, .description = std::move(description), .references = {}, .subs = {}}; }
Shape flag(std::string name, std::string description) {
  Shape out = text(std::move(name), std::move(description));
  out.type = boolean;
  return out;
}
Shape time(std::string name, std::string description) {
  Shape out = text(std::move(name), std::move(description));
  out.type = date_time;
  return out;
}
Shape reference_to(std::string name, std::vector<std::string> to, std::string description) {
  Shape out = text(std::move(name), std::move(description));
  out.type = reference;
  out.case_exact = true;
  out.references = std::move(to);
  return out;
}
Shape group_of(std::string name, std::string description, std::vector<Shape> subs) {
  Shape out = text(std::move(name), std::move(description));
  out.type = complex;
  out.subs = std::move(subs);
  return out;
}
Shape many(Shape out) {
  out.multi = true;
  return out;
}
Shape read_only(Shape out) {
  out.mutability = Mutability::read_only;
  for (Shape& sub : out.subs) sub.mutability = Mutability::read_only;
  return out;
}
// RFC 7643 knows it, we don't keep it.
Shape forgotten(std::string name) {
  Shape out = text(std::move(name), "");
  out.kept = false;
  return out;
}
Shape exact(Shape out) {
  out.case_exact = true;
  return out;
}

Shape contacts(std::string name, std::string description) {
  return many(group_of(std::move(name), std::move(description),
                       {text("value", "The value itself."), text("display", "Its name for people."), text("type", "What it is for: work, home, mobile …"),
                        flag("primary", "The preferred one; at most one is.")}));
}

// RFC 7643 §3.1: of every resource.
std::vector<Shape> common() {
  Shape id = exact(read_only(text("id", "Given by the service, never used twice.")));
  id.unique = id.always = true;
  Shape schemas = read_only(many(exact(reference_to("schemas", {"uri"}, "The schemas of what is in the resource."))));
  schemas.always = true;
  return {schemas, id, exact(text("externalId", "The client's own key.")),
          read_only(group_of("meta", "About the resource itself.",
                             {exact(text("resourceType", "User or Group.")), time("created", "When it was made."), time("lastModified", "When it was changed last."),
                              reference_to("location", {"uri"}, "Where it is read."), exact(text("version", "The ETag of what is shown."))}))};
}

SchemaShape core_user() {
  SchemaShape out{user_urn, "User", "A person", common()};
  Shape login = text("userName", "How the person signs in: an e-mail form.");
  login.required = login.unique = true;
  Shape password = exact(text("password", "Set, never shown."));
  password.mutability = Mutability::write_only;
  Shape name = group_of("name", "The parts of the name.",
                        {text("formatted", "The whole name; kept as displayName where that isn't given."), text("familyName", "Family name."), text("givenName", "Given name."),
                         forgotten("middleName"), forgotten("honorificPrefix"), forgotten("honorificSuffix")});
  name.subs[0].mutability = Mutability::read_write;
  for (Shape one : {login, name, text("displayName", "The name that others see."), text("title", "Position."), text("preferredLanguage", "A language tag (RFC 5646)."),
                    text("timezone", "A name of the tz database: Asia/Tokyo."), flag("active", "May sign in."), password,
                    contacts("emails", "The primary one gets the mails; four more at most."), contacts("phoneNumbers", "Ten at most."), contacts("ims", "Ten at most."),
                    contacts("entitlements", "Fifty at most."),
                    many(read_only(group_of("groups", "The groups that the person is in, directly or not.",
                                            {exact(text("value", "The group's id.")), reference_to("$ref", {"Group"}, "Where it is read."), text("display", "Its name."),
                                             text("type", "direct or indirect")})))}) {
    out.attributes.push_back(std::move(one));
  }
  for (const char* name_ : {"nickName", "profileUrl", "userType", "locale", "photos", "addresses", "roles", "x509Certificates"}) out.attributes.push_back(forgotten(name_));
  return out;
}

SchemaShape enterprise_user() {
  Shape manager = group_of("manager", "The person's manager.", {exact(text("value", "The manager's id.")), read_only(reference_to("$ref", {"User"}, "Where they are read.")),
                                                                forgotten("displayName")});
  SchemaShape out{enterprise_urn, "EnterpriseUser", "A person's place in the company",
                  {text("employeeNumber", "Employee number."), text("department", "Department."), text("organization", "Company or organization."), manager}};
  for (const char* name : {"costCenter", "division"}) out.attributes.push_back(forgotten(name));
  return out;
}

Type type_of(directory::AttributeType type) {
  switch (type) {
    case directory::AttributeType::flag: return boolean;
    case directory::AttributeType::number: return integer;
    default: return string;
  }
}

SchemaShape our_user(const directory::Schema& settled) {
  SchemaShape out{our_user_urn, "KidobanUser", "How a name is read, and what the tenant adds",
                  {text("familyNameKana", "How the family name is read, in katakana."), text("givenNameKana", "How the given name is read, in katakana."),
                   exact(text("linkingId", "The key by which applications know the person.")), text("privateEmail", "Where they are reached outside of work."),
                   text("privatePhone", "Where they are reached outside of work."), time("validFrom", "May sign in from then on."), time("validUntil", "May sign in until before then.")}};
  std::vector<Shape> declared;
  for (const auto& one : settled.custom) {
    Shape shape = text(one.name, one.label_en.empty() ? one.label_ja : one.label_en);
    shape.type = type_of(one.type);
    shape.multi = one.type == directory::AttributeType::texts;
    declared.push_back(std::move(shape));
  }
  if (!declared.empty()) out.attributes.push_back(group_of("custom", "What the tenant declared.", std::move(declared)));
  return out;
}

ResourceShape make_group_shape() {
  SchemaShape core{group_urn, "Group", "A group", common()};
  Shape name = text("displayName", "The group's name; no two have the same.");
  name.required = name.unique = true;
  core.attributes.push_back(std::move(name));
  Shape member = many(group_of("members", "People and groups directly in it.",
                               {exact(text("value", "The member's id.")), reference_to("$ref", {"User", "Group"}, "Where it is read."), text("type", "User or Group"), forgotten("display")}));
  for (Shape& sub : member.subs) sub.mutability = Mutability::immutable;
  core.attributes.push_back(std::move(member));
  SchemaShape ours{our_group_urn, "KidobanGroup", "What more is said of a group",
                   {text("description", "What it is for."), text("mail", "An address that reaches its members."), text("type", "A short word: security, distribution …")}};
  return {"Group", "/Groups", "A group of people and groups", {std::move(core), std::move(ours)}};
}

}  // namespace

ResourceShape user_shape(const directory::Schema& settled) {
  static const SchemaShape core = core_user(), enterprise = enterprise_user();
  return {"User", "/Users", "A person", {core, enterprise, our_user(settled)}};
}

const ResourceShape& group_shape() {
  static const ResourceShape shape = make_group_shape();
  return shape;
}

}  // namespace kidoban::scim
