#pragma once
// The rows behind applications. `sealed` is opaque here.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "store/store.h"

namespace kidoban::federation {

struct ApplicationRow {
  Id id;
  std::string protocol, identifier;
  bool enabled = true;
  std::int64_t version = 1;
  std::string sealed;
};

Status insert_application(store::Transaction& tx, const ApplicationRow& row);
Result<std::optional<ApplicationRow>> find_application(store::Transaction& tx, std::string_view protocol,
                                                       std::string_view identifier);
Result<std::optional<ApplicationRow>> get_application(store::Transaction& tx, const Id& id);
// False where `version` is not the row's any more, or protocol and identifier never were; the row's becomes version + 1.
Result<bool> update_application(store::Transaction& tx, const ApplicationRow& row);
Result<std::vector<ApplicationRow>> list_applications(store::Transaction& tx, const Id& after, std::size_t limit);

}  // namespace kidoban::federation
