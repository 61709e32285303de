#pragma once
// The rows of mail_queue.

#include <optional>
#include <vector>

#include "mail/letter.h"
#include "seal/seal.h"
#include "store/system.h"

namespace kidoban::mail {

enum class Urgency : std::uint8_t { awaited, ordinary };

Status insert_letter(store::Transaction& tx, const seal::TenantKey& key, const Id& id, Urgency urgency, std::optional<Time> useless_after,
                     const Letter& letter, Time now);

struct Queued {
  TenantId tenant;
  Id id, claim;
  std::int64_t attempts = 0;  // that were answered so far
  Letter letter;
};

// Any mail due, or past use.
Result<bool> anything_to_do(store::SystemTransaction& tx, Time now);
Result<bool> anything_waits(store::SystemTransaction& tx);

// Takes up to `limit` due mails into hand until `until`, under `claim`: those that somebody waits for first, then a few of
// each tenant in turn, so that one tenant's hundred thousand hold up nobody else. `turn` is whose turn was last. Mails
// whose tenant's key can't be had wait an hour.
Result<std::vector<Queued>> claim_due(store::SystemTransaction& tx, seal::Keyring& keys, const Id& claim, Time now, Time until,
                                      std::size_t limit, TenantId& turn);
// Takes out mails that are of no use any more, at most `limit`; not those in somebody's hands.
Result<std::vector<Queued>> take_useless(store::SystemTransaction& tx, seal::Keyring& keys, Time now, std::size_t limit);

// False where it isn't in the hands of this claim any more.
Result<bool> remove_letter(store::Transaction& tx, const Id& id, const Id& claim);
Result<bool> postpone_letter(store::Transaction& tx, const Id& id, const Id& claim, std::int64_t attempts, Time due_at);

}  // namespace kidoban::mail
