#pragma once
// What the subcommands do, apart from how they are spelled (command_line.cpp). Each opens the house,
// acts as the operator at the machine (audited as such), and says what it did.

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
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

Status domain_add(const Config& config, const Output& out, const std::string& tenant, const std::string& name);
Status domain_check(const Config& config, const Output& out, const std::string& tenant, const std::string& name);
Status domain_list(const Config& config, const Output& out, const std::string& tenant);
Status domain_remove(const Config& config, const Output& out, const std::string& tenant, const std::string& name);

// Acts that wait for a second person; and the way out where the tenant has nobody left who could agree.
Status approvals_list(const Config& config, const Output& out, const std::string& tenant);
Status approvals_refuse(const Config& config, const Output& out, const std::string& tenant, const std::string& id, const std::string& reason);
Status approvals_off(const Config& config, const Output& out, const std::string& tenant);

struct PersonArguments {
  std::string tenant, login, name, given_name, family_name, email, locale;
  std::string password_hash;  // another system's, to import
  bool administrator = false;
  bool password_from_stdin = false;
  bool temporary = false;     // make a temporary password and print it
};
Status person_create(const Config& config, const Output& out, const PersonArguments& arguments);
Status person_list(const Config& config, const Output& out, const std::string& tenant);
Status person_set_password(const Config& config, const Output& out, const PersonArguments& arguments);
Status person_unlock(const Config& config, const Output& out, const std::string& tenant, const std::string& login);
enum class SwitchTo { enabled, disabled };
Status person_switch(const Config& config, const Output& out, const std::string& tenant, const std::string& login,
                     SwitchTo state);

Status group_create(const Config& config, const Output& out, const std::string& tenant, const std::string& name);
Status group_add(const Config& config, const Output& out, const std::string& tenant, const std::string& group,
                 const std::string& login);

struct ApplicationArguments {
  std::string tenant, name, client_id, launch_url, auth_method, access_token = "jwt", algorithm = "ES256";
  std::vector<std::string> redirect_uris, post_logout_redirect_uris, grants;
  bool is_public = false;
};
Status application_create(const Config& config, const Output& out, const ApplicationArguments& arguments);
Status application_list(const Config& config, const Output& out, const std::string& tenant);

Status session_list(const Config& config, const Output& out, const std::string& tenant, const std::string& login);
Status session_end(const Config& config, const Output& out, const std::string& tenant, const std::string& login);

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

}  // namespace kidoban::service
