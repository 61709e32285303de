// role and service-account subcommands.

#include "service/api_command.h"

namespace kidoban::service {

namespace {

using http::Method;
using enum Field::Takes;

std::vector<Field> named(bool required) {
  return {{"--name", "name", "its name", text, required}, {"--permission", "permissions", "what it may do; may be repeated", texts, required}};
}

std::vector<Field> account_change() {
  auto all = named(false);
  all.push_back({"--enabled,!--disabled", "enabled", "switch it on, or off", flag});
  all.push_back({"--access-token-lifetime", "access_token_lifetime_s", "how long the tokens live that it gets for a secret or key, in seconds", number});
  return all;
}

std::vector<Field> new_account() {
  auto all = named(true);
  all.push_back({"--access-token-lifetime", "access_token_lifetime_s", "how long the tokens live that it gets for a secret or key, in seconds", number});
  return all;
}

const Field for_what{"--label", "label", "what it is for", text, true};
const Field how_long{"--days", "expires_at", "how long it is good, 366 at most", days_from_now, true};

const std::vector<ApiCommand>& rows_of_roles() {
  static const std::vector<ApiCommand> all{
      {.noun = "role", .verb = "list", .help = "list the roles there are", .method = Method::get, .path = "/roles", .rows = "roles",
       .columns = "key name fixed permissions"},
      {.noun = "role", .verb = "show", .help = "what a role may do", .method = Method::get, .path = "/roles/{role}"},
      {.noun = "role", .verb = "create", .help = "make a role", .method = Method::post, .path = "/roles", .fields = named(true)},
      {.noun = "role", .verb = "change", .help = "change one of the tenant's own roles", .method = Method::patch, .path = "/roles/{role}",
       .fields = named(false)},
      {.noun = "role", .verb = "delete", .help = "delete a role that nobody has", .method = Method::del, .path = "/roles/{role}",
       .done = "{role} is deleted."},
  };
  return all;
}

const std::vector<ApiCommand>& rows_of_accounts() {
  static const std::vector<ApiCommand> all{
      {.noun = "service-account", .verb = "list", .help = "list them", .method = Method::get, .path = "/service-accounts",
       .rows = "service_accounts", .columns = "id name enabled permissions"},
      {.noun = "service-account", .verb = "show", .help = "what one may do", .method = Method::get, .path = "/service-accounts/{account}"},
      {.noun = "service-account", .verb = "create", .help = "make one", .method = Method::post, .path = "/service-accounts", .fields = new_account()},
      {.noun = "service-account", .verb = "change", .help = "change one", .method = Method::patch, .path = "/service-accounts/{account}",
       .fields = account_change()},
      {.noun = "service-account", .verb = "delete", .help = "delete one, with its tokens", .method = Method::del,
       .path = "/service-accounts/{account}", .done = "{account} is deleted."},
      {.noun = "service-account", .verb = "tokens", .help = "the tokens of one", .method = Method::get,
       .path = "/service-accounts/{account}/tokens", .rows = "tokens", .columns = "id label created_at expires_at last_used_at"},
      {.noun = "service-account", .verb = "issue-token", .help = "issue a token: it is shown now and never again", .method = Method::post,
       .path = "/service-accounts/{account}/tokens",
       .fields = {for_what, how_long}},
      {.noun = "service-account", .verb = "revoke-token", .help = "end a token", .method = Method::del,
       .path = "/service-accounts/{account}/tokens/{credential}", .done = "The token is good for nothing any more."},
      {.noun = "service-account", .verb = "secrets", .help = "the client secrets of one", .method = Method::get,
       .path = "/service-accounts/{account}/secrets", .rows = "secrets", .columns = "id label created_at expires_at last_used_at"},
      {.noun = "service-account", .verb = "issue-secret", .help = "issue a client secret: it is shown now and never again", .method = Method::post,
       .path = "/service-accounts/{account}/secrets", .fields = {for_what, how_long}},
      {.noun = "service-account", .verb = "revoke-secret", .help = "end a client secret", .method = Method::del,
       .path = "/service-accounts/{account}/secrets/{credential}", .done = "The secret is good for nothing any more."},
      {.noun = "service-account", .verb = "keys", .help = "the public keys of one", .method = Method::get,
       .path = "/service-accounts/{account}/keys", .rows = "keys", .columns = "id label created_at expires_at last_used_at"},
      {.noun = "service-account", .verb = "register-key", .help = "register a public key", .method = Method::post,
       .path = "/service-accounts/{account}/keys",
       .fields = {for_what, how_long, {"--jwk", "jwk", "the public key, a JWK", json, true}}},
      {.noun = "service-account", .verb = "revoke-key", .help = "end a public key", .method = Method::del,
       .path = "/service-accounts/{account}/keys/{credential}", .done = "The key is good for nothing any more."},
  };
  return all;
}

}  // namespace

std::span<const ApiCommand> role_commands() { return rows_of_roles(); }
std::span<const ApiCommand> service_account_commands() { return rows_of_accounts(); }

}  // namespace kidoban::service
