#pragma once
// What a person sees of Kidoban when no application sent them: My Applications, and their own account.
// To login/ it is one more protocol ("portal"), whose answer is to show a page of ours.

#include "base/resource.h"
#include "directory/directory.h"
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
         login::Login& login, const page::Pages& pages)
      : store_(store), directory_(directory), applications_(applications), login_(login), pages_(pages) {}

  // GET / (My Applications), GET /account, POST /account/sessions/{session}/end.
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
  Result<http::Reply> ask(http::Request& request, std::string_view where);

  store::Store& store_;
  directory::Directory& directory_;
  federation::Applications& applications_;
  login::Login& login_;
  const page::Pages& pages_;
};

}  // namespace kidoban::portal
