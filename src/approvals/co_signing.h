#pragma once
// Approving is signing with one's own name: what two people do together is what each of them may do.

#include "directory/roles.h"

namespace kidoban::approvals {

// `asker`'s roles by name, since the act is theirs. Where the two reach somebody by different ways (a group, a domain), neither way
// is both's.
directory::Grant both(const directory::Grant& asker, const directory::Grant& approver);

}  // namespace kidoban::approvals
