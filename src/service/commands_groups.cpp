// group subcommands.

#include "service/api_command.h"

namespace kidoban::service {

namespace {

using http::Method;

const std::vector<Field>& said_of_a_group() {
  static const std::vector<Field> all{{"--description", "description", "what it is for"},
                                      {"--mail", "mail", "an address that reaches its members"},
                                      {"--type", "type", "a short word: security, distribution, …"},
                                      {"--external-id", "external_id", "what another system calls it"},
                                      {"--rule", "rule", "who is in it: department eq \"Sales\""}};
  return all;
}

std::vector<Field> with_name(const char* flag, bool required) {
  std::vector<Field> all{{flag, "name", "its name", Field::Takes::text, required}};
  all.insert(all.end(), said_of_a_group().begin(), said_of_a_group().end());
  return all;
}

const std::vector<ApiCommand>& commands() {
  static const std::vector<ApiCommand> all{
      {.noun = "group", .verb = "list", .help = "list the groups of a tenant", .method = Method::get, .path = "/groups", .rows = "groups",
       .columns = "id name type rule"},
      {.noun = "group", .verb = "show", .help = "what a group is", .method = Method::get, .path = "/groups/{group}"},
      {.noun = "group", .verb = "create", .help = "make a group", .method = Method::post, .path = "/groups", .fields = with_name("--name", true)},
      {.noun = "group", .verb = "change", .help = "change a group; \"\" takes away", .method = Method::patch, .path = "/groups/{group}",
       .fields = with_name("--name", false)},
      {.noun = "group", .verb = "delete", .help = "delete a group; who is in it stays", .method = Method::del, .path = "/groups/{group}",
       .done = "{group} is deleted."},
      {.noun = "group", .verb = "preview-rule", .help = "whom a rule would put into a group", .method = Method::post,
       .path = "/groups/preview-rule", .fields = {{"--rule", "rule", "the rule", Field::Takes::text, true}}},
      {.noun = "group", .verb = "members", .help = "who is directly in a group", .method = Method::get, .path = "/groups/{group}/members",
       .rows = "members", .columns = "id type"},
      {.noun = "group", .verb = "effective-members", .help = "who is in a group or in a group within", .method = Method::get,
       .path = "/groups/{group}/effective-members", .rows = "members", .columns = "id direct"},
      {.noun = "group", .verb = "add-member", .help = "put a person or a group into a group", .method = Method::put,
       .path = "/groups/{group}/members/{member}", .done = "{member} is a member."},
      {.noun = "group", .verb = "remove-member", .help = "take a person or a group out of a group", .method = Method::del,
       .path = "/groups/{group}/members/{member}", .done = "{member} isn't a member any more."},
  };
  return all;
}

}  // namespace

std::span<const ApiCommand> group_commands() { return commands(); }

}  // namespace kidoban::service
