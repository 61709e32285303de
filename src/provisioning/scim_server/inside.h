#pragma once
// What the handlers stand on, who asks, and what they do, in a form that /Bulk can use as well as a row.

#include <boost/json/object.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "directory/permission.h"
#include "login/asker.h"
#include "provisioning/scim_server/scim_server.h"
#include "provisioning/scim_server/shape.h"

namespace kidoban::scim {

using directory::Permission;

struct Inside {
  store::Store& store;
  directory::Directory& directory;
  login::Login& login;
  factors::Passwords& passwords;
  seal::Keyring& keys;
  const Clock& clock;
  search::Search& search;
};

// Who asks: an administrator by their browser's session, or a service account by its token.
struct Caller : login::Asker {
  Permission needed;
  std::optional<directory::Source> source() const;  // a service account keeps the people that it makes
  directory::Writer writer() const;
};

// unauthenticated/"session_missing", "token_invalid"; forbidden/"permission_missing", also to who may only somewhere. In the transaction that acts.
Result<Caller> caller(const Inside& in, store::Transaction& tx, const http::Request& request, Permission needed);
audit::Event by(const http::Request& request, const Caller& who);

template <class Act>
auto read_as(const Inside& in, const http::Request& request, Permission needed, const Act& act) {
  std::optional<directory::ServiceCredential> shown;
  auto answer = in.store.read(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> std::invoke_result_t<const Act&, store::Transaction&> {
    shown = TRY(caller(in, tx, request, needed)).credential;
    return act(tx);
  });
  if (shown) login::note_use(in.store, in.directory, request, *shown);
  return answer;
}

// A transaction that several operations of a Bulk share, and who asks in it.
struct Shared {
  store::Transaction& tx;
  std::optional<login::Asker> asker{};  // nothing where it must be asked anew
};
// As above; what is used is noted.
Result<Caller> caller(const Inside& in, Shared& shared, const http::Request& request, Permission needed);

// attributes and excludedAttributes (RFC 7644 §3.9).
struct Selection {
  std::vector<directory::AttributePath> include, exclude;
  // malformed/"path_malformed".
  static Result<Selection> parse(const std::vector<std::string>& include, const std::vector<std::string>& exclude);
  // Whether a top attribute of the core schema is asked for.
  bool wants(std::string_view name) const;
};
boost::json::object selected(const ResourceShape& shape, const Selection& selection, boost::json::object resource);

// If-Match or If-None-Match, or a Bulk operation's `version`: entity tags, weak or strong (RFC 7644 §3.14).
struct Tags {
  bool any = false;
  std::vector<std::string> tags;  // without W/ and quotes
  bool fit(std::string_view tag) const;
};
Result<std::optional<Tags>> tags_in(std::string_view header);  // malformed/"if_match_malformed"

// A resource as it is answered.
struct Shown {
  boost::json::object resource;  // everything; select() it
  std::string location;
  std::string tag;               // "" where it wasn't made out
  bool briefly = false;          // there would be much to answer, and nobody asked for it
};

// What a row or an operation of a Bulk asks for.
struct Call {
  const boost::json::object* body = nullptr;
  std::optional<Id> id;
  std::optional<Tags> if_match;
  bool whole = true;  // with its members, groups
  bool briefly = false;        // nobody asked for anything particular: 204 will do (RFC 7644 §3.5.2)
  Shared* shared = nullptr;    // the transaction it is part of; nothing: it has its own
};

// `act(tx, caller, event)` in one write, or as a part of the shared one that stands or falls alone.
template <class Act>
auto write_as(const Inside& in, const http::Request& request, const Call& call, Permission needed, const Act& act) {
  using Answer = std::invoke_result_t<const Act&, store::Transaction&, const Caller&, const audit::Event&>;
  const auto within = [&](Shared& shared) -> Answer {
    const Caller who = TRY(caller(in, shared, request, needed));
    return act(shared.tx, who, by(request, who));
  };
  if (call.shared != nullptr) return call.shared->tx.part([&]() -> Answer { return within(*call.shared); });
  return in.store.write(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Answer {
    Shared alone{tx};
    return within(alone);
  });
}

Result<Shown> read_user(const Inside& in, const http::Request& request, const Call& call);
Result<Shown> create_user(const Inside& in, const http::Request& request, const Call& call);
// Many, in a transaction that they share: each has an outcome of its own, and who is refused has left nothing behind. Without
// passwords: those are hashed outside of transactions. The Error is all of theirs.
Result<std::vector<Result<Shown>>> create_users(const Inside& in, const http::Request& request, Shared& shared, std::span<const boost::json::object> bodies);
Result<Shown> replace_user(const Inside& in, const http::Request& request, const Call& call);
Result<Shown> patch_user(const Inside& in, const http::Request& request, const Call& call);
Status delete_user(const Inside& in, const http::Request& request, const Call& call);

Result<Shown> read_group(const Inside& in, const http::Request& request, const Call& call);
Result<Shown> create_group(const Inside& in, const http::Request& request, const Call& call);
Result<Shown> replace_group(const Inside& in, const http::Request& request, const Call& call);
Result<Shown> patch_group(const Inside& in, const http::Request& request, const Call& call);
Status delete_group(const Inside& in, const http::Request& request, const Call& call);

// How people and groups are shown; `tx` for what stands beside them.
Result<Shown> shown_user(const Inside& in, store::Transaction& tx, const http::Request& request, const directory::Schema& schema, const directory::Person& person, bool with_groups);
Result<Shown> shown_group(const Inside& in, store::Transaction& tx, const http::Request& request, const directory::Group& group, bool with_members);

// Answers.
http::Reply scim_reply(int status, const boost::json::object& body);
http::Reply error_reply(const http::Request& request, const Error& error);  // RFC 7644 §3.12
boost::json::object error_body(const Error& error);
int status_of(const Error& error);
http::Reply resource_reply(int status, const ResourceShape& shape, const Selection& selection, Shown shown);
// A body that is one JSON object. malformed/"json_malformed".
Result<boost::json::object> body_of(const http::Request& request);
http::Route row(http::Method method, std::string path, std::string name, std::size_t body_limit, http::Handler handler);
std::string base_of(const http::Request& request);

void add_resource_routes(http::Routes& routes, const Inside& in);
void add_search_routes(http::Routes& routes, const Inside& in);
void add_discovery_routes(http::Routes& routes, const Inside& in);
void add_bulk_routes(http::Routes& routes, const Inside& in);

}  // namespace kidoban::scim
