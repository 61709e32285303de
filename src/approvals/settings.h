#pragma once
// What a tenant sets of its approvals: section "approvals" of its settings. Nothing is on until a tenant switches it on.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kidoban::approvals {

// Kinds of act that a second person may have to agree to.
enum class Act : std::uint8_t {
  administrators,    // who may do what, and how those get in who may approve
  removal,           // somebody is gone for good
  deletions,         // a file that deletes many
  domains,           // a domain is taken away
  service_accounts,  // what is no person is given power, or a token
  audit_settings,    // how long the audit is kept
  password_policy,
  exports,           // people in a file, out
  approvals,         // these settings
};
inline constexpr std::size_t act_count = 9;

std::string_view word_of(Act act);
std::optional<Act> act_named(std::string_view word);

struct ApprovalSettings {
  std::uint32_t acts = 0;             // a bit each
  std::int64_t open_hours = 72;       // 1 to 336: over a weekend; after two weeks nobody knows any more why
  std::int64_t deletions_above = 10;  // 0 to 1,000,000: a file that deletes more waits

  bool any() const { return acts != 0; }
  bool has(Act act) const { return (acts >> static_cast<unsigned>(act) & 1U) != 0; }
  void add(Act act) { acts |= 1U << static_cast<unsigned>(act); }
};

inline constexpr std::string_view settings_section = "approvals";

// {"acts":["exports"],"open_hours":72,"deletions_above":10}. Where one act is on, so are `administrators`, `service_accounts` and
// `approvals`: whoever could make the second person, ask by another name, or switch this off, has no need of one. malformed/"json_malformed", "member_unknown", "member_malformed",
// "act_unknown".
Result<ApprovalSettings> settings_from_json(std::string_view json);
std::string settings_json(const ApprovalSettings& settings);

}  // namespace kidoban::approvals
