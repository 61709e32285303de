#pragma once
// Who asks, what they may do, and the transaction in which what they ask is done.

#include "console/console.h"
#include "console/kept_answers.h"
#include "directory/permission.h"
#include "login/asker.h"

namespace kidoban::console {

using directory::Permission;

// Who sent a request, and what they may do: the administrator whose browser it was, or the service account whose token came.
struct Asking : login::Asker {
  Permission needed;  // what this request is about
  // Where a second person agreed: to which approval, and who. Their rights are in `grant`, too.
  std::optional<Id> approval{}, approver{};

  bool may(Permission one) const { return directory::holds(grant.everywhere, one); }
  // What they may do with this person: everywhere, or because of a group or a domain of theirs.
  Result<bool> may(const Inside& in, store::Transaction& tx, Permission one, const directory::Person& person) const;
};

// Whether a request about nobody in particular (a list, somebody new) is in order for who may do it only somewhere: the handler then
// looks at each one.
enum class Somewhere : std::uint8_t { refused, allowed };

// unauthenticated/"session_missing", "token_invalid"; forbidden/"not_administrator" where they may do nothing at all,
// "permission_missing" where not this or not to that person or group, "person_more_powerful". Read in the transaction that acts, so
// that whoever had a role a moment ago doesn't have it any more.
Result<Asking> asking(const Inside& in, store::Transaction& tx, const http::Request& request, Permission needed, Somewhere somewhere = Somewhere::refused);
audit::Event by(const http::Request& request, const Asking& who);
// forbidden/"permission_missing".
Status check(const Asking& who, Permission needed);
// Nobody hands out, in a role or to a service account, what they don't have everywhere. forbidden/"permission_not_yours".
Status may_hand_out(const Asking& who, const directory::PermissionSet& given);

// What must happen in a replay's transaction, before and after what the handler does in it.
Status begin_replay(const Inside& in, store::Transaction& tx);
Status end_replay(const Inside& in, store::Transaction& tx);

// Each handler's one write.
template <class Act>
auto write(const Inside& in, const http::Request& request, const Act& act) {
  return in.store.write(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> std::invoke_result_t<const Act&, store::Transaction&> {
    TRY(begin_replay(in, tx));
    auto done = act(tx);
    if (done) TRY(end_replay(in, tx));
    return done;
  });
}

// `act(tx)` in one read, for somebody who may.
template <class Act>
auto read_as(const Inside& in, const http::Request& request, Permission needed, const Act& act) {
  std::optional<directory::ServiceCredential> shown;
  auto answer = in.store.read(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> std::invoke_result_t<const Act&, store::Transaction&> {
    shown = TRY(asking(in, tx, request, needed)).credential;
    return act(tx);
  });
  if (shown) login::note_use(in.store, in.directory, request, *shown);
  return answer;
}

// `act(tx, event)` in one write; `event` says who and from where.
template <class Act>
auto write_as(const Inside& in, const http::Request& request, Permission needed, const Act& act) {
  return write(in, request, [&](store::Transaction& tx) -> std::invoke_result_t<const Act&, store::Transaction&, const audit::Event&> {
    const Asking who = TRY(asking(in, tx, request, needed));
    const auto event = by(request, who);
    if (who.credential) TRY(in.directory.service_accounts().note_use(tx, *who.credential, event));
    return act(tx, event);
  });
}

// `make(tx, who, event)` in one write, and once for a request with an Idempotency-Key: a row that makes something, for a client that
// may not hear the answer. The answer is built in the transaction; where there is more to do, it is done again for an answer that is
// told again, too, and must not matter then. `creation` where the body isn't there any more.
struct Creating {
  Somewhere somewhere = Somewhere::refused;
  Secrecy secrecy = Secrecy::none;
  std::optional<Creation> creation{};
};
using Make = std::function<Result<http::Reply>(store::Transaction&, const Asking&, const audit::Event&)>;
Result<http::Reply> create_as(const Inside& in, const http::Request& request, Permission needed, const Make& make, const Creating& how = {});

void add_people_routes(http::Routes& routes, const Inside& in);
void add_session_routes(http::Routes& routes, const Inside& in);
void add_group_routes(http::Routes& routes, const Inside& in);
void add_role_routes(http::Routes& routes, const Inside& in);
void add_service_account_routes(http::Routes& routes, const Inside& in);
void add_service_credential_routes(http::Routes& routes, const Inside& in);
void add_domain_routes(http::Routes& routes, const Inside& in);
void add_directory_settings_routes(http::Routes& routes, const Inside& in);
void add_password_routes(http::Routes& routes, const Inside& in);
void add_group_member_routes(http::Routes& routes, const Inside& in);
void add_audit_routes(http::Routes& routes, const Inside& in);
void add_mail_routes(http::Routes& routes, const Inside& in);
void add_me_routes(http::Routes& routes, const Inside& in);
void add_sign_in_settings_routes(http::Routes& routes, const Inside& in);
void add_job_routes(http::Routes& routes, const Inside& in);
void add_import_routes(http::Routes& routes, const Inside& in);
void add_export_routes(http::Routes& routes, const Inside& in);
void add_webhook_routes(http::Routes& routes, const Inside& in);
void add_approval_routes(http::Routes& routes, const Inside& in);
void add_approval_settings_routes(http::Routes& routes, const Inside& in);

}  // namespace kidoban::console
