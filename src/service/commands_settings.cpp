// domain, job, settings, mail, usage and audit subcommands that are rows of the API. More of the audit: commands_audit.cpp; files of
// people: commands_transfer.cpp.

#include "service/api_command.h"

namespace kidoban::service {

namespace {

using http::Method;
using enum Field::Takes;

const std::vector<ApiCommand>& rows_of_domains() {
  static const std::vector<ApiCommand> all{
      {.noun = "domain", .verb = "list", .help = "list the domains", .method = Method::get, .path = "/domains", .rows = "domains",
       .columns = "name readable_name state record found"},
      {.noun = "domain", .verb = "add", .help = "add one, and say which record proves it", .method = Method::post, .path = "/domains",
       .fields = {{"NAME", "name", "the domain", text, true}}},
      {.noun = "domain", .verb = "show", .help = "how one stands", .method = Method::get, .path = "/domains/{domain}"},
      {.noun = "domain", .verb = "check", .help = "look for the record in DNS, now", .method = Method::post, .path = "/domains/{domain}/check"},
      {.noun = "domain", .verb = "remove", .help = "remove one that nobody's login is in", .method = Method::del, .path = "/domains/{domain}",
       .done = "{domain} is removed."},
  };
  return all;
}

const std::vector<ApiCommand>& rows_of_jobs() {
  static const std::vector<ApiCommand> all{
      {.noun = "job", .verb = "list", .help = "what takes longer than a request, newest first", .method = Method::get, .path = "/jobs",
       .rows = "jobs", .columns = "id kind state done total counts reason created_at"},
      {.noun = "job", .verb = "show", .help = "how far one is, or how it ended", .method = Method::get, .path = "/jobs/{job}"},
      {.noun = "job", .verb = "cancel", .help = "end one after the step it is at", .method = Method::post, .path = "/jobs/{job}/cancel"},
      {.noun = "import", .verb = "list", .help = "the files that came in", .method = Method::get, .path = "/imports", .rows = "imports",
       .columns = "id kind state rows created_at"},
      {.noun = "import", .verb = "show", .help = "how one stands", .method = Method::get, .path = "/imports/{import}"},
      {.noun = "import", .verb = "run", .help = "do what was looked at; the server goes on with it", .method = Method::post,
       .path = "/imports/{import}/run", .fields = {{"--confirm-deletions", "confirm_deletions", "how many deletions it has", number}}},
      {.noun = "import", .verb = "rows", .help = "what is to become, or became, of each row", .method = Method::get,
       .path = "/imports/{import}/rows",
       .fields = {{"--phase", "phase", "check or run"}, {"--only", "only", "errors: those alone"}}, .rows = "rows",
       .columns = "row line outcome who changes errors"},
      {.noun = "export", .verb = "list", .help = "the files that were made", .method = Method::get, .path = "/exports", .rows = "exports",
       .columns = "id kind state rows bytes created_at"},
      {.noun = "export", .verb = "show", .help = "how one stands", .method = Method::get, .path = "/exports/{export}"},
  };
  return all;
}

const std::vector<ApiCommand>& rows_of_settings() {
  static const std::vector<ApiCommand> all{
      {.noun = "settings", .verb = "get", .help = "print a section of the tenant's settings", .method = Method::get,
       .path = "/settings/{section}"},
      {.noun = "settings", .verb = "set", .help = "replace a section (--body FILE): what isn't in it has its default", .method = Method::put,
       .path = "/settings/{section}"},
      {.noun = "mail", .verb = "templates", .help = "every mail: its variables, the words that hold", .method = Method::get,
       .path = "/settings/mail/templates", .rows = "templates", .columns = "mail variables"},
      {.noun = "mail", .verb = "preview", .help = "how a mail reads", .method = Method::post, .path = "/settings/mail/preview",
       .fields = {{"--mail", "mail", "which one", text, true},
                  {"--language", "language", "ja or en", text, true},
                  {"--subject", "subject", "in other words"},
                  {"--text", "body", "in other words"}}},
      {.noun = "tenant", .verb = "usage", .help = "how many people there are, and may be", .method = Method::get, .path = "/usage"},
  };
  return all;
}

const std::vector<ApiCommand>& rows_of_audit() {
  static const std::vector<ApiCommand> all{
      {.noun = "audit", .verb = "search", .help = "records that fit, newest first", .method = Method::get, .path = "/audit",
       .fields = {{"--event", "event", "person.changed, or \"person.\" for all that begin so"},
                  {"--actor", "actor", "whose act: an id or a login", person},
                  {"--target", "target", "what it was done to: an id or a login", person},
                  {"--from", "from", "from then on: 2026-04-01T00:00:00Z"},
                  {"--until", "until", "until before then"},
                  {"--outcome", "outcome", "success, refused or failed"}},
       .rows = "records", .columns = "at event outcome reason actor_kind actor target"},
      {.noun = "audit", .verb = "heads", .help = "the signed heads, newest first", .method = Method::get, .path = "/audit/heads",
       .rows = "heads", .columns = "number tree_size at root_hash"},
      {.noun = "audit", .verb = "keys", .help = "the keys that heads are signed with (a JWK Set)", .method = Method::get, .path = "/audit/keys"},
      {.noun = "audit", .verb = "proof", .help = "what proves that a record is in the audit", .method = Method::get,
       .path = "/audit/records/{record}/proof"},
      {.noun = "audit", .verb = "consistency", .help = "what proves that a later head continues an earlier one", .method = Method::get,
       .path = "/audit/consistency",
       .fields = {{"--first", "first", "the earlier one's size", number, true}, {"--second", "second", "the later one's size", number, true}}},
  };
  return all;
}

}  // namespace

std::span<const ApiCommand> domain_commands() { return rows_of_domains(); }
std::span<const ApiCommand> job_commands() { return rows_of_jobs(); }
std::span<const ApiCommand> settings_commands() { return rows_of_settings(); }
std::span<const ApiCommand> audit_commands() { return rows_of_audit(); }

}  // namespace kidoban::service
