#pragma once
// The rows of kept_answers.

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "crypto/hash.h"
#include "store/system.h"

namespace kidoban::console {

// True for the one that comes first: the row is there from then on, without an answer, if the transaction is kept.
Result<bool> claim_key(store::Transaction& tx, const crypto::Digest& key_hash, const crypto::Digest& fingerprint, Time expires_at);
Status keep_answer(store::Transaction& tx, const crypto::Digest& key_hash, std::string_view sealed, const std::optional<Id>& made, std::optional<Time> secret_until);

struct KeptRow {
  crypto::Digest fingerprint{};
  std::optional<std::string> answer;  // sealed; not there any more where it had a secret
  std::optional<Time> secret_until;
  Time expires_at;
};
Result<KeptRow> select_kept(store::Transaction& tx, const crypto::Digest& key_hash);
Status drop_kept(store::Transaction& tx, const crypto::Digest& key_hash);
Status delete_kept_about(store::Transaction& tx, const Id& made);

// How many rows were touched, at most `limit` of each: those whose time is over go, those with secrets lose their answer.
Result<std::int64_t> purge_kept(store::SystemTransaction& tx, Time now, std::int64_t limit);

}  // namespace kidoban::console
