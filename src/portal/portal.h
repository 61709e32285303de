#pragma once
// What a person sees of Kidoban when no application sent them: My Applications, and their own account.
// To login/ it is one more protocol ("portal"), whose answer is to show a page of ours.

#include "base/resource.h"
#include "directory/directory.h"
#include "factors/passwords.h"
#include "federation/applications.h"
#include "federation/protocol.h"
#include "http/routes.h"
#include "login/login.h"
#include "page/page.h"

namespace kidoban::portal {

Resources resources();

// Any thread.
class Portal final : public federation::Protocol {
 public:
  Portal(store::Store& store, directory::Directory& directory, federation::Applications& applications,
         login::Login& login, factors::Passwords& passwords, const page::Pages& pages, const Clock& clock)
      : store_(store), directory_(directory), applications_(applications), login_(login), passwords_(passwords), pages_(pages), clock_(clock) {}

  // GET / (My Applications), GET /account, POST /account/sessions/{session}/end; GET /account/password: a sign-in in
  // which the password is replaced.
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
  Status tell_expiry(store::Transaction& tx, const Id& person, page::Data& data);
  Result<http::Reply> ask(http::Request& request, std::string_view where);

  store::Store& store_;
  directory::Directory& directory_;
  federation::Applications& applications_;
  login::Login& login_;
  factors::Passwords& passwords_;
  const page::Pages& pages_;
  const Clock& clock_;
};

}  // namespace kidoban::portal
