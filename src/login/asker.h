#pragma once
// Who sent a request to one of a tenant's APIs: the person whose browser it was, or the service account whose token came.

#include <optional>

#include "directory/directory.h"
#include "login/login.h"

namespace kidoban::login {

struct Asker {
  audit::Actor actor;
  directory::Grant grant;
  // By which of the two they showed who they are.
  std::optional<Id> session{};
  std::optional<directory::ServiceToken> token{};
};

// A token decides where one came (RFC 6750 §2.1), else the session's cookie. unauthenticated/"session_missing", "token_invalid".
// Read in the transaction that acts, so that whoever had a role a moment ago doesn't have it any more.
Result<Asker> asker(Login& login, directory::Directory& directory, store::Transaction& tx, const http::Request& request);

// What they do is recorded with what it took: the permission, the roles that give it, the session or token.
audit::Event by(const http::Request& request, Reason name, const Asker& who, directory::Permission needed);

}  // namespace kidoban::login
