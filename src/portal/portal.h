#pragma once
// What a person sees of Kidoban when no application sent them: My Applications, and their own account.
// To login/ it is one more protocol ("portal"), whose answer is to show a page of ours.

#include <functional>

#include "base/resource.h"
#include "directory/directory.h"
#include "factors/passwords.h"
#include "federation/applications.h"
#include "federation/protocol.h"
#include "http/routes.h"
#include "login/login.h"
#include "page/page.h"
#include "portal/own.h"

namespace kidoban::portal {

Resources resources();

// How a page is read: the person's language and time zone.
struct Looks {
  page::Language language = page::Language::en;
  std::string zoneinfo;
};
Looks looks_of(const http::Request& request, const directory::Person& person);

// Any thread.
class Portal final : public federation::Protocol {
 public:
  Portal(store::Store& store, directory::Directory& directory, federation::Applications& applications,
         login::Login& login, factors::Passwords& passwords, Own& own, const page::Pages& pages, const Clock& clock)
      : store_(store), directory_(directory), applications_(applications), login_(login), passwords_(passwords), own_(own), pages_(pages),
        clock_(clock) {}

  // GET / (My Applications), GET /account, POST /account/sessions/{session}/end; GET /account/password: a sign-in in
  // which the password is replaced; /account/history[/{record}], /account/details, /account/address/{token}.
  void add_routes(http::Routes& routes);

  std::string_view name() const override { return "portal"; }
  Result<http::Reply> admit(store::Transaction& tx, const http::Request& request,
                            const federation::SignInRequest& asked, const federation::SignIn& sign_in) override;
  Result<http::Reply> refuse(const http::Request& request, const federation::SignInRequest& asked,
                             federation::Refusal refusal) override;

 private:
  Result<http::Reply> home(http::Request& request);
  Result<http::Reply> account(http::Request& request);
  Result<http::Reply> end_session(http::Request& request);
  Result<http::Reply> change_password(http::Request& request);
  // history_pages.cpp
  Result<http::Reply> history(http::Request& request);
  Result<http::Reply> show_report(http::Request& request);
  Result<http::Reply> report(http::Request& request);
  Result<http::Reply> reported(http::Request& request);
  void tell_latest(const Own::Latest& latest, const Looks& looks, page::Data& data);
  page::Data told(const SeenSignIn& one, const Looks& looks) const;
  // details_pages.cpp
  Result<http::Reply> details(http::Request& request);
  Result<http::Reply> change_details(http::Request& request);
  Result<http::Reply> details_page(http::Request& request, const http::Form* typed, const Error* problem);
  Result<http::Reply> show_address(http::Request& request);
  Result<http::Reply> confirm_address(http::Request& request);
  // Whoever is signed in, in the transaction that acts; unauthenticated/"session_missing".
  Result<login::Login::SignedIn> who(store::Transaction& tx, const http::Request& request);
  // What every page of theirs has: their name, and the token of the bar's form.
  Status tell_bar(store::Transaction& tx, const login::Login::SignedIn& who, page::Data& data);
  // What a page of somebody who is signed in shows: `fill` adds its own to what every such page has. It may run again.
  using Fill = std::function<Status(store::Transaction&, const login::Login::SignedIn&, const Looks&, page::Data&)>;
  Status fill_page(const http::Request& request, Looks& looks, page::Data& data, const Fill& fill);
  // That page; who isn't signed in is asked to be, and comes back to `where`.
  Result<http::Reply> show(http::Request& request, std::string_view where, std::string_view page, const Fill& fill);
  Status tell_expiry(store::Transaction& tx, const Id& person, const Looks& looks, page::Data& data);
  Result<http::Reply> ask(http::Request& request, std::string_view where);

  store::Store& store_;
  directory::Directory& directory_;
  federation::Applications& applications_;
  login::Login& login_;
  factors::Passwords& passwords_;
  Own& own_;
  const page::Pages& pages_;
  const Clock& clock_;
};

}  // namespace kidoban::portal
