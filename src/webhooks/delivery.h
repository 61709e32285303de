#pragma once
// One attempt: what is due is read and taken in hand, sent, and what became of it is written down.

#include "audit/stream.h"
#include "webhooks/courier.h"
#include "webhooks/webhooks_store.h"

namespace kidoban::webhooks {

// What the courier was given.
struct Outfit {
  store::Store& store;
  seal::Keyring& keys;
  audit::Audit& audit;
  audit::Sealer& sealer;
  const Clock& clock;
  Random& random;
  http::Reach reach;
  Courier::SwitchedOff switched_off;
};

// Any thread.
class Delivery {
 public:
  Delivery(Outfit outfit, const CourierOptions& options) : outfit_(std::move(outfit)), options_(options) {}
  const Outfit& outfit() const { return outfit_; }

  // An error is that something is wrong on our side; what the receiver does is an attempt.
  Status deliver(const Due& one);
  // Where that happened: not again for a while.
  void put_aside(const Due& one);
  Result<Attempt> test(const TenantId& tenant, const Id& id, const std::function<Result<audit::Event>(store::Transaction&)>& by, runtime::Deadline deadline);

 private:
  // What is sent, and by which row it was decided.
  struct Message {
    Row row;                 // as read, and after taking it, as it is
    Webhook webhook;
    Secrets secrets;
    audit::Stretch stretch;
    bool more = false;       // the audit goes on behind it
  };
  Result<std::optional<Message>> read(const Due& one);
  Result<bool> take(const Due& one, Message& message);
  struct Sent {
    Attempt attempt;
    std::optional<std::chrono::seconds> retry_after;
  };
  Sent send(const Webhook& webhook, const Secrets& secrets, const Id& message, std::string_view body, runtime::Deadline deadline);
  Status settle(const Due& one, const Message& message, Sent sent);
  void after_failure(Row& row, const Sent& sent, bool& off);

  Outfit outfit_;
  CourierOptions options_;
};

}  // namespace kidoban::webhooks
