#pragma once
// Whether whoever asked for a job may still do what it does. Rights that were there when it was asked for may be gone.

#include <functional>

#include "directory/directory.h"
#include "transfer/transfer.h"

namespace kidoban::transfer {

constexpr directory::Permission permission_to_write(FileKind kind) {
  return kind == FileKind::people ? directory::Permission::people_write : directory::Permission::groups_write;
}
constexpr directory::Permission permission_to_read(FileKind kind) {
  return kind == FileKind::people ? directory::Permission::people_read : directory::Permission::groups_read;
}

// Asked in each transaction that a job commits. An Error ends the job.
using StillMay = std::function<Status(store::Transaction&, const audit::Actor&, directory::Permission)>;

// The answer. forbidden/"permission_missing", for somebody who isn't active any more too. The operator always may.
Status still_may(directory::Directory& directory, const Clock& clock, store::Transaction& tx, const audit::Actor& actor, directory::Permission needed);

}  // namespace kidoban::transfer
