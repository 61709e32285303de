#include "service/command_table.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "service/api_command.h"

namespace kidoban::service {

namespace {

constexpr std::pair<std::string_view, const char*> nouns[] = {
    {"person", "people of a tenant"},
    {"session", "sessions of a person"},
    {"group", "groups of a tenant, and who is in them"},
    {"role", "who may do what"},
    {"service-account", "accounts that are no person's, and their tokens"},
    {"domain", "domains of a tenant, proved by DNS"},
    {"job", "what takes longer than a request"},
    {"import", "people, groups and members from CSV files"},
    {"export", "people, groups and members to CSV files"},
    {"settings", "what a tenant settled"},
    {"mail", "what is written to people"},
};

CLI::App* noun(CLI::App& app, const std::string& name) {
  const auto known = app.get_subcommands([&](const CLI::App* one) { return one->get_name() == name; });
  if (!known.empty()) return known.front();
  const auto* found = std::ranges::find(nouns, name, [](const auto& one) { return std::string(one.first); });
  CLI::App* made = app.add_subcommand(name, found == std::end(nouns) ? name : found->second);
  made->require_subcommand(1);
  made->fallthrough();
  return made;
}

void add_field(CLI::App& sub, const std::shared_ptr<ApiArguments>& a, const Field& field) {
  using enum Field::Takes;
  const std::string spelling = field.flag, help = field.help;
  CLI::Option* option = nullptr;
  if (field.takes == Field::Takes::flag) {
    option = sub.add_flag_function(spelling, [a, spelling](std::int64_t count) { a->flags[spelling] = count > 0; }, help);
  } else if (field.takes == texts || field.takes == contacts || field.takes == custom) {
    option = sub.add_option_function<std::vector<std::string>>(spelling, [a, spelling](const std::vector<std::string>& typed) { a->lists[spelling] = typed; }, help);
    option->allow_extra_args(false);
  } else {
    option = sub.add_option_function<std::string>(spelling, [a, spelling](const std::string& typed) { a->texts[spelling] = typed; }, help);
  }
  option->required(field.required);
}

void add_path_values(CLI::App& sub, const std::shared_ptr<ApiArguments>& a, std::string_view path) {
  for (const PathValue& value : path_values()) {
    const std::string name(value.name);
    if (path.find("{" + name + "}") == std::string_view::npos) continue;
    sub.add_option_function<std::string>(value.spelling, [a, name](const std::string& typed) { a->values[name] = typed; }, value.help)->required();
  }
}

}  // namespace

void spell(CLI::App& app, const std::shared_ptr<ApiArguments>& a, const ApiCommand& command) {
  CLI::App* sub = &app;
  const std::string_view path = command.path;
  sub->add_option(std::string_view(command.noun) == "tenant" ? "--slug,--tenant" : "--tenant", a->tenant, "the tenant's slug")->required();
  add_path_values(*sub, a, path);
  for (const Field& field : command.fields) add_field(*sub, a, field);
  const bool changes = command.method == http::Method::patch || command.method == http::Method::put;
  if (changes && *command.fixed == '\0' && *command.done == '\0') {
    sub->add_option("--body", a->body_file, "a file with a JSON object as the API has it; - for standard input")
        ->required(command.method == http::Method::put);
  }
  if (command.method == http::Method::post && !command.fields.empty()) {
    sub->add_option("--body", a->body_file, "a file with more of it, a JSON object as the API has it; - for standard input");
  }
  if ((command.method == http::Method::patch && *command.fixed == '\0') || command.method == http::Method::put) {
    sub->add_option("--if-version", a->if_version, "only where it is of that version (its ETag)");
  }
  if (*command.rows == '\0') return;
  sub->add_option("--limit", a->limit, "one page of so many; unset: all")->check(CLI::Range(1, 500));
  sub->add_option("--after", a->after, "the page after that one");
}

void add_api_commands(CLI::App& app, const AddCommand& add) {
  for (const ApiCommand* one : api_commands()) {
    if (one == &new_person()) continue;
    const auto a = std::make_shared<ApiArguments>();
    CLI::App* sub = add(*noun(app, one->noun), one->verb, one->help,
                        [a, one](const Config& config, const Output& out) { return run_api_command(config, out, *one, *a); });
    spell(*sub, a, *one);
  }
  const auto raw = std::make_shared<RawArguments>();
  const auto rows = std::make_shared<bool>(false);
  CLI::App* api = add(app, "api", "ask any row of the administrators' API as the operator: api GET /people?limit=5",
                      [raw, rows](const Config& config, const Output& out) -> Status {
                        if (*rows) return list_rows(config, out, raw->tenant);
                        if (raw->method.empty() || raw->path.empty()) return fail(Kind::malformed, "configuration_invalid", "api takes METHOD PATH [BODY]");
                        return run_raw(config, out, *raw);
                      });
  api->add_option("--tenant", raw->tenant, "the tenant's slug")->required();
  api->add_option("METHOD", raw->method, "GET, POST, PUT, PATCH or DELETE");
  api->add_option("PATH", raw->path, "below /api/v1: /people?limit=5");
  api->add_option("BODY", raw->body, "JSON; - for standard input, @FILE for a file");
  api->add_option("--if-version", raw->if_match, "only where it is of that version (its ETag)");
  api->add_flag("--rows", *rows, "list the rows there are, and the command that is each");
}

}  // namespace kidoban::service
