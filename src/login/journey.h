#pragma once
// One sign-in under way. Its row is sealed and bound to the browser in which it began.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "crypto/hash.h"
#include "factors/factor.h"
#include "federation/protocol.h"
#include "seal/seal.h"
#include "store/store.h"

namespace kidoban::login {

struct Progress {
  federation::SignInRequest asked;
  Time started_at;
  std::string login;                // canonical; "" until someone says who they are
  std::vector<std::string> passed;  // the factor that passed each element, in the policy's order
  std::vector<std::string> amr;
  // What must be replaced before they are let in: which factor, and its own word for why. "" for nothing.
  std::string renewing;
  factors::Renewal renewal;
  bool chosen = false;              // an account was chosen (prompt=select_account)
  std::optional<Id> session;        // the session it stands on, once there is one
};

struct Journey {
  Id id;
  Progress progress;
  crypto::Digest binding_hash;
  Time expires_at;
  std::int64_t version = 1;
};

// The state as JSON. internal/"journey_unreadable" for text that isn't one of ours.
std::string encode(const Progress& progress);
Result<Progress> decode(std::string_view text);

Status put_journey(store::Transaction& tx, const seal::TenantKey& key, const Journey& journey);
Result<std::optional<Journey>> find_journey(store::Transaction& tx, const seal::TenantKey& key, const Id& id);
// conflict/"journey_moved_on" when another step came first.
Status update_journey(store::Transaction& tx, const seal::TenantKey& key, Journey& journey);
Status erase_journey(store::Transaction& tx, const Id& id);

}  // namespace kidoban::login
