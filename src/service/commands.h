#pragma once
// What the subcommands do that aren't just a row of the API (api_command.h), apart from how they are spelled (command_line.cpp).
// Each opens the house, acts as the operator at the machine (audited as such), and says what it did.

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "service/api_command.h"
#include "service/config.h"
#include "service/output.h"

namespace kidoban::service {

struct TenantArguments {
  std::string slug, name, host;
};
Status tenant_create(const Config& config, const Output& out, const TenantArguments& arguments);
Status tenant_list(const Config& config, const Output& out);
// How many people the contract allows; "none" for no limit. Without a limit given, says what is used.
Status tenant_quota(const Config& config, const Output& out, const std::string& tenant, const std::string& limit);

// Acts that wait for a second person; and the way out where the tenant has nobody left who could agree.
Status approvals_list(const Config& config, const Output& out, const std::string& tenant);
Status approvals_refuse(const Config& config, const Output& out, const std::string& tenant, const std::string& id, const std::string& reason);
Status approvals_off(const Config& config, const Output& out, const std::string& tenant);

struct PersonArguments {
  ApiArguments api;           // tenant, and what is said of somebody new
  std::string login;          // whose password
  bool password_from_stdin = false;
  bool hash_from_stdin = false;  // another system's, to import
  bool temporary = false;     // make a temporary password and print it
};
// With their password, in one transaction.
Status person_create(const Config& config, const Output& out, const PersonArguments& arguments);
Status person_set_password(const Config& config, const Output& out, const PersonArguments& arguments);

// People, groups or members, from a CSV file and to one, waiting until it is over. Without `run` an import is only looked at.
// conflict/"import_has_errors" where rows couldn't be done, "import_failed".
struct TransferArguments {
  std::string tenant, kind, file, encoding, mode, bad_rows;
  std::int64_t confirm_deletions = -1;  // none
  bool run = false, only_look = false;
};
Status import_file(const Config& config, const Output& out, const TransferArguments& arguments);
Status export_file(const Config& config, const Output& out, const TransferArguments& arguments);

// A tenant's configuration, as TOML (or JSON with --json), into `file` or to standard output.
Status configuration_export(const Config& config, const Output& out, const std::string& tenant, const std::string& file);
struct ApplyArguments {
  std::string tenant, file;   // "-": standard input
  bool plan = false;          // only say what would change
  bool yes = false;           // don't ask
  bool prune = false;         // what the file doesn't name goes
};
// Answers the exit code: 0; with `plan`, 2 where something would change. conflict/"configuration_changed", malformed/"not_confirmed".
Result<int> configuration_apply(const Config& config, const Output& out, const ApplyArguments& arguments);

struct ApplicationArguments {
  std::string tenant, name, client_id, launch_url, auth_method, access_token = "jwt", algorithm = "ES256";
  std::vector<std::string> redirect_uris, post_logout_redirect_uris, grants;
  bool is_public = false;
};
Status application_create(const Config& config, const Output& out, const ApplicationArguments& arguments);
Status application_list(const Config& config, const Output& out, const std::string& tenant);

Status keys_rotate(const Config& config, const Output& out, const std::string& tenant);
Status audit_list(const Config& config, const Output& out, const std::string& tenant, std::int64_t limit);
Status audit_seal(const Config& config, const Output& out, const std::string& tenant);
// The newest signed head, to be kept elsewhere.
Status audit_head(const Config& config, const Output& out, const std::string& tenant);
// `heads`: a file with heads that were kept, one a line; or "". conflict/"audit_altered" where something doesn't agree.
Status audit_verify(const Config& config, const Output& out, const std::string& tenant, const std::string& heads);
Status audit_export(const Config& config, const std::string& tenant, const std::string& format);

Status migrate(const Config& config, const Output& out, bool plan_only);
Status backup(const Config& config, const Output& out, const std::filesystem::path& to);
Status restore(const Config& config, const Output& out, const std::filesystem::path& from);

// The document of the API, for servers as the configuration names them. Needs no store, and leaves nothing behind.
Status openapi(const Config& config);

}  // namespace kidoban::service
