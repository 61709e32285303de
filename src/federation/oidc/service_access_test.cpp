// Service accounts at the token endpoint, introspection and revocation.
#include "federation/oidc/front_door.h"

using namespace kidoban;
using namespace kidoban::federation;
using namespace kidoban::federation::oidc;
using namespace kidoban::federation::oidc::testing;

namespace {

using directory::CredentialKind, directory::Permission;

struct Connector {
  FrontDoor& door;
  TenantId tenant = door.current;
  crypto::SigningKey key = *crypto::SigningKey::generate(crypto::Algorithm::es256);
  Id id, secret_id, key_id;
  std::string secret;

  explicit Connector(FrontDoor& at) : door(at) {
    directory::PermissionSet may;
    may.set(static_cast<std::size_t>(Permission::people_read));
    may.set(static_cast<std::size_t>(Permission::people_write));
    const Time until = door.clock.now() + std::chrono::hours(48);
    const auto public_key = directory::read_public_key(key.public_jwk());
    REQUIRE(public_key);
    REQUIRE(write([&](store::Transaction& tx) -> Status {
      id = TRY(accounts().create(tx, "名簿連携", may, FrontDoor::event())).id;
      const auto issued = TRY(accounts().issue(tx, id, "first", until, FrontDoor::event(), CredentialKind::secret));
      secret_id = issued.about.id;
      secret = issued.token.reveal_text();
      key_id = TRY(accounts().register_key(tx, id, *public_key, "agent", until, FrontDoor::event())).id;
      return {};
    }));
  }
  directory::ServiceAccounts& accounts() { return door.directory.service_accounts(); }
  template <class Body>
  std::invoke_result_t<const Body&, store::Transaction&> write(const Body& body) { return door.store.write(tenant, runtime::Deadline::never(), body); }
  bool switch_on(bool on) {
    return write([&](store::Transaction& tx) { return accounts().change(tx, id, {{}, {}, on}, {}, FrontDoor::event()); }).has_value();
  }
  Fields by_secret(const Fields& more = {}) const {
    return with({{"grant_type", "client_credentials"}, {"client_id", id.text()}, {"client_secret", secret}}, more);
  }
  Fields by_key(const boost::json::object& changes = {}, const crypto::SigningKey* other = nullptr) const {
    boost::json::object claims{{"iss", id.text()}, {"sub", id.text()}, {"aud", door.issuer()}, {"jti", "j"}, {"exp", to_s(door.clock.now()) + 60}};
    for (const auto& change : changes) claims[change.key()] = change.value();
    const auto jwt = crypto::jws_sign(other != nullptr ? *other : key, "JWT", boost::json::serialize(claims));
    REQUIRE(jwt);
    return {{"grant_type", "client_credentials"}, {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, {"client_assertion", *jwt}};
  }
  http::Reply ask(const Fields& form, const Headers& headers = {}) { return door.post("/oauth2/token", form, headers); }
  std::string token(const Fields& form) {
    const auto reply = ask(form);
    INFO(reply.body);
    REQUIRE(reply.status == 200);
    return FrontDoor::text(FrontDoor::json(reply), "access_token");
  }
  std::string scope_of(std::string_view token) {
    const auto found = door.store.read(tenant, runtime::Deadline::never(), [&](store::Transaction& tx) { return accounts().access(tx, token); });
    REQUIRE(found);
    return *found ? directory::words_of((*found)->permissions) : "none";
  }
};

}  // namespace

TEST_CASE("a service account gets an access token for any of its secrets and keys, and nothing more") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    Connector connector(door);
    const auto reply = connector.ask(connector.by_secret());
    REQUIRE(reply.status == 200);
    CHECK(reply.header("cache-control") == "no-store");
    const auto body = FrontDoor::json(reply);
    CHECK(FrontDoor::text(body, "token_type") == "Bearer");
    CHECK(FrontDoor::text(body, "scope") == "people_read people_write");
    CHECK(body.at("expires_in").as_int64() == 900);
    CHECK_FALSE(body.contains("refresh_token"));
    CHECK_FALSE(body.contains("id_token"));
    const Headers basic{{"authorization", "Basic " + base64(as_bytes(connector.id.text() + ":" + connector.secret))}};
    CHECK(connector.ask({{"grant_type", "client_credentials"}}, basic).status == 200);
    CHECK(connector.scope_of(connector.token(connector.by_key({{"jti", "1"}}))) == "people_read people_write");
    CHECK(connector.scope_of(connector.token(connector.by_secret({{"scope", "people_read"}}))) == "people_read");
    CHECK(FrontDoor::error_of(connector.ask(connector.by_secret({{"scope", "people_read audit_read"}}))) == "invalid_scope");
    CHECK(FrontDoor::error_of(connector.ask(connector.by_secret({{"scope", "openid"}}))) == "invalid_scope");
    CHECK(FrontDoor::error_of(connector.ask(connector.by_secret({{"grant_type", "refresh_token"}, {"refresh_token", "x"}}))) == "unauthorized_client");
    CHECK(FrontDoor::error_of(connector.ask(connector.by_secret({{"grant_type", "authorization_code"}, {"code", "x"}}))) == "unauthorized_client");
    CHECK(door.audited("service_access.granted") == 4);
    CHECK(door.audited("service_secret.first_used") == 1);
    CHECK(door.audited("service_key.first_used") == 1);
  });
}

TEST_CASE("who isn't that account, or can't show it, gets nothing, and not without end") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    Connector connector(door);
    const auto refused = [&](const Fields& form) { return FrontDoor::error_of(connector.ask(form)); };
    CHECK(refused(connector.by_secret({{"client_secret", "kds_" + std::string(43, 'A')}})) == "invalid_client");
    CHECK(refused({{"grant_type", "client_credentials"}, {"client_id", connector.id.text()}}) == "invalid_client");
    const auto stranger = crypto::SigningKey::generate(crypto::Algorithm::es256);
    CHECK(refused(connector.by_key({{"jti", "1"}}, &*stranger)) == "invalid_client");
    CHECK(connector.ask(connector.by_key({{"jti", "2"}})).status == 200);
    CHECK(refused(connector.by_key({{"jti", "2"}})) == "invalid_client");
    CHECK(refused(connector.by_key({{"jti", "3"}, {"aud", "https://other.example"}})) == "invalid_client");
    CHECK(refused(connector.by_key({{"jti", "4"}, {"aud", {door.issuer(), "https://other.example"}}})) == "invalid_client");
    CHECK(refused(connector.by_key({{"jti", "5"}, {"exp", to_s(door.clock.now()) + 86400}})) == "invalid_client");
    CHECK(refused(connector.by_key({{"jti", "6"}, {"iss", "someone"}})) == "invalid_client");
    REQUIRE(connector.switch_on(false));
    CHECK(refused(connector.by_secret()) == "invalid_client");
    REQUIRE(connector.switch_on(true));
    CHECK(door.audited("oidc.client.refused") == 9);
    door.use(door.other);
    CHECK(refused(connector.by_secret()) == "invalid_client");
    CHECK(refused(connector.by_key({{"jti", "7"}})) == "invalid_client");
    door.use(door.ours);
    for (int i = 0; i < 30; ++i) (void)connector.ask(connector.by_secret({{"client_secret", "wrong"}}));
    CHECK(connector.ask(connector.by_secret()).status == 429);
    door.address = "192.0.2.9";
    CHECK(connector.ask(connector.by_secret()).status == 200);
    door.clock.advance(std::chrono::hours(48));
    CHECK(refused(connector.by_secret()) == "invalid_client");
    CHECK(refused(connector.by_key({{"jti", "8"}})) == "invalid_client");
  });
}

TEST_CASE("an access token of a service account is nobody's but its own, and no application's") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    Connector connector(door), other(door);
    door.connect_app();
    const std::string token = connector.token(connector.by_secret());
    const auto introspect = [&](const Fields& who) { return FrontDoor::json(door.post("/oauth2/introspect", with(who, {{"grant_type", ""}, {"token", token}}))); };
    const Fields app{{"client_id", "app"}, {"client_secret", std::string(secret)}};
    const auto told = introspect(connector.by_secret());
    CHECK(told.at("active").as_bool());
    CHECK(FrontDoor::text(told, "client_id") == connector.id.text());
    CHECK(FrontDoor::text(told, "scope") == "people_read people_write");
    CHECK(told.at("aud").as_array() == boost::json::array{door.issuer() + "/api/v1", door.issuer() + "/scim/v2"});
    CHECK(introspect(connector.by_key({{"jti", "1"}})).at("active").as_bool());
    CHECK_FALSE(introspect(other.by_secret()).at("active").as_bool());
    CHECK_FALSE(introspect(app).at("active").as_bool());
    const auto userinfo = door.get("/oauth2/userinfo", {}, {{"authorization", "Bearer " + token}});
    CHECK(userinfo.status == 401);
    CHECK(FrontDoor::error_of(userinfo) == "invalid_token");

    const auto revoke = [&](const Fields& who) { return door.post("/oauth2/revoke", with(who, {{"grant_type", ""}, {"token", token}})).status; };
    CHECK(revoke(app) == 200);
    CHECK(revoke(other.by_secret()) == 200);
    CHECK(connector.scope_of(token) != "none");
    CHECK(revoke(connector.by_secret()) == 200);
    CHECK(connector.scope_of(token) == "none");
    CHECK_FALSE(introspect(connector.by_secret()).at("active").as_bool());
    CHECK(revoke(connector.by_secret()) == 200);
    CHECK(door.audited("service_access.ended") == 1);
    // An application's tokens tell an account nothing.
    const auto theirs = FrontDoor::text(door.tokens(door.ask()), "access_token");
    CHECK_FALSE(FrontDoor::json(door.post("/oauth2/introspect", with(connector.by_secret(), {{"token", theirs}}))).at("active").as_bool());
    CHECK(FrontDoor::json(door.post("/oauth2/introspect", with(app, {{"token", theirs}}))).at("active").as_bool());
  });
}
