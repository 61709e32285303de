#include "service/configuration_kinds.h"

#include <algorithm>

namespace kidoban::service {

namespace {

using enum ConfigurationMember::Takes;

const std::vector<ConfigurationKind>& kinds() {
  static const std::vector<ConfigurationKind> all{
      {"domain", "/domains", "domains", "name", "name", {{text, "name", false, true}},
       "Domains of its people's logins. Each is proved by its own DNS record: kidoban domain list says which."},
      {"role", "/roles", "roles", "key", "name", {{text, "name", false, true}, {texts, "permissions", false, true}},
       "Roles of its own, beside those that every tenant has. Who has them isn't configuration."},
      {"group",
       "/groups",
       "groups",
       "id",
       "name",
       {{text, "name", false, true}, {text, "description"}, {text, "mail"}, {text, "type"}, {text, "external_id"}, {text, "rule"}, {texts, "groups", true}},
       "Groups; \"groups\" are those within. Which people are in them isn't configuration, but for the rule that says so."},
      {"service_account",
       "/service-accounts",
       "service_accounts",
       "id",
       "name",
       {{text, "name", false, true}, {texts, "permissions", false, true}, {flag, "enabled", true}},
       "Service accounts and what they may do. Their tokens are issued where they are used."},
      {"application",
       "",
       "",
       "client_id",
       "client_id",
       {{text, "client_id", false, true}, {text, "name", false, true}, {text, "launch_url"}, {flag, "enabled"}, {table, "oidc", false, true}},
       "Connected applications. Their secrets aren't here: where one is needed and there is none, it is made and told once."},
  };
  return all;
}

}  // namespace

std::span<const ConfigurationKind> configuration_kinds() { return kinds(); }

const ConfigurationKind* kind_named(std::string_view word) {
  const auto found = std::ranges::find(kinds(), word, [](const ConfigurationKind& one) { return std::string_view(one.word); });
  return found == kinds().end() ? nullptr : &*found;
}

std::string spelled(const Reference& reference) { return "@" + reference.kind + "/" + reference.name; }

bool is_reference(std::string_view text) { return text.starts_with('@') && !text.starts_with("@@"); }

Reference reference_in(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return {std::string(text.substr(1)), {}};
  return {std::string(text.substr(1, slash - 1)), std::string(text.substr(slash + 1))};
}

}  // namespace kidoban::service
