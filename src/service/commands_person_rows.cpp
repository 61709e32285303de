// person and session subcommands that are rows of the API. How a password comes from standard input: commands_people.cpp.

#include <set>

#include "directory/attributes.h"
#include "service/api_command.h"

namespace kidoban::service {

namespace {

using http::Method;
using enum Field::Takes;

// "--family-name" for family_name: texts of a table that lives as long as the program.
const char* flag_of(std::string_view attribute) {
  static std::set<std::string, std::less<>> kept;
  std::string flag = "--" + std::string(attribute);
  for (char& c : flag) c = c == '_' ? '-' : c;
  if (attribute == "display_name") flag = "--name,--display-name";
  return kept.insert(flag).first->c_str();
}

// Every attribute there is, and what else is said of a person.
std::vector<Field> attributes(std::string_view left_out) {
  std::vector<Field> all;
  for (const auto& one : directory::attributes()) {
    if (one.name == left_out) continue;
    const char* help = one.type == directory::AttributeType::contacts ? "may be repeated; TYPE=VALUE says of which kind; \"\" for none" : "";
    if (one.name == "display_name") help = "name as it is shown";
    if (one.name == "email") help = "where mail goes; unset: the login";
    if (one.name == "manager") help = "their manager's login or id";
    if (one.name == "locale") help = "ja or en";
    all.push_back({flag_of(one.name), one.name.data(), help,
                   one.type == directory::AttributeType::contacts ? contacts : one.type == directory::AttributeType::person ? person : text});
  }
  all.push_back({"--custom", "custom", "NAME=VALUE of an attribute that the tenant declared; may be repeated", custom});
  all.push_back({"--valid-from", "valid_from", "may sign in from then on: 2026-04-01T00:00:00Z"});
  all.push_back({"--valid-until", "valid_until", "may sign in until then"});
  return all;
}

std::vector<Field> change_fields() {
  auto all = attributes("login");
  all.push_back({"--new-login", "login", "another login"});
  all.push_back({"--administrator,!--no-administrator", "administrator", "may administer the tenant, or may not any more", flag});
  return all;
}

const Field role_fields[] = {{"--role", "role", "the role's name or key", Field::Takes::role, true},
                             {"--in-group", "group", "only for the people of that group", group},
                             {"--in-domain", "domain", "only for the people of that login domain"}};

const std::vector<ApiCommand>& commands() {
  static const std::vector<ApiCommand> all{
      {.noun = "person", .verb = "list", .help = "list the people of a tenant", .method = Method::get, .path = "/people", .rows = "people",
       .columns = "id login display_name state administrator"},
      {.noun = "person", .verb = "show", .help = "everything that is known of a person", .method = Method::get, .path = "/people/{person}"},
      {.noun = "person", .verb = "change", .help = "change what is known of a person; \"\" takes away", .method = Method::patch,
       .path = "/people/{person}", .fields = change_fields()},
      {.noun = "person", .verb = "disable", .help = "stop a person from signing in; ends the sessions", .method = Method::patch,
       .path = "/people/{person}", .done = "{person} is disabled.", .fixed = R"({"state":"disabled"})"},
      {.noun = "person", .verb = "enable", .help = "let a disabled person sign in again", .method = Method::patch, .path = "/people/{person}",
       .done = "{person} is enabled.", .fixed = R"({"state":"enabled"})"},
      {.noun = "person", .verb = "delete", .help = "delete a person; they can be restored until the tenant's retention is over",
       .method = Method::del, .path = "/people/{person}", .done = "{person} is pending deletion."},
      {.noun = "person", .verb = "restore", .help = "bring a deleted person back", .method = Method::patch, .path = "/people/{person}",
       .done = "{person} is back, and enabled.", .fixed = R"({"state":"enabled"})"},
      {.noun = "person", .verb = "release", .help = "make a person ours: nobody elsewhere keeps them any more", .method = Method::patch,
       .path = "/people/{person}", .done = "{person} is kept here.", .fixed = R"({"source":null})"},
      {.noun = "person", .verb = "remove", .help = "remove a deleted person for good, now", .method = Method::post,
       .path = "/people/{person}/removal", .done = "{person} is gone."},
      {.noun = "person", .verb = "unlock", .help = "forget wrong guesses, so that they may try at once", .method = Method::post,
       .path = "/people/{person}/unlock", .done = "{person} may try at once."},
      {.noun = "person", .verb = "password", .help = "what there is of a person's password: when it was set, whether it is locked",
       .method = Method::get, .path = "/people/{person}/password"},
      {.noun = "person", .verb = "groups", .help = "the groups a person is in, by way of others too", .method = Method::get,
       .path = "/people/{person}/groups", .fields = {{"--direct", "direct", "only those they are in themselves", flag}}, .rows = "groups",
       .columns = "id name direct"},
      {.noun = "person", .verb = "roles", .help = "the roles a person has", .method = Method::get, .path = "/people/{person}/roles",
       .rows = "roles", .columns = "role scope"},
      {.noun = "person", .verb = "sign-ins", .help = "when a person signed in, and what was tried as them", .method = Method::get,
       .path = "/people/{person}/sign-ins", .rows = "sign_ins", .columns = "at event outcome reason client_address"},
      {.noun = "role", .verb = "assign", .help = "give a role to a person", .method = Method::put, .path = "/people/{person}/roles",
       .fields = {std::begin(role_fields), std::end(role_fields)}, .done = "{person} has the role."},
      {.noun = "role", .verb = "withdraw", .help = "take a role from a person", .method = Method::post,
       .path = "/people/{person}/roles/withdrawal", .fields = {std::begin(role_fields), std::end(role_fields)},
       .done = "{person} doesn't have the role any more."},
      {.noun = "session", .verb = "list", .help = "where a person is signed in", .method = Method::get, .path = "/people/{person}/sessions",
       .rows = "sessions", .columns = "id signed_in_at last_seen_at amr client_address user_agent"},
      {.noun = "session", .verb = "end", .help = "end all sessions of a person", .method = Method::del, .path = "/people/{person}/sessions",
       .done = "{person} is signed out everywhere."},
      {.noun = "session", .verb = "end-one", .help = "end one session of a person", .method = Method::del,
       .path = "/people/{person}/sessions/{session}", .done = "The session is ended."},
  };
  return all;
}

}  // namespace

const ApiCommand& new_person() {
  static const ApiCommand create = [] {
    auto fields = attributes("login");
    for (Field& one : fields) one.required = std::string_view(one.member) == "display_name";
    fields.insert(fields.begin(), {"--login", "login", "user name in e-mail form", text, true});
    fields.push_back({"--administrator", "administrator", "may administer the tenant", flag});
    return ApiCommand{.noun = "person", .verb = "create", .help = "make a person", .method = Method::post, .path = "/people", .fields = std::move(fields)};
  }();
  return create;
}

std::span<const ApiCommand> person_commands() { return commands(); }

}  // namespace kidoban::service
