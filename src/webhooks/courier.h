#pragma once
// Takes the audit to its webhooks, on threads of its own, across tenants. Several nodes may run one each: a webhook is in one
// hand at a time, by a lease; what is sent, and how far, is written down before it is sent, so that a node that dies loses nothing
// and whoever goes on sends the same message again.
//
// One thread looks around: tenants whose audit moved are sealed (which gives the records their order), and their webhooks are
// due. Half of the senders serve receivers that are quick, half those that failed or took long at their last attempt: a dead one
// holds up none that lives.

#include <chrono>
#include <functional>
#include <memory>

#include "audit/sealing.h"
#include "http/client.h"
#include "seal/seal.h"
#include "store/store.h"
#include "webhooks/webhooks.h"

namespace kidoban::webhooks {

struct CourierOptions {
  std::size_t senders = 8;                            // for the quick, and as many for the slow
  std::size_t at_once = 4;                            // of one tenant, of either
  std::chrono::seconds first_retry{5};
  std::chrono::milliseconds look_every{500};
  std::chrono::milliseconds attempt_time{10'000};
  std::chrono::milliseconds pause{500};               // after a message that brought all there was: the next may bring more
};

// The wait after so many failures in a row, without what chance adds (up to a fifth): three times the wait before, to six hours.
std::chrono::seconds retry_after(std::int64_t failures, std::chrono::seconds first);
// Given up after so long without a single success; by then an attempt was made every six hours.
inline constexpr std::chrono::hours given_up_after{72};

class Courier {
 public:
  // Called in the transaction that switches a webhook off, for what must be said then.
  using SwitchedOff = std::function<Status(store::Transaction&, const Webhook&, const Attempt& last)>;

  Courier(store::Store& store, seal::Keyring& keys, audit::Audit& audit, audit::Sealer& sealer, const Clock& clock, Random& random, http::Reach reach,
          SwitchedOff switched_off, const CourierOptions& options = {});
  ~Courier();  // stops

  void start();
  void stop();  // after the attempts that run

  // Sends a message of no consequence now, whether the webhook is on or not. Not inside a transaction, and not on a request's
  // thread without a lane: it waits for the receiver. Audited as "webhook.tested".
  Result<Attempt> test(const TenantId& tenant, const Id& id, const std::function<Result<audit::Event>(store::Transaction&)>& by, runtime::Deadline deadline);

  // One look around, and one attempt, on this thread: false where nothing was due. For tests.
  Status look();
  enum class Kind : std::uint8_t { quick, slow };
  Result<bool> deliver_one(Kind kind);

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace kidoban::webhooks
