#include "service/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>

#include "service/command_table.h"
#include "service/commands.h"
#include "service/config.h"
#include "service/serve.h"

extern char** environ;

namespace kidoban::service {

namespace {

// What a parse of the command line leaves: which values were given, and the one act chosen.
struct Given {
  std::string config_file;
  std::map<std::string, std::string, std::less<>> flags;  // by setting key
  bool json = false;
  Output out{json};
  std::function<Status(const Config&)> act;
  int code = 0;  // where an act that did what it should says more by its exit code
};

CLI::App* command(CLI::App& parent, Given& given, const std::string& name, const std::string& help, Act act) {
  CLI::App* sub = parent.add_subcommand(name, help);
  sub->fallthrough();  // --data and the other settings may stand after the subcommand too
  sub->callback([&given, act = std::move(act)] {
    given.act = [&given, act](const Config& config) { return act(config, given.out); };
  });
  return sub;
}

CLI::App* group_of(CLI::App& app, const std::string& name, const std::string& help) {
  CLI::App* sub = app.add_subcommand(name, help);
  sub->require_subcommand(1);
  sub->fallthrough();
  return sub;
}

void add_tenant_commands(CLI::App& app, Given& given) {
  CLI::App* tenant = group_of(app, "tenant", "contractors");
  auto a = std::make_shared<TenantArguments>();
  CLI::App* create = command(*tenant, given, "create", "make a tenant",
                             [a](const Config& c, const Output& o) { return tenant_create(c, o, *a); });
  create->add_option("--slug", a->slug, "its short name in URLs: a-z, 0-9, dashes")->required();
  create->add_option("--name", a->name, "what it is called")->required();
  create->add_option("--host", a->host, "its own host name, if it has one");
  command(*tenant, given, "list", "list the tenants", tenant_list);
  const auto limit = std::make_shared<std::string>();
  CLI::App* quota = command(*tenant, given, "quota", "say or set how many people a tenant may have",
                            [a, limit](const Config& c, const Output& o) { return tenant_quota(c, o, a->slug, *limit); });
  quota->add_option("--slug", a->slug, "the tenant's short name")->required();
  quota->add_option("--limit", *limit, "a number, or none");
}

void add_person_commands(CLI::App& app, Given& given) {
  CLI::App* person = group_of(app, "person", "people of a tenant");
  auto a = std::make_shared<PersonArguments>();
  CLI::App* create = command(*person, given, "create", new_person().help,
                             [a](const Config& c, const Output& o) { return person_create(c, o, *a); });
  spell(*create, std::shared_ptr<ApiArguments>(a, &a->api), new_person());
  auto* from_stdin = create->add_flag("--password-stdin", a->password_from_stdin, "read a password from standard input");
  create->add_flag("--password-hash-stdin", a->hash_from_stdin, "read another system's hash instead (Argon2, bcrypt, PBKDF2, scrypt, SSHA, crypt)")
      ->excludes(from_stdin);
  CLI::App* set = command(*person, given, "set-password", "set a password, read from standard input",
                          [a](const Config& c, const Output& o) { return person_set_password(c, o, *a); });
  set->add_option("--tenant", a->api.tenant, "the tenant's slug")->required();
  set->add_option("--login,--person", a->login, "their login or id")->required();
  set->add_flag("--temporary", a->temporary, "make a temporary one and print it instead");
}

void add_approval_commands(CLI::App& app, Given& given) {
  CLI::App* approvals = group_of(app, "approvals", "acts of a tenant that wait for a second person");
  auto tenant = std::make_shared<std::string>(), id = std::make_shared<std::string>(), reason = std::make_shared<std::string>();
  const auto of_tenant = [&](CLI::App* sub) { sub->add_option("--tenant", *tenant, "the tenant's slug")->required(); };
  of_tenant(command(*approvals, given, "list", "list them", [tenant](const Config& c, const Output& o) { return approvals_list(c, o, *tenant); }));
  CLI::App* refuse = command(*approvals, given, "refuse", "refuse one", [=](const Config& c, const Output& o) { return approvals_refuse(c, o, *tenant, *id, *reason); });
  of_tenant(refuse);
  refuse->add_option("--reason", *reason, "why, for whoever asked")->required();
  refuse->add_option("ID", *id, "the approval's id")->required();
  of_tenant(command(*approvals, given, "off", "switch them off for a tenant that can't any more", [tenant](const Config& c, const Output& o) {
    return approvals_off(c, o, *tenant);
  }));
}

void add_application_commands(CLI::App& app, Given& given) {
  CLI::App* application = group_of(app, "application", "applications a tenant has connected");
  auto a = std::make_shared<ApplicationArguments>();
  CLI::App* create = command(*application, given, "create", "connect an application by OpenID Connect",
                             [a](const Config& c, const Output& o) { return application_create(c, o, *a); });
  create->add_option("--tenant", a->tenant, "the tenant's slug")->required();
  create->add_option("--name", a->name, "what people see")->required();
  create->add_option("--redirect-uri", a->redirect_uris, "where codes may go; may be repeated");
  create->add_option("--post-logout-redirect-uri", a->post_logout_redirect_uris, "where sign-out may lead");
  create->add_option("--launch-url", a->launch_url, "where My Applications leads");
  create->add_option("--client-id", a->client_id, "unset: made up");
  create->add_flag("--public", a->is_public, "it can't keep a secret (browser or phone application)");
  create->add_option("--auth-method", a->auth_method,
                     "client_secret_basic, client_secret_post, client_secret_jwt or private_key_jwt");
  create->add_option("--access-token", a->access_token, "jwt or opaque")->capture_default_str();
  create->add_option("--algorithm", a->algorithm, "ES256, RS256, PS256 or EdDSA, of its ID tokens")->capture_default_str();
  create->add_option("--grant", a->grants, "authorization_code, refresh_token, client_credentials; may be repeated");
  CLI::App* list = command(*application, given, "list", "list them",
                           [a](const Config& c, const Output& o) { return application_list(c, o, a->tenant); });
  list->add_option("--tenant", a->tenant, "the tenant's slug")->required();

  CLI::App* keys = group_of(app, "keys", "signing keys of a tenant");
  CLI::App* rotate = command(*keys, given, "rotate", "make the next signing key the current one, now",
                             [a](const Config& c, const Output& o) { return keys_rotate(c, o, a->tenant); });
  rotate->add_option("--tenant", a->tenant, "the tenant's slug")->required();

  CLI::App* audit = group_of(app, "audit", "what happened in a tenant");
  auto limit = std::make_shared<std::int64_t>(50);
  CLI::App* records = command(*audit, given, "list", "the newest records", [a, limit](const Config& c, const Output& o) {
    return audit_list(c, o, a->tenant, *limit);
  });
  records->add_option("--tenant", a->tenant, "the tenant's slug")->required();
  records->add_option("--limit", *limit, "how many")->check(CLI::Range(1, 500))->capture_default_str();
  const auto of_tenant = [a](CLI::App* sub) {
    sub->add_option("--tenant", a->tenant, "the tenant's slug")->required();
    return sub;
  };
  of_tenant(command(*audit, given, "seal", "seal what isn't sealed yet, now",
                    [a](const Config& c, const Output& o) { return audit_seal(c, o, a->tenant); }));
  of_tenant(command(*audit, given, "head", "the newest signed head: keep it where nobody who can write to the store can",
                    [a](const Config& c, const Output& o) { return audit_head(c, o, a->tenant); }));
  auto heads = std::make_shared<std::string>();
  of_tenant(command(*audit, given, "verify", "prove that no record was changed, removed or reordered; exit code 1 names the first",
                    [a, heads](const Config& c, const Output& o) { return audit_verify(c, o, a->tenant, *heads); }))
      ->add_option("--head", *heads, "a file with heads that were kept, one a line");
  auto format = std::make_shared<std::string>("jsonl");
  of_tenant(command(*audit, given, "export", "all records, newest first, to standard output",
                    [a, format](const Config& c, const Output&) { return audit_export(c, a->tenant, *format); }))
      ->add_option("--format", *format, "csv, jsonl, syslog or cef")->capture_default_str();
}

void add_import_commands(CLI::App& app, Given& given) {
  CLI::App* import = group_of(app, "import", "people, groups and members from CSV files");
  for (const char* kind : {"people", "groups", "members"}) {
    auto a = std::make_shared<TransferArguments>();
    a->kind = kind;
    CLI::App* sub = command(*import, given, kind, "look at a file, or do what it says",
                            [a](const Config& c, const Output& o) { return import_file(c, o, *a); });
    sub->add_option("--tenant", a->tenant, "the tenant's slug")->required();
    sub->add_option("FILE", a->file, "the file; - for standard input")->required();
    auto* looking = sub->add_flag("--dry-run", a->only_look, "only look at it, which is what is done without --run");
    sub->add_flag("--run", a->run, "do it")->excludes(looking);
    sub->add_option("--mode", a->mode, "each (row by itself) or all (or nothing)");
    sub->add_option("--encoding", a->encoding, "auto, utf-8 or cp932");
    sub->add_option("--bad-rows", a->bad_rows, "a file for rows that couldn't be done, to be mended and sent again");
    sub->add_option("--confirm-deletions", a->confirm_deletions, "how many deletions it has, where the brake asks")->check(CLI::NonNegativeNumber);
  }
}

// `kidoban export` by itself is the tenant's configuration; below it, people in files.
void add_configuration_commands(CLI::App& app, Given& given) {
  auto a = std::make_shared<ApplyArguments>();
  CLI::App* out = app.add_subcommand("export", "write a tenant's configuration as one file; or its people, groups, members as CSV");
  out->fallthrough();
  out->require_subcommand(0, 1);
  out->add_option("--tenant", a->tenant, "the tenant's slug");
  out->add_option("FILE", a->file, "where to; unset: standard output");
  out->callback([a, out, &given] {
    if (!out->get_subcommands().empty()) return;
    if (a->tenant.empty()) throw CLI::RequiredError("--tenant");
    given.act = [a, &given](const Config& config) { return configuration_export(config, given.out, a->tenant, a->file); };
  });
  for (const char* kind : {"people", "groups", "members"}) {
    auto t = std::make_shared<TransferArguments>();
    t->kind = kind;
    CLI::App* sub = command(*out, given, kind, "to a CSV file", [t](const Config& c, const Output& o) { return export_file(c, o, *t); });
    sub->add_option("--tenant", t->tenant, "the tenant's slug")->required();
    sub->add_option("FILE", t->file, "where to; unset: standard output");
    sub->add_option("--encoding", t->encoding, "utf-8-bom, utf-8 or cp932");
  }
  CLI::App* in = command(app, given, "apply", "make a tenant as a file says, after showing what would change",
                         [a, &given](const Config& c, const Output& o) -> Status {
                           given.code = TRY(configuration_apply(c, o, *a));
                           return {};
                         });
  in->add_option("--tenant", a->tenant, "the tenant's slug")->required();
  in->add_option("FILE", a->file, "the file; - for standard input")->required();
  in->add_flag("--plan,--dry-run", a->plan, "only say what would change: exit code 0 nothing, 2 something");
  in->add_flag("--yes", a->yes, "don't ask");
  in->add_flag("--prune", a->prune, "of the kinds and settings that the file names, what it doesn't name goes");
}

void add_store_commands(CLI::App& app, Given& given) {
  auto plan = std::make_shared<bool>(false);
  CLI::App* migrating = command(app, given, "migrate", "bring the store's schema up to date",
                                [plan](const Config& c, const Output& o) { return migrate(c, o, *plan); });
  migrating->add_flag("--plan", *plan, "only say what would be done");
  auto file = std::make_shared<std::string>();
  CLI::App* back = command(app, given, "backup", "copy the running embedded store to one file",
                           [file](const Config& c, const Output& o) { return backup(c, o, *file); });
  back->add_option("FILE", *file, "the new file")->required();
  CLI::App* forth = command(app, given, "restore", "put a backup in the embedded store's place (stop the server first)",
                            [file](const Config& c, const Output& o) { return restore(c, o, *file); });
  forth->add_option("FILE", *file, "the backup")->required();
  command(app, given, "config", "print the configuration in force, as a commented TOML file",
          [](const Config& c, const Output&) -> Status {
            std::fputs(as_toml(c).c_str(), stdout);
            return {};
          });
  command(app, given, "openapi", "print what the administrators' API is, as an OpenAPI 3.1 document", [](const Config& c, const Output&) { return openapi(c); });
}

void add_serve_command(CLI::App& app, Given& given) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* sub = command(app, given, "serve", "run the service",
                          [options](const Config& c, const Output&) { return serve(c, *options); });
  sub->add_flag("--demo", options->demo, "with demonstration people and applications; loopback only");
}

void add_settings(CLI::App& app, Given& given) {
  app.add_option("--config", given.config_file, "the configuration file (TOML); see `kidoban config`");
  for (const Setting& setting : settings()) {
    if (setting.flag.empty()) continue;
    const std::string key(setting.key);
    app.add_option_function<std::string>(
           std::string(setting.flag), [&given, key](const std::string& value) { given.flags[key] = value; },
           std::string(setting.help) + " [" + setting.variable() + "]")
        ->type_name(std::string(setting.takes));
  }
  app.add_flag("--json", given.json, "answer in JSON");
}

}  // namespace

int run_command_line(int argc, char** argv) {
  Given given;
  CLI::App app{"Kidoban: an identity service. Every setting may stand in the configuration file, in a\n"
               "KIDOBAN_ variable, or (where it has a flag) on the command line, which wins."};
  app.name("kidoban");
  app.set_version_flag("--version", "kidoban " KIDOBAN_VERSION);
  app.require_subcommand(1);
  add_settings(app, given);
  add_serve_command(app, given);
  add_tenant_commands(app, given);
  add_person_commands(app, given);
  add_approval_commands(app, given);
  add_application_commands(app, given);
  add_store_commands(app, given);
  add_import_commands(app, given);
  add_configuration_commands(app, given);
  add_api_commands(app, [&given](CLI::App& parent, const std::string& name, const std::string& help, Act act) {
    return command(parent, given, name, help, std::move(act));
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);  // prints help, version, or what is wrong
    return code == 0 ? 0 : 2;
  }
  try {
    std::vector<std::string> environment;
    for (char** line = environ; *line != nullptr; ++line) environment.emplace_back(*line);
    const std::optional<std::filesystem::path> file =
        given.config_file.empty() ? std::nullopt : std::optional<std::filesystem::path>(given.config_file);
    const auto config = load_config(file, environment, given.flags);
    const auto how = given.json ? Say::json : Say::sentence;
    if (!config) return explain(config.error(), how);
    const Status done = given.act(*config);
    return done ? given.code : explain(done.error(), how);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kidoban: %s\n", error.what());
    return 1;
  }
}

}  // namespace kidoban::service
