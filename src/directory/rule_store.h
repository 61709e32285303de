#pragma once
// The rows behind groups by rule: the stamp of a tenant's rules, and how far each new rule was asked of everybody.

#include <optional>
#include <vector>

#include "store/system.h"

namespace kidoban::directory {

// Nothing where the tenant never had a rule.
Result<std::optional<Id>> select_rule_stamp(store::Transaction& tx);
Status put_rule_stamp(store::Transaction& tx, const Id& stamp);

struct RulePassRow {
  Id after;  // everybody up to here was asked
  std::int64_t seen = 0, added = 0, removed = 0;
};
// From the beginning, even where one is on its way.
Status begin_rule_pass(store::Transaction& tx, const Id& group, Time now);
Result<std::optional<RulePassRow>> select_rule_pass(store::Transaction& tx, const Id& group);
Status update_rule_pass(store::Transaction& tx, const Id& group, const RulePassRow& row, Time now);
Status delete_rule_pass(store::Transaction& tx, const Id& group);

// Which groups by rule somebody is in.
Result<std::vector<Id>> select_rule_groups_of(store::Transaction& tx, const Id& person);
// Who is in the group, after `after` up to `last`.
Result<std::vector<Id>> select_people_between(store::Transaction& tx, const Id& group, const Id& after, const Id& last);

struct GroupOfTenant {
  TenantId tenant;
  Id group;
};
// Passes that nobody went on with since `since`.
Result<std::vector<GroupOfTenant>> select_waiting_passes(store::SystemTransaction& tx, Time since, std::size_t limit);

}  // namespace kidoban::directory
