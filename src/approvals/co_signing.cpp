#include "approvals/co_signing.h"

namespace kidoban::approvals {

namespace {

using directory::Grant, directory::PermissionSet, directory::Scope;

PermissionSet within(const Grant& grant, const Scope& scope) {
  PermissionSet out = grant.everywhere;
  for (const auto& [one, set] : grant.scoped) {
    if (one == scope) out |= set;
  }
  return out;
}

}  // namespace

Grant both(const Grant& asker, const Grant& approver) {
  Grant out;
  out.everywhere = asker.everywhere & approver.everywhere;
  out.by_role = asker.by_role;
  for (const Grant* one : {&asker, &approver}) {
    for (const auto& [scope, set] : one->scoped) {
      const auto shared = within(asker, scope) & within(approver, scope);
      if (shared.any()) out.scoped.emplace_back(scope, shared);
    }
  }
  return out;
}

}  // namespace kidoban::approvals
