#pragma once
// What happened: one record for every change and every sign-in event, written in the transaction
// that made the change, so that neither exists without the other.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/random.h"
#include "base/resource.h"
#include "base/result.h"
#include "http/request.h"
#include "seal/seal.h"
#include "store/store.h"

namespace kidoban::audit {

Resources resources();

enum class ActorKind : std::uint8_t { nobody, person, application, operator_, system, service_account };
struct Actor {
  ActorKind kind = ActorKind::nobody;
  std::optional<Id> id;
};

enum class Outcome : std::uint8_t { success, refused, failed };

struct Event {
  Reason name;                       // "sign_in.password", "person.created", "session.ended", …
  Outcome outcome = Outcome::success;
  Actor actor{};
  std::string_view target_kind{};    // "person", "application", "session", …; "" for none
  std::optional<Id> target{};
  std::optional<Id> session{};
  // From where; both sealed. Set by `from(request)`.
  std::string client_address{}, user_agent{};
  std::string trace_id{};
  std::string reason{};                // an Error's slug, when refused
  // What else. Sealed. No secret belongs here.
  std::vector<std::pair<std::string, std::string>> detail{};
};

// Fills client_address, user_agent (first 256 bytes) and trace_id.
Event from(const http::Request& request, Event event);

struct Record {
  Id id;
  Time at;
  std::string name, outcome, actor_kind, target_kind, reason;
  std::optional<Id> actor, target, session;
  std::string detail_json;  // {"client_address":…,"user_agent":…,"trace_id":…, detail…}
};

// A record that is ready to be put in, beside what it tells of.
struct Prepared {
  Id id;
  Time at;
  std::string event;
  Outcome outcome = Outcome::success;
  ActorKind actor_kind = ActorKind::nobody;
  std::optional<Id> actor;
  std::string target_kind;
  std::optional<Id> target, session;
  std::string reason, detail;  // the detail is sealed
  crypto::Digest mark{};
};

class Audit {
 public:
  Audit(seal::Keyring& keys, const Clock& clock, Random& random)
      : keys_(keys), clock_(clock), random_(random) {}

  Status append(store::Transaction& tx, const Event& event);
  // Many, in their order, for the price of one exchange with the store.
  Status append_all(store::Transaction& tx, std::span<const Event> events);
  // The same in two parts, where many are made ready beside a transaction. prepare() is for a transaction that follows at once: what it gives has
  // its time already. Any thread.
  Prepared prepare(const seal::TenantKey& key, const TenantId& tenant, const Event& event) const;
  Status append_prepared(store::Transaction& tx, std::span<const Prepared* const> records);

  struct Filter {
    std::optional<Id> actor, target;
    std::string name;               // "" for all; "sign_in." for all that begin so
    std::optional<Time> from, until;
    std::optional<Outcome> outcome{};
    std::optional<Id> oldest{};     // none older than this one
  };
  // Newest first, at most `limit` (1..500); `before` is the last id of the page before.
  Result<std::vector<Record>> read(store::Transaction& tx, const Filter& filter,
                                   std::optional<Id> before, std::size_t limit);

  // The same, for a filter that may fit few: looks through 10,000 records at most, and says where to go on.
  struct Page {
    std::vector<Record> records;
    std::optional<Id> next;         // `before` of the next page; nothing: that was all
  };
  Result<Page> page(store::Transaction& tx, const Filter& filter, std::optional<Id> before, std::size_t limit);

 private:
  seal::Keyring& keys_;
  const Clock& clock_;
  Random& random_;
};

std::optional<Outcome> outcome_named(std::string_view name);

}  // namespace kidoban::audit
