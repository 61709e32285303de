#pragma once
// What a federation protocol asks of signing in, and what it is asked. A protocol turns its request
// into a SignInRequest and hands it to the Gate; when the person has passed, the Gate comes back
// with a SignIn and the protocol turns that into its answer. A plug-in never includes login/:
// login implements Gate, and service/ brings the two together.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "http/reply.h"
#include "http/request.h"
#include "store/store.h"

namespace kidoban::federation {

struct SignInRequest {
  std::string protocol;                 // "oidc": which Protocol the answer goes to
  Id application;
  std::string application_name;         // shown to the person
  std::vector<std::string> acr_values;  // wanted strength, best first
  bool acr_essential = false;           // none of them reached: Refusal::strength_unmet, not a weaker sign-in
  std::optional<std::int64_t> max_age_s;
  bool fresh = false;                   // prompt=login, ForceAuthn
  bool silent = false;                  // prompt=none, IsPassive: answer without a page or not at all
  bool choose_account = false;          // prompt=select_account
  std::optional<Id> person;             // id_token_hint: it must be this person
  std::string renew;                    // a factor ("password") that the person wishes to replace once they have passed; with `fresh`
  std::string login_hint;
  std::string ui_locales;
  // What the application would learn; the person is asked where `consent` says so.
  enum class Consent : std::uint8_t { not_needed, if_not_given, ask } consent = Consent::not_needed;
  std::vector<std::string> scopes;
  // The protocol's own state, kept sealed in the journey and handed back unread.
  std::string state;
  // Origins the last form of the journey may redirect to (CSP form-action).
  std::vector<std::string> return_origins;
};

struct SignIn {
  Id person;
  Id session;
  Time signed_in_at;                // auth_time
  std::vector<std::string> amr;
  std::string acr;
  std::vector<std::string> scopes;  // as consented to
};

// Why nobody signed in.
enum class Refusal : std::uint8_t {
  login_required, interaction_required, consent_required, account_selection_required,
  access_denied,   // the person said no
  strength_unmet,  // acr_values named as essential can't be had
};

// A protocol's answer is made in two halves. The store half runs inside the transaction that ends the journey (so that session,
// consent, audit and code are one commit); it may run again after a conflict. What it answers is the reply to send.
class Protocol {
 public:
  virtual ~Protocol() = default;
  virtual std::string_view name() const = 0;
  virtual Result<http::Reply> admit(store::Transaction& tx, const http::Request& request,
                                    const SignInRequest& asked, const SignIn& sign_in) = 0;
  virtual Result<http::Reply> refuse(const http::Request& request, const SignInRequest& asked,
                                     Refusal refusal) = 0;
};

// A session as protocols see it.
struct SessionState {
  Id id, person;
  Time signed_in_at;
  bool alive;
};

// What login/ offers to protocols. Any thread.
class Gate {
 public:
  virtual ~Gate() = default;
  // Answers the browser: with the protocol's own answer at once where a session satisfies the
  // request, with a redirect into a journey otherwise, or with Protocol::refuse's words.
  virtual Result<http::Reply> ask(http::Request& request, SignInRequest asked) = 0;
  // The state of a session an earlier answer named; nothing where it is gone.
  virtual Result<std::optional<SessionState>> session(store::Transaction& tx, const Id& id) = 0;
  // The browser's own session, if it brought a valid cookie.
  virtual Result<std::optional<SessionState>> browser_session(const http::Request& request) = 0;
  // Ends the browser's session (audited); the reply gets the cookie's removal. `then` is where the person goes afterwards,
  // already checked by the protocol; "" shows the signed-out page.
  virtual Result<http::Reply> sign_out(http::Request& request, const std::string& then) = 0;
  // Asks "sign out?" first, on a page whose form leads to sign_out: for a request that can't be told from a forged one.
  virtual Result<http::Reply> ask_sign_out(http::Request& request, const std::string& then, std::string_view application_name) = 0;
  // What people see as theirs of consents is in login/; a protocol asks only this.
};

}  // namespace kidoban::federation
