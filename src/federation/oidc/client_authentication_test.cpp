#include "federation/oidc/front_door.h"

using namespace kidoban;
using namespace kidoban::federation;
using namespace kidoban::federation::oidc;
using namespace kidoban::federation::oidc::testing;

namespace {

const Fields ask_for_token = {{"grant_type", "client_credentials"}};

ClientWanted machine(std::string method) {
  ClientWanted wanted;
  wanted.client_id = "machine";
  wanted.token_endpoint_auth_method = std::move(method);
  wanted.grant_types = {"client_credentials"};
  wanted.scope = "read write";
  if (wanted.token_endpoint_auth_method != "private_key_jwt") wanted.client_secret = "p%+ss:wörd-with-enough-characters-in-it";
  return wanted;
}

Headers basic(std::string_view id, std::string_view password) {
  return {{"authorization", "Basic " + base64(as_bytes(percent_encode(id) + ":" + percent_encode(password)))}};
}

}  // namespace

TEST_CASE("a client authenticates by its own method and no other") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    const auto made = door.connect(machine("client_secret_basic"));
    CHECK(door.post("/oauth2/token", ask_for_token, basic("machine", made.client_secret)).status == 200);
    const Fields in_body = with(ask_for_token, {{"client_id", "machine"}, {"client_secret", made.client_secret}});
    const auto refused = door.post("/oauth2/token", in_body);
    CHECK(refused.status == 401);
    CHECK(FrontDoor::error_of(refused) == "invalid_client");
    CHECK(refused.header("www-authenticate").starts_with("Basic "));
    CHECK(FrontDoor::error_of(door.post("/oauth2/token", in_body, basic("machine", made.client_secret))) == "invalid_request");
    CHECK(FrontDoor::error_of(door.post("/oauth2/token", ask_for_token, basic("machine", "wrong"))) == "invalid_client");
    CHECK(FrontDoor::error_of(door.post("/oauth2/token", ask_for_token, basic("nobody", "wrong"))) == "invalid_client");
    CHECK(FrontDoor::error_of(door.post("/oauth2/token", with(ask_for_token, {{"client_id", "machine"}}))) == "invalid_client");
    CHECK(FrontDoor::error_of(door.post("/oauth2/token", with(ask_for_token, {{"client_id", "other"}}), basic("machine", made.client_secret))) == "invalid_client");
    CHECK(door.audited("oidc.client.refused") == 4);
  });
}

TEST_CASE("failed client authentications are bounded, for that client and address alone") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    const auto made = door.connect(machine("client_secret_basic"));
    for (int i = 0; i < 20; ++i) CHECK(door.post("/oauth2/token", ask_for_token, basic("machine", "wrong")).status == 401);
    const auto full = door.post("/oauth2/token", ask_for_token, basic("machine", "wrong"));
    CHECK(full.status == 429);
    CHECK(full.header("retry-after") == "60");
    CHECK(door.audited("oidc.client.refused") == 20);
    door.address = "192.0.2.2";
    CHECK(door.post("/oauth2/token", ask_for_token, basic("machine", made.client_secret)).status == 200);
  });
}

TEST_CASE("an assertion is for its client, this issuer, a short time, and once") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    const auto key = crypto::SigningKey::generate(crypto::Algorithm::es256);
    REQUIRE(key);
    const bool by_key = true;
    for (const bool asymmetric : {by_key, !by_key}) {
      ClientWanted wanted = machine(asymmetric ? "private_key_jwt" : "client_secret_jwt");
      wanted.client_id = asymmetric ? "keyed" : "shared";
      if (asymmetric) wanted.jwks = "{\"keys\":[" + key->public_jwk() + "]}";
      const auto made = door.connect(wanted);
      const auto signer = asymmetric ? *key : *crypto::SigningKey::from_secret(Secret::of(made.client_secret));
      const auto send = [&](const boost::json::object& changes) {
        boost::json::object claims{{"iss", wanted.client_id}, {"sub", wanted.client_id}, {"aud", door.issuer()},
                                   {"jti", "j"}, {"exp", to_s(door.clock.now()) + 60}};
        for (const auto& change : changes) claims[change.key()] = change.value();
        const auto jwt = crypto::jws_sign(signer, "JWT", boost::json::serialize(claims));
        REQUIRE(jwt);
        return door.post("/oauth2/token", with(ask_for_token, {{"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
                                                               {"client_assertion", *jwt}})).status;
      };
      CHECK(send({{"jti", "1"}}) == 200);
      CHECK(send({{"jti", "1"}}) == 401);
      CHECK(send({{"jti", "2"}, {"aud", door.issuer() + "/oauth2/token"}}) == 200);
      CHECK(send({{"jti", "3"}, {"aud", "https://other.example"}}) == 401);
      CHECK(send({{"jti", "4"}, {"aud", {door.issuer(), "https://other.example"}}}) == 401);
      CHECK(send({{"jti", "5"}, {"exp", to_s(door.clock.now()) - 120}}) == 401);
      CHECK(send({{"jti", "6"}, {"exp", to_s(door.clock.now()) + 86400}}) == 401);
      CHECK(send({{"jti", ""}}) == 401);
      CHECK(send({{"jti", "7"}, {"iss", "someone"}}) == 401);
      CHECK(send({{"jti", "8"}, {"nbf", to_s(door.clock.now()) + 3600}}) == 401);
    }
  });
}

TEST_CASE("client_credentials speaks for the client alone") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    ClientWanted wanted = machine("client_secret_post");
    wanted.access_token_audience = "https://api.example";
    const auto made = door.connect(wanted);
    const Fields good = with(ask_for_token, {{"client_id", "machine"}, {"client_secret", made.client_secret}});
    const auto reply = FrontDoor::json(door.post("/oauth2/token", with(good, {{"scope", "read"}})));
    CHECK_FALSE(reply.contains("id_token"));
    CHECK_FALSE(reply.contains("refresh_token"));
    const auto claims = FrontDoor::payload(FrontDoor::text(reply, "access_token"));
    CHECK(FrontDoor::text(claims, "sub") == "machine");
    CHECK(FrontDoor::text(claims, "scope") == "read");
    CHECK(FrontDoor::text(claims, "aud") == "https://api.example");
    CHECK(FrontDoor::text(FrontDoor::json(door.post("/oauth2/token", good)), "scope") == "read write");
    CHECK(FrontDoor::error_of(door.post("/oauth2/token", with(good, {{"scope", "admin"}}))) == "invalid_scope");
    CHECK(FrontDoor::error_of(door.post("/oauth2/token", with(good, {{"scope", "openid"}}))) == "invalid_scope");
    CHECK(FrontDoor::error_of(door.post("/oauth2/token", with(good, {{"grant_type", "password"}}))) == "unsupported_grant_type");
    CHECK(FrontDoor::error_of(door.post("/oauth2/token", with(good, {{"grant_type", "refresh_token"}, {"refresh_token", "x"}}))) == "unauthorized_client");
    const auto userinfo = door.get("/oauth2/userinfo", {}, {{"authorization", "Bearer " + FrontDoor::text(reply, "access_token")}});
    CHECK(userinfo.status == 403);
    // Revoked before its time, it is known as such.
    const Fields about = {{"token", FrontDoor::text(reply, "access_token")}, {"client_id", "machine"}, {"client_secret", made.client_secret}};
    CHECK(FrontDoor::json(door.post("/oauth2/introspect", about)).at("active").as_bool());
    CHECK(door.post("/oauth2/revoke", about).status == 200);
    CHECK_FALSE(FrontDoor::json(door.post("/oauth2/introspect", about)).at("active").as_bool());
  });
}

TEST_CASE("a client that can't be used later isn't connected") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    const auto refused = [&](const std::function<void(ClientWanted&)>& change) {
      ClientWanted wanted;
      wanted.name = "App";
      wanted.redirect_uris = {"https://app.example/cb"};
      change(wanted);
      const auto made = store.write(door.ours, runtime::Deadline::never(), [&](store::Transaction& tx) {
        return create_client(tx, door.applications, wanted, FrontDoor::event(), door.random);
      });
      return !made && made.error().kind == Kind::malformed;
    };
    CHECK_FALSE(refused([](ClientWanted&) {}));
    CHECK(refused([](ClientWanted& w) { w.redirect_uris = {"http://app.example/cb"}; }));
    CHECK(refused([](ClientWanted& w) { w.redirect_uris = {}; }));
    CHECK(refused([](ClientWanted& w) { w.client_secret = "short"; }));
    CHECK(refused([](ClientWanted& w) { w.token_endpoint_auth_method = "private_key_jwt"; }));
    CHECK(refused([](ClientWanted& w) { w.token_endpoint_auth_method = "none"; w.require_pkce = false; }));
    CHECK(refused([](ClientWanted& w) { w.token_endpoint_auth_method = "none"; w.grant_types = {"client_credentials"}; }));
    CHECK(refused([](ClientWanted& w) { w.grant_types = {"password"}; }));
    CHECK(refused([](ClientWanted& w) { w.id_token_signed_response_alg = "none"; }));
    CHECK(refused([](ClientWanted& w) { w.id_token_signed_response_alg = "HS256"; }));
    CHECK(refused([](ClientWanted& w) { w.name = ""; }));
    CHECK(refused([](ClientWanted& w) { w.access_token_lifetime_s = 0; }));
  });
}
