#pragma once
// What stands behind login.h, shared by this folder's own files only.

#include <map>

#include "login/browsers.h"
#include "login/consent.h"
#include "login/dispatcher.h"
#include "login/journey.h"
#include "login/lockout.h"
#include "login/login.h"
#include "login/policy.h"

namespace kidoban::login {

// A journey as it stands in this transaction, and what is due.
struct Standing {
  seal::TenantKeyPointer key;
  Journey journey;
  std::optional<Session> session;                  // the browser's, live, its person enabled
  std::optional<directory::Person> session_person;
  std::optional<directory::Person> person;         // whose login was typed, if they may sign in
  Policy policy;
  Due due = Due::identify;
  factors::Factor* factor = nullptr;               // for Due::element and Due::renewal
};

// What is wrong with the last answer, as the person reads it.
struct Problem {
  std::string reason, text;
  int status = 403;
  std::int64_t wait_s = 0;
  std::vector<std::string> faults = {};  // where several things are wrong: each in its own sentence
};

// What a step came to.
struct Outcome {
  std::optional<http::Reply> reply;            // the protocol's answer: the journey is over
  std::optional<federation::Refusal> refusal;  // the journey is over, nobody signed in
  federation::SignInRequest asked;             // of a refusal
  std::optional<Problem> problem;              // the same step again
  std::optional<std::string> session_cookie;   // a session began
  std::optional<http::Cookie> browser_cookie = {};  // … in this browser
};

struct Login::Inside {
  Inside(store::Store& store, seal::Keyring& keys, audit::Audit& audit, directory::Directory& directory,
         const page::Pages& pages, const Clock& clock, Random& random, std::vector<factors::Factor*> factors,
         const Options& options);

  store::Store& store;
  seal::Keyring& keys;
  audit::Audit& audit;
  directory::Directory& directory;
  const page::Pages& pages;
  const Clock& clock;
  Random& random;
  std::vector<factors::Factor*> factors;
  Options options;
  Sessions sessions;
  Lockout lockout;
  Consents consents;
  Browsers browsers;
  std::map<std::string, federation::Protocol*, std::less<>> protocols;

  // standing.cpp
  struct Browser {
    std::optional<Session> session;
    std::optional<directory::Person> person;
  };
  Result<Browser> browser_of(store::Transaction& tx, const http::Request& request);
  Result<Standing> stand(store::Transaction& tx, const http::Request& request);
  Result<bool> consent_needed(store::Transaction& tx, const federation::SignInRequest& asked, const Id& person);
  Result<factors::Factor*> factor_for(store::Transaction& tx, const Element& element, const directory::Person* person);
  std::string form_token(const Standing& standing) const;

  // steps.cpp
  Result<http::Reply> show_journey(http::Request& request);
  Result<http::Reply> answer_journey(http::Request& request);
  Result<Outcome> identify(const http::Request& request, const http::Form& form);
  Result<Outcome> go_back(const http::Request& request);
  Result<Outcome> choose(const http::Request& request, const http::Form& form);
  Result<Outcome> consent(const http::Request& request, const http::Form& form);

  // element.cpp
  Result<Outcome> show_factor(const http::Request& request, const Standing& standing, const http::Form& form);
  Result<Outcome> record_refused(const http::Request& request, const Standing& standing,
                                 const factors::Refused& refused);
  Result<Outcome> record_passed(const http::Request& request, const Standing& before, const factors::Passed& passed);

  // renewal.cpp
  Result<Outcome> renew(const http::Request& request, const Standing& standing, const http::Form& form);
  Result<Outcome> record_renewed(const http::Request& request, const Standing& before, const factors::Record& record);

  // finish.cpp
  Result<http::Reply> admit(store::Transaction& tx, const http::Request& request,
                            const federation::SignInRequest& asked, const Session& session);
  Result<Outcome> finish(store::Transaction& tx, const http::Request& request, const Standing& standing);
  Result<Outcome> let_in(store::Transaction& tx, const http::Request& request, Standing& standing);
  struct Begun {
    std::string session_cookie;
    http::Cookie browser_cookie;
  };
  Result<Begun> begin_session(store::Transaction& tx, const http::Request& request, Standing& standing);
  Result<http::Reply> refuse(const http::Request& request, const federation::SignInRequest& asked,
                             federation::Refusal refusal);

  // show.cpp
  factors::Step step_of(const http::Request& request, const Standing& standing) const;
  page::Language language_of(const http::Request& request, const federation::SignInRequest& asked) const;
  Result<http::Reply> show(const http::Request& request, const Standing& standing, const std::optional<Problem>& problem);
  Result<http::Reply> conclude(const http::Request& request, Outcome outcome);

};

inline constexpr std::string_view sign_out_purpose = "sign_out:";

inline std::string folder_of(const factors::Factor& factor) { return "factors/" + std::string(factor.name()); }
// Nothing has been shown.
void begin_again(Progress& progress);
std::string journey_path(const http::Site& site, const Id& journey);
// The cookie that binds journeys to a browser: "__Host-kidoban-browser-acme", on plain http "kidoban-browser-acme".
std::string browser_cookie_name(const http::Site& site);
audit::Event event_of(const http::Request& request, Reason name, const std::optional<Id>& person);

}  // namespace kidoban::login
