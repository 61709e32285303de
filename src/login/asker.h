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
  std::optional<directory::ServiceCredential> credential{};  // a token, or what an access token was got by
};

// A token decides where one came (RFC 6750 §2.1), else the session's cookie. unauthenticated/"session_missing", "token_invalid".
// Read in the transaction that acts, so that whoever had a role a moment ago doesn't have it any more.
Result<Asker> asker(Login& login, directory::Directory& directory, store::Transaction& tx, const http::Request& request);

// What they do is recorded with what it took: the permission, the roles that give it, the session, token, secret or key.
audit::Event by(const http::Request& request, Reason name, const Asker& who, directory::Permission needed);

// A request that only reads can't note what it came with: that is a write of its own, once an hour. Nothing becomes of it where it fails.
void note_use(store::Store& store, directory::Directory& directory, const http::Request& request, const directory::ServiceCredential& credential);

// What WWW-Authenticate says where a request to those APIs is refused (RFC 6750 §3); "" where it says nothing.
std::string challenge(const http::Request& request, const Error& error);

}  // namespace kidoban::login
