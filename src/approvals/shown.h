#pragma once
// What is kept to be shown of an act that waits.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "approvals/effects.h"
#include "base/id.h"

namespace kidoban::approvals {

// What is shown to whoever decides: no secret is in it.
struct Shown {
  std::string what;                                 // the act by the name of its row: "person_role_assign"
  std::string target_kind, target, target_name;     // whom it is about, as they were called when it was asked for
  std::string asker_name;
  std::string client_address, user_agent;           // from where
  std::optional<Id> session, token;                 // by what
  std::vector<Effect> effects;
};

std::string shown_json(const Shown& shown);
Result<Shown> shown_from_json(std::string_view json);  // internal/"approval_damaged"

}  // namespace kidoban::approvals
