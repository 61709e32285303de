#pragma once
// A client as one writes it down: everything that is settled about it, without its secret. For configuration as code.

#include <string>

#include "federation/oidc/client_admin.h"

namespace kidoban::federation::oidc {

// RFC 7591's names in a JSON object, as they stand; no client_secret.
Result<std::string> settings_without_secret(const Application& application);

// Connects the application, or changes the one with that identifier. `wanted.settings` are as above; a secret in them is
// refused. One that needs a secret keeps its own, or is given one: NewClient::client_secret then has it, else it is "".
// As create_client; Applications::change.
Result<NewClient> put_client(store::Transaction& tx, Applications& applications, Application wanted, const audit::Event& by, Random& random);

}  // namespace kidoban::federation::oidc
