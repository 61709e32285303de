#pragma once
// Everything that a tenant has settled, as one document; and making a tenant as a document says. Both go through the
// administrators' API's own handlers (operator_api.h), so that what is refused there is refused here, and what is recorded there is
// recorded here. Which settings there are is read from the API's rows: a new section is in the document by being there.
// docs/decisions/0021 says what counts as configuration. One thread.

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "service/configuration_file.h"
#include "service/operator_api.h"

namespace kidoban::service {

// As it stands: {"format":1,"tenant":{…},"settings":{section:…},"domain":[…],"role":[…],"group":[…],"service_account":[…],
// "application":[…]}, each list in the order of its names. Without ids: `@group/Sales` stands where a setting has a group's id.
// conflict/"name_ambiguous" where two things of a kind share a name. `on`: where it is read, as OperatorApi has it.
Result<boost::json::object> configuration_of(House& house, const tenant::Tenant& tenant, store::Store& on);
// What stands above each part in a file.
Comments configuration_comments(const tenant::Tenant& tenant);

// What can be seen of a file without the tenant: unknown parts and members, wrong types, one name twice, a reference to nothing.
Status check_configuration(const Written& file);

enum class Prune : std::uint8_t { no, yes };

// An application that was connected now, or needs a secret now: told once.
struct MadeSecret {
  std::string application, client_id, client_secret;
};

// Makes the tenant as the file says, in the transaction that `joined` is (store/joined.h). What the file doesn't name stays; with
// Prune::yes, of the kinds and settings that the file does name, what it doesn't name goes. The first refusal ends it, its note
// with the place in the file. `file` has passed check_configuration.
Result<std::vector<MadeSecret>> apply_configuration(House& house, const tenant::Tenant& tenant, store::Store& joined, const Written& file, Prune prune);

// What is otherwise, from one document to another.
struct MemberDifference {
  std::string member, from, to;   // as JSON; "" for none
};
struct Difference {
  enum class Kind : std::uint8_t { added, changed, removed } kind = Kind::changed;
  std::string what, name;         // "group" "Sales"; "settings" "password"
  std::vector<MemberDifference> members;
};
std::vector<Difference> differences(const boost::json::object& before, const boost::json::object& after);

}  // namespace kidoban::service
