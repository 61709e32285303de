#include "service/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>

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
};

using Act = std::function<Status(const Config&, const Output&)>;

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
  const auto who = [a](CLI::App* sub) {
    sub->add_option("--tenant", a->tenant, "the tenant's slug")->required();
    sub->add_option("--login", a->login, "user name in e-mail form")->required();
  };
  CLI::App* create = command(*person, given, "create", "make a person",
                             [a](const Config& c, const Output& o) { return person_create(c, o, *a); });
  who(create);
  create->add_option("--name", a->name, "name as it is shown")->required();
  create->add_option("--given-name", a->given_name, "given name");
  create->add_option("--family-name", a->family_name, "family name");
  create->add_option("--email", a->email, "where mail goes; unset: the login");
  create->add_option("--locale", a->locale, "ja or en");
  create->add_flag("--administrator", a->administrator, "may administer the tenant");
  auto* from_stdin = create->add_flag("--password-stdin", a->password_from_stdin, "read a password from standard input");
  create->add_option("--password-hash", a->password_hash, "import a hash (Argon2, bcrypt, PBKDF2, scrypt, SSHA, crypt)")
      ->excludes(from_stdin);
  CLI::App* list = command(*person, given, "list", "list the people of a tenant",
                           [a](const Config& c, const Output& o) { return person_list(c, o, a->tenant); });
  list->add_option("--tenant", a->tenant, "the tenant's slug")->required();
  CLI::App* set = command(*person, given, "set-password", "set a password, read from standard input",
                          [a](const Config& c, const Output& o) { return person_set_password(c, o, *a); });
  who(set);
  set->add_flag("--temporary", a->temporary, "make a temporary one and print it instead");
  who(command(*person, given, "unlock", "forget wrong guesses, so that they may try at once",
              [a](const Config& c, const Output& o) { return person_unlock(c, o, a->tenant, a->login); }));
  who(command(*person, given, "disable", "stop a person from signing in; ends the sessions",
              [a](const Config& c, const Output& o) {
                return person_switch(c, o, a->tenant, a->login, SwitchTo::disabled);
              }));
  who(command(*person, given, "enable", "let a disabled person sign in again",
              [a](const Config& c, const Output& o) {
                return person_switch(c, o, a->tenant, a->login, SwitchTo::enabled);
              }));

  CLI::App* session = group_of(app, "session", "sessions of a person");
  who(command(*session, given, "list", "list them",
              [a](const Config& c, const Output& o) { return session_list(c, o, a->tenant, a->login); }));
  who(command(*session, given, "end", "end all of them",
              [a](const Config& c, const Output& o) { return session_end(c, o, a->tenant, a->login); }));

  CLI::App* group = group_of(app, "group", "groups of a tenant");
  auto name = std::make_shared<std::string>();
  CLI::App* make = command(*group, given, "create", "make a group",
                           [a, name](const Config& c, const Output& o) { return group_create(c, o, a->tenant, *name); });
  make->add_option("--tenant", a->tenant, "the tenant's slug")->required();
  make->add_option("--name", *name, "its name")->required();
  CLI::App* add = command(*group, given, "add", "add a person to a group", [a, name](const Config& c, const Output& o) {
    return group_add(c, o, a->tenant, *name, a->login);
  });
  who(add);
  add->add_option("--group", *name, "the group's id")->required();
}

void add_domain_commands(CLI::App& app, Given& given) {
  CLI::App* domain = group_of(app, "domain", "domains of a tenant, proved by DNS");
  auto tenant = std::make_shared<std::string>(), name = std::make_shared<std::string>();
  using Command = Status (*)(const Config&, const Output&, const std::string&, const std::string&);
  const auto with_name = [&](const char* word, const char* help, Command act) {
    CLI::App* sub = command(*domain, given, word, help, [=](const Config& c, const Output& o) { return act(c, o, *tenant, *name); });
    sub->add_option("--tenant", *tenant, "the tenant's slug")->required();
    sub->add_option("NAME", *name, "the domain")->required();
  };
  with_name("add", "add one, and say which record proves it", domain_add);
  with_name("check", "look for the record in DNS, now", domain_check);
  with_name("remove", "remove one that nobody's login is in", domain_remove);
  CLI::App* list = command(*domain, given, "list", "list them", [tenant](const Config& c, const Output& o) { return domain_list(c, o, *tenant); });
  list->add_option("--tenant", *tenant, "the tenant's slug")->required();
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
  add_domain_commands(app, given);
  add_approval_commands(app, given);
  add_application_commands(app, given);
  add_store_commands(app, given);
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
    if (!config) return explain(config.error());
    const Status done = given.act(*config);
    return done ? 0 : explain(done.error());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kidoban: %s\n", error.what());
    return 1;
  }
}

}  // namespace kidoban::service
