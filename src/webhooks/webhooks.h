#pragma once
// A tenant's webhooks: servers that its audit is sent to, signed, in order, at least once (docs/protocols/audit.md). This is what
// administrators do with them; courier.h takes the records there. Made once at start; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/audit.h"
#include "base/resource.h"
#include "base/secret.h"
#include "http/client.h"
#include "seal/seal.h"
#include "store/store.h"

namespace kidoban::webhooks {

Resources resources();

// Each is a connection of ours, and an audit that is read once more.
inline constexpr std::size_t most_webhooks = 10;
inline constexpr std::size_t most_events = 50;          // one webhook's filter; there are about a hundred events
inline constexpr std::size_t event_bytes = 64;
inline constexpr std::size_t name_bytes = 400;          // 100 characters of four bytes
inline constexpr std::int64_t attempts_kept = 100;      // of each webhook

struct Webhook {
  Id id;
  std::string name{}, url{};
  std::vector<std::string> events{};   // "person." for all that begin so, or one; none: everything
  bool enabled = true;
  std::string off_reason{};            // "webhook_gone" (410), "webhook_gave_up"; "" where an administrator did it
  std::int64_t version = 1;
  Time created_at{};
  std::int64_t position = 0;           // of the next record, in the audit's tree
  std::int64_t failures = 0;           // in a row
  std::optional<Time> failing_since{}, delivered_at{}, next_attempt_at{};
  std::optional<Time> old_secret_until{};
};
bool wants(const Webhook& webhook, std::string_view event);

// What the signatures are made with. Kept sealed.
struct Secrets {
  Secret now;                          // 32 bytes
  Secret before{};                     // signs along until then; empty for none
  std::optional<Time> before_until{};
};

struct Attempt {
  std::int64_t number = 0;
  Id message{};
  bool test = false;
  Time at{};
  Duration took{};
  int status = 0;                      // 0: there was none
  std::string failure{};               // "" where it was taken
  std::int64_t records = 0, first = 0, end = 0;
};

class Webhooks {
 public:
  Webhooks(seal::Keyring& keys, audit::Audit& audit, const Clock& clock, Random& random, http::Reach reach)
      : keys_(keys), audit_(audit), clock_(clock), random_(random), reach_(std::move(reach)) {}

  struct New {
    std::string name, url;
    std::vector<std::string> events{};
    bool enabled = true;
    std::optional<std::int64_t> position{};  // nothing: what isn't in the tree yet
  };
  struct Made {
    Webhook webhook;
    Secret secret;  // "whsec_…", told this once
  };
  // malformed/"name_malformed", "url_malformed", "url_not_https", "url_unreachable", "events_malformed", "position_malformed";
  // conflict/"webhook_too_many". Audited as "webhook.created".
  Result<Made> create(store::Transaction& tx, const New& wanted, const audit::Event& by);
  Result<std::vector<Webhook>> list(store::Transaction& tx);        // by id; most_webhooks at most
  Result<Webhook> get(store::Transaction& tx, const Id& id);        // not_found/"webhook_unknown"
  struct Change {
    std::optional<std::string> name{}, url{};
    std::optional<std::vector<std::string>> events{};
    std::optional<bool> enabled{};
    std::optional<std::int64_t> position{};
  };
  // What is being sent at the moment may arrive once more. conflict/"version_changed". Audited as "webhook.changed".
  Result<Webhook> change(store::Transaction& tx, const Id& id, const Change& change, std::optional<std::int64_t> version, const audit::Event& by);
  Status remove(store::Transaction& tx, const Id& id, const audit::Event& by);
  // A new secret; the one before signs along for so long. malformed/"overlap_malformed" beyond a week. Audited as "webhook.secret_made".
  Result<Made> turn_secret(store::Transaction& tx, const Id& id, std::chrono::seconds overlap, const audit::Event& by);
  // Newest first.
  Result<std::vector<Attempt>> attempts(store::Transaction& tx, const Id& id, std::size_t limit);

 private:
  Secret fresh_secret();
  seal::Keyring& keys_;
  audit::Audit& audit_;
  const Clock& clock_;
  Random& random_;
  http::Reach reach_;
};

}  // namespace kidoban::webhooks
