#pragma once
// Signing in: journeys, sessions, consent, lockout, sign-out. Implements the Gate that federation
// protocols ask.
//
//   protocol ─ask→ Gate ─┬─ a live session satisfies the request: Protocol::admit, at once
//                        └─ otherwise a journey: /sign-in/{journey}, step by step, then Protocol::admit
//
// Made once at start; protocols and routes are added before the first request; then any thread.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/resource.h"
#include "directory/directory.h"
#include "factors/factor.h"
#include "federation/protocol.h"
#include "http/routes.h"
#include "login/lockout.h"
#include "login/session.h"
#include "page/page.h"

namespace kidoban::login {

Resources resources();

struct Options {
  SessionOptions session;
  LockoutOptions lockout;
  std::chrono::seconds journey_lifetime = std::chrono::minutes(30);
  bool offers_recovery = false;  // pages link to /password-reset
  // In the transaction that makes it so: wrong guesses hold somebody's sign-in up for a while; somebody has signed in from
  // a browser that is new for them.
  std::function<Status(store::Transaction&, const directory::Person&, Time until)> when_held_up{};
  std::function<Status(store::Transaction&, const http::Request&, const directory::Person&)> when_new_browser{};
};

class Login final : public federation::Gate {
 public:
  Login(store::Store& store, seal::Keyring& keys, audit::Audit& audit, directory::Directory& directory,
        const page::Pages& pages, const Clock& clock, Random& random, std::vector<factors::Factor*> factors,
        const Options& options = {});
  ~Login() override;

  void add_protocol(federation::Protocol& protocol);
  // GET and POST /sign-in/{journey}, GET and POST /sign-out.
  void add_routes(http::Routes& routes);

  Result<http::Reply> ask(http::Request& request, federation::SignInRequest asked) override;
  Result<std::optional<federation::SessionState>> session(store::Transaction& tx, const Id& id) override;
  Result<std::optional<federation::SessionState>> browser_session(const http::Request& request) override;
  Result<http::Reply> sign_out(http::Request& request, const std::string& then) override;
  Result<http::Reply> ask_sign_out(http::Request& request, const std::string& then,
                                   std::string_view application_name) override;

  Sessions& sessions();
  Lockout& lockout();
  // Whoever had guessed wrong too often may try at once. Audited as "person.unlocked" where there was something to forget.
  Status unlock(store::Transaction& tx, const directory::Person& person, const audit::Event& by);
  // Whose browser sent this, read in the caller's transaction; nobody where no live session came with it.
  struct SignedIn {
    directory::Person person;
    Id session;
  };
  Result<std::optional<SignedIn>> signed_in(store::Transaction& tx, const http::Request& request);
  // What a form of a page that acts on the browser's own session must carry as `csrf`; made for one purpose.
  Result<std::string> session_token(store::Transaction& tx, const Id& session, std::string_view purpose);
  // forbidden/"form_stale" when it isn't that.
  Status check_session_token(store::Transaction& tx, const Id& session, std::string_view purpose,
                             std::string_view token);

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace kidoban::login
