#pragma once
// A session: a browser in which a person has signed in. The browser holds the session's id and a secret
// in a cookie; the row holds the secret's hash. Ended sessions have no row: the audit remembers them.
//
// A session dies at the first of: idle for too long, too old, ended by its person or an administrator, its person no
// longer enabled. Every function here runs in the caller's transaction.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/audit.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/random.h"
#include "http/reply.h"
#include "http/request.h"
#include "seal/seal.h"
#include "store/store.h"

namespace kidoban::login {

struct SessionOptions {
  std::chrono::seconds idle = std::chrono::minutes(60);
  std::chrono::seconds absolute = std::chrono::hours(12);
  // How stale last_seen_at may become: a row isn't written at every click.
  std::chrono::seconds touch_every = std::chrono::minutes(3);
};

struct Session {
  Id id, person;
  Time created_at, signed_in_at, last_seen_at, idle_until, absolute_until;
  std::vector<std::string> amr;
  std::string client_address, user_agent;  // as at sign-in
};

// "__Host-kidoban-acme" over https (RFC 6265bis §4.1.3.2: no other host or path can set it), "kidoban-acme" on plain
// http. The tenant's slug is in the name: several tenants may stand on one host.
std::string session_cookie_name(const http::Site& site);
http::Cookie session_cookie(const http::Site& site, std::string value);
http::Cookie remove_session_cookie(const http::Site& site);

class Sessions {
 public:
  Sessions(seal::Keyring& keys, audit::Audit& audit, const Clock& clock, Random& random, SessionOptions options)
      : keys_(keys), audit_(audit), clock_(clock), random_(random), options_(options) {}

  struct Started {
    Session session;
    std::string cookie_value;  // base64url(id ‖ secret)
  };
  // A new id and secret at every sign-in: whatever was known about the browser before is worth nothing after.
  Result<Started> start(store::Transaction& tx, const Id& person, const std::vector<std::string>& amr,
                        const http::Request& request);
  // The live session this cookie value shows; nothing for a forged, ended or expired one.
  Result<std::optional<Session>> recognise(store::Transaction& tx, std::string_view cookie_value);
  Result<std::optional<Session>> find(store::Transaction& tx, const Id& id);
  // Newest first.
  Result<std::vector<Session>> list(store::Transaction& tx, const Id& person);
  bool wants_touch(const Session& session) const;
  Status touch(store::Transaction& tx, const Session& session);
  // False where it is gone already, or is another person's. Audited as "session.ended" with `why`, by `by`'s actor.
  Result<bool> end(store::Transaction& tx, const Id& id, const Id& person, const audit::Event& by, Reason why);
  Result<std::int64_t> end_all(store::Transaction& tx, const Id& person, const audit::Event& by, Reason why);

 private:
  bool alive(const Session& session) const;
  seal::Keyring& keys_;
  audit::Audit& audit_;
  const Clock& clock_;
  Random& random_;
  SessionOptions options_;
};

}  // namespace kidoban::login
