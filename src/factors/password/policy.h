#pragma once
// What a tenant asks of its people's passwords: the section "password" of its settings. Pure.
//
//   {"default": {policy}, "overrides": [{"groups": ["<id>", …], "policy": {policy}}, …], "lock": {lock}}
//
// A member that isn't there has the value of `default`, and there the value below. For whoever is in a group of an override
// that override's policy holds, the first that fits. The lock is the whole tenant's: counted differently for somebody
// than for a login that nobody has, it would tell who is there. docs/decisions/0012 has the reasons for the values.

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "factors/passwords.h"

namespace kidoban::factors::password {

inline constexpr std::string_view section = "password";

// Lengths are code points of the one spelling (NIST SP 800-63B-4 §3.1.1.2).
struct Policy {
  std::int64_t min_length = 15;            // 8–128
  std::int64_t max_length = 256;           // 64–256: 256 of four bytes are limits::password_bytes
  std::int64_t min_strength = 3;           // zxcvbn's score, 0–4
  std::int64_t character_kinds = 0;        // of lower case, upper case, digits, others: how many must occur, 0–4
  std::int64_t history = 3;                // how many former ones are refused besides today's; 0–24
  std::int64_t expires_after_days = 0;     // 0–999; 0: never
  std::int64_t temporary_life_hours = 72;  // 1–2160
  bool refuse_breached = true;
  bool refuse_own_words = true;
  friend bool operator==(const Policy&, const Policy&) = default;
};

struct Lock {
  std::int64_t threshold = 5;           // 1–100
  std::int64_t first_delay_s = 2;       // 1–3600
  std::int64_t longest_delay_s = 900;   // 1–86400
  std::int64_t forget_after_hours = 24; // 1–720
  friend bool operator==(const Lock&, const Lock&) = default;
};

struct Override {
  std::vector<Id> groups;
  Policy policy;
};

struct Rules {
  Policy everyone;
  std::vector<Override> overrides;  // 50 at most, each with 50 groups at most
  Lock lock;

  const Policy& policy_of(const std::vector<Id>& groups) const;
};

// Everything that is wrong with it, or the rules.
std::variant<std::vector<RuleFault>, Rules> parse_rules(std::string_view json);
// With every member, so that parse_rules(write_rules(r)) is r.
std::string write_rules(const Rules& rules);
// The JSON Schema (2020-12) of what parse_rules takes.
std::string rules_schema();

// When a password set at `changed_at` must be replaced.
std::optional<Time> expiry_of(const Policy& policy, Time changed_at);
LockRule lock_rule_of(const Lock& lock);

}  // namespace kidoban::factors::password
