#pragma once
// The rows of signing_keys.

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "store/system.h"

namespace kidoban::federation::oidc {

enum class KeyState : std::uint8_t { next, current, previous };

struct KeyRow {
  std::string kid, algorithm;
  KeyState state;
  std::string private_key;  // sealed
  std::string public_jwk;
};
struct DueKey {
  TenantId tenant;
  std::string kid, algorithm;
  KeyState state;
};

Status insert_key(store::Transaction& tx, const KeyRow& row, Time now);
// By algorithm, then state.
Result<std::vector<KeyRow>> list_keys(store::Transaction& tx);
Result<std::optional<KeyRow>> find_key(store::Transaction& tx, std::string_view algorithm, KeyState state);
// How many keys moved.
Result<std::int64_t> move_key(store::Transaction& tx, std::string_view algorithm, KeyState from, KeyState to, Time now);
Status delete_key(store::Transaction& tx, std::string_view algorithm, KeyState state);
// Current keys that became so before `current_before`, previous ones before `previous_before`.
Result<std::vector<DueKey>> due_keys(store::SystemTransaction& tx, Time current_before, Time previous_before, std::int64_t limit);

}  // namespace kidoban::federation::oidc
