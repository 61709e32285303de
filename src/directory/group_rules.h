#pragma once
// Asking a new rule of everybody, in bites: each a transaction of its own, so that nobody waits for long. Whoever is made or
// changed in the meantime is asked in their own transaction (Groups::settle), so the end is the same in whatever order they come.
// One who dies in between, or two who do it at once, do no harm: how far it is stands in the store.

#include "directory/rule.h"

namespace kidoban::directory {

// Until all were asked or the time is over: for the request that changed the rule.
Status ask_everybody(store::Store& store, Directory& directory, TenantId tenant, const Id& group, Duration at_most);
// Goes on with what nobody went on with for a while, of any tenant, until the time is over: for a chore.
Status ask_waiting(store::Store& store, Directory& directory, Time now, Duration at_most);

// Whom a rule would put in: how many, and the first of them. Not complete where the time was over before.
struct Preview {
  std::int64_t seen = 0, matching = 0;
  bool complete = false;
  std::vector<Person> first;
};
Result<Preview> preview_of(store::Store& store, Directory& directory, TenantId tenant, const Filter& rule, Duration at_most);

}  // namespace kidoban::directory
