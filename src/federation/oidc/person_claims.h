#pragma once
// What is said about a person, and which scope asks for it (OIDC Core §5.1, §5.4).

#include <string>
#include <string_view>
#include <vector>

#include "directory/directory.h"
#include "federation/oidc/json_object.h"
#include "store/store.h"

namespace kidoban::federation::oidc {

inline constexpr std::string_view known_scopes[] = {"openid", "profile", "email", "groups", "offline_access"};

struct Subject {
  directory::Person person;
  std::vector<std::string> groups;  // names; read only when asked for
};

using ClaimNames = std::vector<std::string_view>;
// The claims that the scopes stand for, and those asked for by name, each once.
ClaimNames wanted_claims(const std::vector<std::string>& scopes, const std::vector<std::string>& by_name);
ClaimNames wanted_claims(const std::vector<std::string>& by_name);

// Nothing when the person is gone or may not sign in.
Result<std::optional<Subject>> read_subject(store::Transaction& tx, directory::Directory& directory, const Id& person,
                                            bool with_groups, Time now);
// Claims that have no value are left out (§5.3.2).
void add_claims(JsonObject& into, const Subject& subject, const ClaimNames& wanted);

}  // namespace kidoban::federation::oidc
