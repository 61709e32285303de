#pragma once
// The tables `password_credentials` and `password_history`.

#include <optional>
#include <string>
#include <vector>

#include "store/store.h"

namespace kidoban::factors::password {

struct CredentialRow {
  std::string sealed;
  bool imported = false;
  Time changed_at;
  std::optional<Time> temporary_until;
};
Result<std::optional<CredentialRow>> find_credential(store::Transaction& tx, const Id& person);
Status put_credential(store::Transaction& tx, const Id& person, const CredentialRow& row);
// The same password under another hash: when it was set and how long it is good stay. Nothing where it was set anew since
// `changed_at`.
Status rehash_credential(store::Transaction& tx, const Id& person, std::string_view sealed, Time changed_at);

struct FormerRow {
  Id id;
  std::string sealed;
};
// Newest first.
Result<std::vector<FormerRow>> find_history(store::Transaction& tx, const Id& person, std::int64_t limit);
Status add_history(store::Transaction& tx, const Id& person, const FormerRow& row);
// Forgets all but the newest `keep`.
Status prune_history(store::Transaction& tx, const Id& person, std::int64_t keep);

// Today's and all former ones.
Status erase_passwords(store::Transaction& tx, const Id& person);

}  // namespace kidoban::factors::password
