#pragma once
// A person as RFC 7643 has them, and back.

#include <boost/json/object.hpp>

#include <optional>

#include "base/secret.h"
#include "directory/directory.h"

namespace kidoban::scim {

// Without groups and meta.
boost::json::object user_json(const directory::Person& person, const directory::Schema& schema, const std::string& base);

// What a client wants of a person: the whole profile, as a coerced resource has it.
struct WantedUser {
  directory::Profile profile;
  std::optional<bool> active;
  std::optional<Time> valid_from, valid_until;
  bool has_password = false;
};
// `before` keeps what SCIM has no name for. malformed/"value_malformed".
Result<WantedUser> wanted_user(const boost::json::object& resource, const directory::Profile& before, const directory::Schema& schema);

// What is different.
directory::Change change_between(const directory::Person& before, const WantedUser& wanted, const directory::Schema& schema);

}  // namespace kidoban::scim
