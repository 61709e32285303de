#pragma once
// For this folder's tests: a store, two tenants, one person in each, and the endpoints called with
// hand-made requests. The gate here lets a given person through at once: how people really sign in
// is not this folder's matter.

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "crypto/jose.h"
#include "federation/oidc/client_admin.h"
#include "federation/oidc/oidc.h"
#include "kit/world.h"
#include "tenant/tenant.h"

namespace kidoban::federation::oidc::testing {

class OpenGate final : public Gate {
 public:
  explicit OpenGate(store::Store& store) : store_(store) {}
  Result<http::Reply> ask(http::Request& request, SignInRequest asked) override {
    last = asked;
    if (refusal) return protocol->refuse(request, asked, *refusal);
    return store_.write(*request.site.tenant, request.deadline, [&](store::Transaction& tx) {
      return protocol->admit(tx, request, asked, {person, session_id, signed_in_at, {"pwd"}, "urn:kidoban:password", asked.scopes});
    });
  }
  Result<std::optional<SessionState>> session(store::Transaction&, const Id& id) override {
    if (id != session_id || !alive) return std::optional<SessionState>();
    return std::optional<SessionState>(SessionState{session_id, person, signed_in_at, true});
  }
  Result<std::optional<SessionState>> browser_session(const http::Request&) override {
    if (!alive) return std::optional<SessionState>();
    return std::optional<SessionState>(SessionState{session_id, person, signed_in_at, true});
  }
  Result<http::Reply> sign_out(http::Request&, const std::string& then) override { return http::Reply::see_other(then.empty() ? "signed-out" : then); }
  Result<http::Reply> ask_sign_out(http::Request&, const std::string& then, std::string_view name) override {
    return http::Reply::html(200, "ask:" + std::string(name) + ":" + then);
  }

  Protocol* protocol = nullptr;
  std::optional<Refusal> refusal;
  SignInRequest last;
  Id person, session_id;
  Time signed_in_at;
  bool alive = true;

 private:
  store::Store& store_;
};

using Fields = std::vector<std::pair<std::string, std::string>>;
using Headers = Fields;

inline std::string encoded(const Fields& fields) {
  http::Form form;
  for (const auto& [name, value] : fields) form.add(name, value);
  return form.encode();
}
inline Fields with(Fields fields, const Fields& changes) {
  for (const auto& [name, value] : changes) {
    std::erase_if(fields, [&](const auto& one) { return one.first == name; });
    if (!value.empty()) fields.emplace_back(name, value);
  }
  return fields;
}

inline const store::Feature features[] = {
    {"tenant", tenant::resources()}, {"seal", seal::resources()},           {"audit", audit::resources()}, {"directory", directory::resources()},
    {"federation", federation::resources()}, {"federation/oidc", oidc::resources()},
};
template <class Body>
void on_each_engine(Body body) {
  kit::each_engine(features, body);
}

inline constexpr std::string_view verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
inline constexpr std::string_view challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";  // RFC 7636 appendix B
inline constexpr std::string_view callback = "https://app.example/cb";
inline constexpr std::string_view secret = "a-client-secret-of-forty-characters-here";

class FrontDoor {
 public:
  explicit FrontDoor(store::Store& opened)
      : store(opened),
        root(kit::make_root_key(random)),
        keyring(*root, clock, random),
        audit(keyring, clock, random),
        directory(keyring, audit, clock, random),
        applications(keyring, audit, clock, random),
        pages({{"page", page::resources()}, {"federation/oidc", oidc::resources()}}),
        gate(opened),
        oidc(opened, keyring, applications, directory, audit, gate, pages, clock, random) {
    gate.protocol = &oidc;
    gate.session_id = new_id(clock, random);
    gate.signed_in_at = clock.now();
    oidc.add_routes(routes);
    for (const TenantId tenant : {ours, other}) set_up(tenant);
    use(ours);
  }

  void use(TenantId tenant) {
    current = tenant;
    gate.person = people.at(tenant.id);
  }
  std::string issuer() const { return current == ours ? "https://id.example/t/ours" : "https://id.example/t/other"; }

  http::Reply call(http::Method method, std::string_view path, const Fields& query, const Fields& body, const Headers& headers = {}) {
    http::Request request;
    request.method = method;
    request.path = path;
    request.query = encoded(query);
    request.headers = headers;
    if (method == http::Method::post) {
      request.headers.emplace_back("content-type", "application/x-www-form-urlencoded");
      request.body = encoded(body);
    }
    request.client_address = address;
    request.trace = {"0123456789abcdef0123456789abcdef", "0123456789abcdef"};
    request.site.tenant = current;
    request.site.base_url = issuer();
    request.site.base_path = "/t/x";
    request.site.secure = true;
    for (const http::Route& route : routes.all()) {
      if (route.method != method || route.path != path) continue;
      auto reply = route.handler(request);
      return reply ? std::move(*reply) : route.errors(request, reply.error());
    }
    FAIL("no such route");
    return {};
  }
  http::Reply get(std::string_view path, const Fields& query, const Headers& headers = {}) { return call(http::Method::get, path, query, {}, headers); }
  http::Reply post(std::string_view path, const Fields& body, const Headers& headers = {}) { return call(http::Method::post, path, {}, body, headers); }

  static boost::json::object json(const http::Reply& reply) {
    const auto value = boost::json::parse(reply.body);
    return value.as_object();
  }
  static std::string text(const boost::json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string().c_str()) : std::string();
  }
  static std::string error_of(const http::Reply& reply) { return text(json(reply), "error"); }
  // What the redirect carries.
  static http::Form answer(const http::Reply& reply) {
    const std::string location(reply.header("location"));
    const auto at = location.find_first_of("?#");
    if (at == std::string::npos) return {};
    auto form = http::Form::parse(std::string_view(location).substr(at + 1));
    REQUIRE(form);
    return *form;
  }
  static boost::json::object payload(std::string_view jwt) {
    const auto parts = split(jwt, '.');
    REQUIRE(parts.size() == 3);
    const auto raw = unbase64url(parts[1]);
    REQUIRE(raw);
    return boost::json::parse(std::string(as_text(*raw))).as_object();
  }

  NewClient connect(ClientWanted wanted) {
    if (wanted.name.empty()) wanted.name = "App";
    if (wanted.redirect_uris.empty()) wanted.redirect_uris = {std::string(callback)};
    auto made = store.write(current, runtime::Deadline::never(), [&](store::Transaction& tx) {
      return create_client(tx, applications, wanted, event(), random);
    });
    REQUIRE_MESSAGE(made, (made ? "" : made.error().note));
    return *made;
  }
  // The usual confidential client.
  NewClient connect_app(std::string id = "app") {
    ClientWanted wanted;
    wanted.client_id = std::move(id);
    wanted.client_secret = secret;
    wanted.token_endpoint_auth_method = "client_secret_post";
    wanted.post_logout_redirect_uris = {"https://app.example/bye"};
    return connect(wanted);
  }
  Fields ask(std::string client_id = "app") const {
    return {{"client_id", std::move(client_id)}, {"redirect_uri", std::string(callback)}, {"response_type", "code"},
            {"scope", "openid profile email"}, {"state", "st"}, {"nonce", "no"},
            {"code_challenge", std::string(challenge)}, {"code_challenge_method", "S256"}};
  }
  std::string code(const Fields& query) {
    const auto reply = get("/oauth2/authorize", query);
    REQUIRE(reply.status == 303);
    const auto form = answer(reply);
    INFO(reply.header("location"));
    REQUIRE(form.has("code"));
    return std::string(form.get_or("code"));
  }
  Fields redeem(const std::string& code_text, std::string client_id = "app") const {
    return {{"grant_type", "authorization_code"}, {"code", code_text}, {"redirect_uri", std::string(callback)},
            {"code_verifier", std::string(verifier)}, {"client_id", std::move(client_id)}, {"client_secret", std::string(secret)}};
  }
  static Fields refresh(const std::string& token_text) {
    return {{"grant_type", "refresh_token"}, {"refresh_token", token_text}, {"client_id", "app"}, {"client_secret", std::string(secret)}};
  }
  boost::json::object tokens(const Fields& query) {
    const auto reply = post("/oauth2/token", redeem(code(query)));
    INFO(reply.body);
    REQUIRE(reply.status == 200);
    return json(reply);
  }
  static audit::Event event() { return {"test", audit::Outcome::success, {audit::ActorKind::system, std::nullopt}, {}, {}, {}}; }
  std::size_t audited(std::string_view name) {
    audit::Audit::Filter filter;
    filter.name = name;
    const auto records = store.read(current, runtime::Deadline::never(), [&](store::Transaction& tx) { return audit.read(tx, filter, {}, 100); });
    REQUIRE(records);
    return records->size();
  }

  kit::ManualClock clock;
  kit::SeededRandom random;
  store::Store& store;
  std::unique_ptr<seal::RootKey> root;
  seal::Keyring keyring;
  audit::Audit audit;
  directory::Directory directory;
  Applications applications;
  page::Pages pages;
  OpenGate gate;
  Oidc oidc;
  http::Routes routes;
  TenantId ours{new_id(clock, random)}, other{new_id(clock, random)};
  TenantId current{};
  std::map<Id, Id> people;
  std::string address = "192.0.2.1";

 private:
  void set_up(TenantId tenant) {
    const Status made = store.write(tenant, runtime::Deadline::never(), [&](store::Transaction& tx) -> Status {
      TRY(keyring.create(tx));
      directory::Directory::NewPerson wanted;
      auto& profile = wanted.profile;
      profile.login = profile.email = "hanako@example.com";
      profile.display_name = "山田 花子";
      profile.given_name = "花子";
      profile.family_name = "山田";
      profile.email_verified = true;
      profile.locale = "ja";
      profile.zoneinfo = "Asia/Tokyo";
      const auto person = TRY(directory.create_person(tx, wanted, event()));
      people[tenant.id] = person.id;
      return {};
    });
    REQUIRE_MESSAGE(made, (made ? "" : std::string(made.error().reason.text()) + made.error().note));
  }
};

}  // namespace kidoban::federation::oidc::testing
