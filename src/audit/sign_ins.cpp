#include "audit/sign_ins.h"

#include <algorithm>

#include "audit/audit_store.h"

namespace kidoban::audit {

namespace {

Id last_of_all() {
  Id id;
  id.bytes.fill(0xff);
  return id;
}

}  // namespace

Result<std::vector<Record>> sign_ins_of(store::Transaction& tx, seal::Keyring& keys, const Id& person, std::optional<Id> before, std::size_t limit) {
  const auto rows = TRY(read_sign_ins(tx, person, Id{}, before.value_or(last_of_all()), std::clamp<std::size_t>(limit, 1, 500)));
  const auto key = TRY(keys.of(tx));
  std::vector<Record> all;
  for (const Row& row : rows) all.push_back(TRY(opened(*key, row)));
  return all;
}

Result<std::optional<Record>> sign_in_of(store::Transaction& tx, seal::Keyring& keys, const Id& person, const Id& record) {
  Id next = record;
  for (std::size_t i = next.bytes.size(); i-- > 0;) {
    if (++next.bytes[i] != 0) break;
  }
  const auto rows = TRY(read_sign_ins(tx, person, record, next, 1));
  if (rows.empty()) return std::nullopt;
  return TRY(opened(*TRY(keys.of(tx)), rows.front()));
}

}  // namespace kidoban::audit
