#pragma once
// The OpenID provider and OAuth authorization server of every tenant: the folder's door. Any
// thread; made once at start. Gate and Oidc name each other: make the Gate first, give it to Oidc,
// then tell it of Oidc.

#include <memory>
#include <string>
#include <string_view>

#include "audit/audit.h"
#include "base/resource.h"
#include "directory/directory.h"
#include "federation/applications.h"
#include "federation/protocol.h"
#include "http/routes.h"
#include "page/page.h"
#include "seal/seal.h"
#include "store/store.h"

namespace kidoban::federation::oidc {

Resources resources();

struct Provider;

// An issuer's metadata document. For RFC 8414 §3.1's address of an issuer with a path, which lies
// outside the tenant: /.well-known/oauth-authorization-server/t/{slug}, a route of the service.
http::Reply issuer_metadata(const std::string& issuer);

class Oidc final : public Protocol {
 public:
  Oidc(store::Store& store, seal::Keyring& keyring, Applications& applications, directory::Directory& directory,
       audit::Audit& audit, Gate& gate, const page::Pages& pages, const Clock& clock, Random& random);
  ~Oidc() override;

  std::string_view name() const override { return "oidc"; }
  Result<http::Reply> admit(store::Transaction& tx, const http::Request& request, const SignInRequest& asked,
                            const SignIn& sign_in) override;
  Result<http::Reply> refuse(const http::Request& request, const SignInRequest& asked, Refusal refusal) override;

  void add_routes(http::Routes& routes);

  // Chores, each a small bite: expired rows go; keys that are due move on. Called every minute or so.
  Status purge();
  Status rotate_due_keys();
  // All of a tenant's signing keys take one step now: next becomes current. Twice ends the use of
  // keys that leaked; what they signed is then no longer accepted.
  Status rotate_keys(TenantId tenant, runtime::Deadline deadline);

 private:
  std::unique_ptr<Provider> provider_;
};

}  // namespace kidoban::federation::oidc
