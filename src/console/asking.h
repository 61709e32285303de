#pragma once
// Who asks, and the transaction in which what they ask is done.

#include "directory/directory.h"
#include "login/login.h"
#include "store/store.h"

namespace kidoban::console {

// What the handlers stand on.
struct Inside {
  store::Store& store;
  directory::Directory& directory;
  login::Login& login;
};

// The administrator whose browser sent this. unauthenticated/"session_missing", forbidden/"not_administrator". Read in the
// transaction that acts, so that whoever was an administrator a moment ago isn't one any more.
Result<Id> administrator(const Inside& in, store::Transaction& tx, const http::Request& request);
audit::Event by(const http::Request& request, const Id& administrator);

// `act(tx)` in one read, for an administrator.
template <class Act>
auto read_as_administrator(const Inside& in, const http::Request& request, const Act& act) {
  return in.store.read(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> std::invoke_result_t<const Act&, store::Transaction&> {
    TRY(administrator(in, tx, request));
    return act(tx);
  });
}

// `act(tx, event)` in one write; `event` says who and from where.
template <class Act>
auto write_as_administrator(const Inside& in, const http::Request& request, const Act& act) {
  return in.store.write(*request.site.tenant, request.deadline,
                        [&](store::Transaction& tx) -> std::invoke_result_t<const Act&, store::Transaction&, const audit::Event&> {
                          const audit::Event event = by(request, TRY(administrator(in, tx, request)));
                          return act(tx, event);
                        });
}

void add_people_routes(http::Routes& routes, const Inside& in);
void add_session_routes(http::Routes& routes, const Inside& in);
void add_group_routes(http::Routes& routes, const Inside& in);

}  // namespace kidoban::console
