#include "federation/oidc/person_claims.h"

#include <algorithm>

#include "federation/oidc/claims_request.h"

namespace kidoban::federation::oidc {

namespace {

struct ClaimOfScope {
  std::string_view scope, claim;
};
constexpr ClaimOfScope claims_of_scopes[] = {
    {"profile", "name"},         {"profile", "given_name"}, {"profile", "family_name"}, {"profile", "preferred_username"},
    {"profile", "locale"},       {"profile", "zoneinfo"},   {"profile", "updated_at"},  {"email", "email"},
    {"email", "email_verified"}, {"groups", "groups"},
};

bool holds(const auto& list, std::string_view value) { return std::ranges::find(list, value) != std::end(list); }

void add_names(ClaimNames& into, const std::vector<std::string>& by_name) {
  for (const std::string_view known : person_claims) {
    if (holds(by_name, known) && !holds(into, known)) into.push_back(known);
  }
}

}  // namespace

ClaimNames wanted_claims(const std::vector<std::string>& scopes, const std::vector<std::string>& by_name) {
  ClaimNames out;
  for (const auto& [scope, claim] : claims_of_scopes) {
    if (holds(scopes, scope)) out.push_back(claim);
  }
  add_names(out, by_name);
  return out;
}

ClaimNames wanted_claims(const std::vector<std::string>& by_name) {
  ClaimNames out;
  add_names(out, by_name);
  return out;
}

Result<std::optional<Subject>> read_subject(store::Transaction& tx, directory::Directory& directory, const Id& person,
                                            bool with_groups, Time now) {
  auto found = directory.get_person(tx, person);
  if (!found && found.error().kind == Kind::not_found) return std::optional<Subject>();
  if (!found) return std::unexpected(std::move(found.error()));
  if (!found->is_active(now)) return std::optional<Subject>();
  Subject subject{std::move(*found), {}};
  if (with_groups) {
    const auto groups = TRY(directory.groups().of(tx, person));
    for (const auto& group : groups) subject.groups.push_back(group.name);
  }
  return std::optional<Subject>(std::move(subject));
}

void add_claims(JsonObject& into, const Subject& subject, const ClaimNames& wanted) {
  const directory::Profile& profile = subject.person.profile;
  for (const std::string_view claim : wanted) {
    if (claim == "name") into.text_if_any(claim, profile.display_name);
    else if (claim == "given_name") into.text_if_any(claim, profile.given_name);
    else if (claim == "family_name") into.text_if_any(claim, profile.family_name);
    else if (claim == "preferred_username") into.text_if_any(claim, profile.login);
    else if (claim == "locale") into.text_if_any(claim, profile.locale);
    else if (claim == "zoneinfo") into.text_if_any(claim, profile.zoneinfo);
    else if (claim == "updated_at") into.number(claim, to_s(subject.person.updated_at));
    else if (claim == "email") into.text_if_any(claim, profile.email);
    else if (claim == "email_verified" && !profile.email.empty()) into.flag(claim, profile.email_verified);
    else if (claim == "groups") into.texts(claim, subject.groups);
  }
}

}  // namespace kidoban::federation::oidc
