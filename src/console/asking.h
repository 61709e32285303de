#pragma once
// Who asks, what they may do, and the transaction in which what they ask is done.

#include "directory/directory.h"
#include "directory/permission.h"
#include "login/login.h"
#include "store/store.h"
#include "tenant/domains.h"
#include "tenant/settings.h"

namespace kidoban::console {

using directory::Permission;

// What the handlers stand on.
struct Inside {
  store::Store& store;
  directory::Directory& directory;
  login::Login& login;
  tenant::Settings& settings;
  tenant::Domains& domains;
};

// Who sent a request, and what they may do: the administrator whose browser it was.
struct Asking {
  audit::Actor actor;
  directory::PermissionSet may;
};

// unauthenticated/"session_missing"; forbidden/"not_administrator" where they may do nothing at all, "permission_missing" where
// not this. Read in the transaction that acts, so that whoever had a role a moment ago doesn't have it any more.
Result<Asking> asking(const Inside& in, store::Transaction& tx, const http::Request& request, Permission needed);
audit::Event by(const http::Request& request, const Asking& who);

// `act(tx)` in one read, for somebody who may.
template <class Act>
auto read_as(const Inside& in, const http::Request& request, Permission needed, const Act& act) {
  return in.store.read(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> std::invoke_result_t<const Act&, store::Transaction&> {
    TRY(asking(in, tx, request, needed));
    return act(tx);
  });
}

// `act(tx, event)` in one write; `event` says who and from where.
template <class Act>
auto write_as(const Inside& in, const http::Request& request, Permission needed, const Act& act) {
  return in.store.write(*request.site.tenant, request.deadline,
                        [&](store::Transaction& tx) -> std::invoke_result_t<const Act&, store::Transaction&, const audit::Event&> {
                          const audit::Event event = by(request, TRY(asking(in, tx, request, needed)));
                          return act(tx, event);
                        });
}

void add_people_routes(http::Routes& routes, const Inside& in);
void add_session_routes(http::Routes& routes, const Inside& in);
void add_group_routes(http::Routes& routes, const Inside& in);
void add_domain_routes(http::Routes& routes, const Inside& in);
void add_directory_settings_routes(http::Routes& routes, const Inside& in);

}  // namespace kidoban::console
