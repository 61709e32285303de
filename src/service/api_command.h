#pragma once
// Commands that are a row of the administrators' API: what each noun's file lists, and what is done with it. A command's arguments
// become the row's path, query or body, with logins and names where the API has ids; its answer becomes a table.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "service/config.h"
#include "service/operator_api.h"
#include "service/output.h"

namespace kidoban::service {

// An argument that becomes a member of the body, or of the query where the row takes no body.
struct Field {
  enum class Takes : std::uint8_t { text, flag, number, texts, contacts, json, person, group, role, custom, days_from_now };
  const char* flag;            // "--valid-from"; several spellings with commas
  const char* member;          // "valid_from"
  const char* help;
  Takes takes = Takes::text;
  bool required = false;
};

struct ApiCommand {
  const char* noun;            // "person"
  const char* verb;            // "show"
  const char* help;
  http::Method method;
  const char* path;            // "/people/{person}"; each {value} is an argument: see what_value_is
  std::vector<Field> fields = {};
  const char* rows = "";       // the answer's member that is a list
  const char* columns = "";    // what a table shows of each, in order: "id login display_name"
  const char* done = "";       // what is said where nothing comes back: "{person} may try at once."
  const char* fixed = "";      // members that are always sent: {"state":"disabled"}
};

// What a {value} of a path is on the command line, and how what is typed becomes what the API has there.
struct PathValue {
  std::string_view name;       // "person"
  const char* spelling;        // "--login,--person", or a positional "NAME"
  const char* help;
};
std::span<const PathValue> path_values();

// The nouns, each in its own file.
std::span<const ApiCommand> person_commands();
const ApiCommand& new_person();  // with a password from standard input: commands_people.cpp
std::span<const ApiCommand> group_commands();
std::span<const ApiCommand> role_commands();
std::span<const ApiCommand> service_account_commands();
std::span<const ApiCommand> domain_commands();
std::span<const ApiCommand> job_commands();
std::span<const ApiCommand> settings_commands();
std::span<const ApiCommand> audit_commands();
std::span<const ApiCommand> webhook_commands();
// All of them.
std::vector<const ApiCommand*> api_commands();

// What was typed, by Field::flag or PathValue::name.
struct ApiArguments {
  std::string tenant;
  std::map<std::string, std::string, std::less<>> values, texts;
  std::map<std::string, std::vector<std::string>, std::less<>> lists;
  std::map<std::string, bool, std::less<>> flags;
  std::string body_file;       // "-": standard input; or ""
  std::string if_version;      // only to that version; or ""
  std::int64_t limit = 0;      // of a list: one page; 0 for all
  std::string after;
};
// What the API is asked, before it is.
Result<OperatorApi::Call> asked(House& house, OperatorApi& api, const TenantId& tenant, const ApiCommand& command, const ApiArguments& arguments);
// One thing as it was answered: in JSON, or its members.
void tell_one(const Output& out, const std::string& answer);
Status run_api_command(const Config& config, const Output& out, const ApiCommand& command, const ApiArguments& arguments);

// kidoban api METHOD PATH [BODY]: any row. `body`: JSON, "-" for standard input, "@FILE", or "".
struct RawArguments {
  std::string tenant, method, path, body, if_match;
};
Status run_raw(const Config& config, const Output& out, const RawArguments& arguments);
// The rows there are, with the command that is each.
Status list_rows(const Config& config, const Output& out, const std::string& tenant);

// The id of what is typed: an id as it is, a login, a name. not_found/"person_unknown", "group_unknown", "role_unknown",
// "service_account_unknown"; conflict/"name_ambiguous".
Result<std::string> id_of(House& house, const TenantId& tenant, std::string_view kind, const std::string& typed);

// A whole file, or standard input for "-". malformed/"file_unreadable", "file_too_large".
Result<std::string> read_file(const std::string& file, std::size_t most);

}  // namespace kidoban::service
