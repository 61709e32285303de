// What federation protocols ask of signing in.

#include "base/require.h"
#include "base/text.h"
#include "login/inside.h"

namespace kidoban::login {

namespace {

using federation::Refusal;
using federation::SignInRequest;

// The browser's binding: kept where it has one of the right form, so that several windows can sign in side by side.
std::string binding_of(const http::Request& request, Random& random) {
  const auto cookie = request.cookie(browser_cookie_name(request.site));
  if (cookie) {
    const auto raw = unbase64url(*cookie);
    if (raw && raw->size() == 32) return std::string(*cookie);
  }
  return base64url(random.bytes<32>());
}

http::Cookie binding_cookie(const http::Site& site, const std::string& value) {
  http::Cookie cookie;
  cookie.name = browser_cookie_name(site);
  cookie.value = value;
  cookie.secure = site.secure;
  return cookie;
}

federation::SessionState state_of(const Session& session) {
  return {session.id, session.person, session.signed_in_at, true};
}

}  // namespace

Login::Inside::Inside(store::Store& s, seal::Keyring& k, audit::Audit& a, directory::Directory& d,
                      const page::Pages& p, const Clock& c, Random& r, std::vector<factors::Factor*> f,
                      const Options& o)
    : store(s), keys(k), audit(a), directory(d), pages(p), clock(c), random(r), factors(std::move(f)), options(o),
      sessions(k, a, c, r, o.session), lockout(k, c, o.lockout), consents(a, c), browsers(k, c, r) {}

Login::Login(store::Store& store, seal::Keyring& keys, audit::Audit& audit, directory::Directory& directory,
             const page::Pages& pages, const Clock& clock, Random& random, std::vector<factors::Factor*> factors,
             const Options& options)
    : inside_(std::make_unique<Inside>(store, keys, audit, directory, pages, clock, random, std::move(factors),
                                       options)) {}
Login::~Login() = default;

void Login::add_protocol(federation::Protocol& protocol) {
  require(inside_->protocols.emplace(std::string(protocol.name()), &protocol).second, "a protocol is added once");
}

Sessions& Login::sessions() { return inside_->sessions; }
Lockout& Login::lockout() { return inside_->lockout; }

Status Login::unlock(store::Transaction& tx, const directory::Person& person, const audit::Event& by) {
  if (!TRY(inside_->lockout.unlock(tx, person.profile.login))) return {};
  audit::Event event = by;
  event.name = "person.unlocked";
  event.target_kind = "person";
  event.target = person.id;
  return inside_->audit.append(tx, event);
}

Result<http::Reply> Login::ask(http::Request& request, SignInRequest asked) {
  require(request.site.tenant.has_value(), "signing in belongs to a tenant");
  Inside& in = *inside_;
  const bool has_cookie = request.cookie(session_cookie_name(request.site)).has_value();
  if (asked.silent && !has_cookie) return in.refuse(request, asked, Refusal::login_required);
  const std::string binding = binding_of(request, in.random);
  const Id id = new_id(in.clock, in.random);

  struct Answer {
    std::optional<http::Reply> reply;
    std::optional<Refusal> refusal;  // neither: a journey began
  };
  auto answer = TRY(in.store.write_snapshot(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Result<Answer> {
    const Time now = in.clock.now();
    Journey journey;
    journey.id = id;
    journey.progress.started_at = now;
    Inside::Browser browser;
    if (has_cookie) browser = TRY(in.browser_of(tx, request));
    const auto& session = browser.session;
    // A session of this very microsecond is older than the request all the same.
    const bool good = session && satisfies(*session, asked, now + Duration(1), now);
    if (good && !asked.choose_account) {
      if (in.sessions.wants_touch(*session)) TRY(in.sessions.touch(tx, *session));
      const bool must_consent = TRY(in.consent_needed(tx, asked, session->person));
      if (!must_consent) return Answer{TRY(in.admit(tx, request, asked, *session)), {}};
      if (asked.silent) return Answer{{}, Refusal::consent_required};
      journey.progress.session = session->id;
    }
    // What no one could reach here is refused before anyone tries.
    if (!strong_enough(asked, acr_of(policy_for(tx, nullptr, asked)))) return Answer{{}, Refusal::strength_unmet};
    if (asked.silent) return Answer{{}, good ? Refusal::account_selection_required : Refusal::login_required};
    // To sign in again as the same person needs no asking who it is.
    if (session && !good && !asked.choose_account && (!asked.person || *asked.person == session->person)) {
      journey.progress.login = browser.person->profile.login;
    }
    journey.progress.asked = asked;
    journey.binding_hash = crypto::sha256(binding);
    journey.expires_at = now + in.options.journey_lifetime;
    TRY(put_journey(tx, *TRY(in.keys.of(tx)), journey));
    return Answer{};
  }));
  if (answer.refusal) return in.refuse(request, asked, *answer.refusal);
  if (answer.reply) return std::move(*answer.reply);
  auto reply = http::Reply::see_other(journey_path(request.site, id));
  reply.set(binding_cookie(request.site, binding));
  return reply;
}

Result<std::optional<federation::SessionState>> Login::session(store::Transaction& tx, const Id& id) {
  const auto found = TRY(inside_->sessions.find(tx, id));
  if (!found) return std::nullopt;
  auto state = state_of(*found);
  const auto person = inside_->directory.get_person(tx, found->person);
  if (!person && person.error().kind != Kind::not_found) return std::unexpected(person.error());
  state.alive = person && person->is_active(inside_->clock.now());
  return state;
}

Result<std::optional<federation::SessionState>> Login::browser_session(const http::Request& request) {
  Inside& in = *inside_;
  if (!request.site.tenant || !request.cookie(session_cookie_name(request.site))) return std::nullopt;
  const auto browser = TRY(in.store.read(*request.site.tenant, request.deadline,
                                         [&](store::Transaction& tx) { return in.browser_of(tx, request); }));
  if (!browser.session) return std::nullopt;
  if (in.sessions.wants_touch(*browser.session)) {
    TRY(in.store.write_snapshot(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Status {
      return in.sessions.touch(tx, *browser.session);
    }));
  }
  return state_of(*browser.session);
}

Result<std::optional<Login::SignedIn>> Login::signed_in(store::Transaction& tx, const http::Request& request) {
  auto browser = TRY(inside_->browser_of(tx, request));
  if (!browser.session || !browser.person) return std::nullopt;
  return SignedIn{std::move(*browser.person), browser.session->id};
}

Result<std::string> Login::session_token(store::Transaction& tx, const Id& session, std::string_view purpose) {
  std::string bound(as_text(session.span()));
  bound += purpose;
  return base64url(TRY(inside_->keys.of(tx))->mac("login.session_form", bound));
}

Status Login::check_session_token(store::Transaction& tx, const Id& session, std::string_view purpose,
                                  std::string_view token) {
  if (!constant_time_equal(TRY(session_token(tx, session, purpose)), token)) {
    return fail(Kind::forbidden, "form_stale");
  }
  return {};
}

}  // namespace kidoban::login
