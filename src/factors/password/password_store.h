#pragma once
// The table `password_credentials`.

#include <optional>
#include <string>

#include "store/store.h"

namespace kidoban::factors::password {

struct CredentialRow {
  std::string sealed;
  bool imported = false;
};
Result<std::optional<CredentialRow>> find_credential(store::Transaction& tx, const Id& person);
Status put_credential(store::Transaction& tx, const Id& person, const CredentialRow& row, Time now);
Status delete_credential(store::Transaction& tx, const Id& person);

}  // namespace kidoban::factors::password
