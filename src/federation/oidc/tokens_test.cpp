#include "federation/oidc/front_door.h"

using namespace kidoban;
using namespace kidoban::federation;
using namespace kidoban::federation::oidc;
using namespace kidoban::federation::oidc::testing;

namespace {
Fields about(const std::string& token) { return {{"token", token}, {"client_id", "app"}, {"client_secret", std::string(secret)}}; }
Headers bearer(const std::string& token) { return {{"authorization", "Bearer " + token}}; }

ClientWanted app() {
  ClientWanted wanted;
  wanted.client_id = "app";
  wanted.client_secret = secret;
  wanted.token_endpoint_auth_method = "client_secret_post";
  return wanted;
}
}  // namespace

TEST_CASE("userinfo tells what the scopes and the claims parameter ask for, and no more") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    door.connect_app();
    const auto told = [&](const Fields& changes) {
      const auto reply = door.get("/oauth2/userinfo", {}, bearer(FrontDoor::text(door.tokens(with(door.ask(), changes)), "access_token")));
      REQUIRE(reply.status == 200);
      return FrontDoor::json(reply);
    };
    const auto all = told({});
    CHECK(FrontDoor::text(all, "sub") == door.gate.person.text());
    CHECK(FrontDoor::text(all, "name") == "山田 花子");
    CHECK(FrontDoor::text(all, "email") == "hanako@example.com");
    CHECK(all.at("email_verified").as_bool());
    CHECK(told({{"scope", "openid"}}).size() == 1);
    const auto named = told({{"scope", "openid"}, {"claims", R"({"userinfo":{"locale":null}})"}});
    CHECK(named.size() == 2);
    CHECK(FrontDoor::text(named, "locale") == "ja");
    const auto in_id = door.tokens(with(door.ask(), {{"claims", R"({"id_token":{"email":{"essential":true}}})"}}));
    CHECK(FrontDoor::text(FrontDoor::payload(FrontDoor::text(in_id, "id_token")), "email") == "hanako@example.com");
  });
}

TEST_CASE("userinfo answers bad tokens as RFC 6750 asks") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    door.connect_app();
    const auto none = door.get("/oauth2/userinfo", {});
    CHECK(none.status == 401);
    CHECK(none.header("www-authenticate").find("error") == std::string_view::npos);
    const auto given = door.tokens(door.ask());
    const std::string access = FrontDoor::text(given, "access_token");
    CHECK(door.post("/oauth2/userinfo", {{"access_token", access}}).status == 200);
    CHECK(door.post("/oauth2/userinfo", {{"access_token", access}}, bearer(access)).status == 400);
    // An ID token is no access token (RFC 9068 §4).
    for (const std::string& bad : {FrontDoor::text(given, "id_token"), std::string("x"), access + "x", std::string("kat_AAAA")}) {
      const auto reply = door.get("/oauth2/userinfo", {}, bearer(bad));
      CHECK(reply.status == 401);
      CHECK(reply.header("www-authenticate").find("error=\"invalid_token\"") != std::string_view::npos);
    }
    door.clock.advance(std::chrono::seconds(601));
    CHECK(door.get("/oauth2/userinfo", {}, bearer(access)).status == 401);
  });
}

TEST_CASE("opaque access tokens serve as JWTs do") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    ClientWanted wanted = app();
    wanted.access_token_format = "opaque";
    wanted.userinfo_signed_response_alg = "EdDSA";
    wanted.id_token_signed_response_alg = "PS256";
    door.connect(wanted);
    const auto given = door.tokens(door.ask());
    const std::string access = FrontDoor::text(given, "access_token");
    CHECK(access.find('.') == std::string::npos);
    const auto reply = door.get("/oauth2/userinfo", {}, bearer(access));
    REQUIRE(reply.status == 200);
    CHECK(reply.header("content-type") == "application/jwt");
    const auto claims = FrontDoor::payload(reply.body);
    CHECK(FrontDoor::text(claims, "aud") == "app");
    CHECK(FrontDoor::text(claims, "email") == "hanako@example.com");
    const auto jws = crypto::jws_parse(FrontDoor::text(given, "id_token"));
    REQUIRE(jws);
    CHECK(jws->algorithm == crypto::Algorithm::ps256);
    const auto keys = crypto::jwks_parse(door.get("/oauth2/jwks", {}).body);
    REQUIRE(keys);
    CHECK(crypto::jws_verify(*jws, *keys));
    CHECK(FrontDoor::json(door.post("/oauth2/introspect", about(access))).at("active").as_bool());
  });
}

TEST_CASE("introspection tells authenticated clients, and nobody else, whether a token stands") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    door.connect_app();
    door.connect_app("other");
    const auto given = door.tokens(with(door.ask(), {{"scope", "openid offline_access"}}));
    const std::string access = FrontDoor::text(given, "access_token");
    const std::string refresh = FrontDoor::text(given, "refresh_token");
    const auto told = FrontDoor::json(door.post("/oauth2/introspect", about(access)));
    CHECK(told.at("active").as_bool());
    CHECK(FrontDoor::text(told, "sub") == door.gate.person.text());
    CHECK(FrontDoor::text(told, "client_id") == "app");
    CHECK(door.post("/oauth2/introspect", {{"token", access}}).status == 401);
    CHECK(door.post("/oauth2/introspect", with(about(refresh), {{"client_id", "other"}})).body == R"({"active":false})");
    CHECK(door.post("/oauth2/introspect", about("nonsense")).body == R"({"active":false})");
    // Revoking another's token does nothing; revoking one's own ends the whole grant.
    CHECK(door.post("/oauth2/revoke", with(about(refresh), {{"client_id", "other"}})).status == 200);
    CHECK(door.post("/oauth2/revoke", with(about(access), {{"client_id", "other"}})).status == 200);
    CHECK(FrontDoor::json(door.post("/oauth2/introspect", about(refresh))).at("active").as_bool());
    CHECK(door.post("/oauth2/revoke", about(refresh)).status == 200);
    CHECK(door.post("/oauth2/introspect", about(access)).body == R"({"active":false})");
    CHECK(door.post("/oauth2/introspect", about(refresh)).body == R"({"active":false})");
    CHECK(door.audited("oidc.token.revoked") == 1);
  });
}

TEST_CASE("keys turn over without breaking a token, and two turns end a leaked key") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    door.connect_app();
    const auto kids = [&] {
      const auto keys = crypto::jwks_parse(door.get("/oauth2/jwks", {}).body);
      REQUIRE(keys);
      std::vector<std::string> out;
      for (const auto& key : *keys) out.push_back(key.kid());
      return out;
    };
    const auto before = kids();
    CHECK(before.size() == 2);
    const std::string access = FrontDoor::text(door.tokens(door.ask()), "access_token");
    const auto deadline = runtime::Deadline::never();
    REQUIRE(door.oidc.rotate_keys(door.ours, deadline));
    CHECK(kids().size() == 3);
    CHECK(door.get("/oauth2/userinfo", {}, bearer(access)).status == 200);
    const auto jws = crypto::jws_parse(FrontDoor::text(door.tokens(door.ask()), "access_token"));
    REQUIRE(jws);
    CHECK(std::ranges::find(before, jws->kid) != before.end());  // it was published before it signed
    REQUIRE(door.oidc.rotate_keys(door.ours, deadline));
    CHECK(door.get("/oauth2/userinfo", {}, bearer(access)).status == 401);
    // By themselves they turn over after 90 days, and the old one goes a week later.
    const auto then = kids();
    REQUIRE(door.oidc.rotate_due_keys());
    CHECK(kids() == then);
    door.clock.advance(std::chrono::days(91));
    REQUIRE(door.oidc.rotate_due_keys());
    CHECK(kids() != then);
    door.clock.advance(std::chrono::days(8));
    REQUIRE(door.oidc.rotate_due_keys());
    CHECK(kids().size() == 2);
    door.use(door.other);
    for (const auto& kid : kids()) CHECK(std::ranges::find(then, kid) == then.end());
  });
}

TEST_CASE("discovery says what is so") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    for (const auto* path : {"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"}) {
      const auto told = FrontDoor::json(door.get(path, {}));
      CHECK(FrontDoor::text(told, "issuer") == door.issuer());
      CHECK(FrontDoor::text(told, "token_endpoint") == door.issuer() + "/oauth2/token");
      CHECK(told.at("authorization_response_iss_parameter_supported").as_bool());
      CHECK(told.at("response_types_supported").as_array().size() == 1);
    }
  });
}

TEST_CASE("logout asks first unless the ID token tells who is meant, and goes back only to registered URIs") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    door.connect_app();
    const std::string hint = FrontDoor::text(door.tokens(door.ask()), "id_token");
    const Fields good = {{"id_token_hint", hint}, {"post_logout_redirect_uri", "https://app.example/bye"}, {"state", "s&t"}};
    CHECK(door.get("/oauth2/logout", good).header("location") == "https://app.example/bye?state=s%26t");
    CHECK(door.post("/oauth2/logout", good).status == 303);
    CHECK(door.get("/oauth2/logout", with(good, {{"post_logout_redirect_uri", "https://evil.example/"}})).status == 400);
    CHECK(door.get("/oauth2/logout", with(good, {{"client_id", "other"}})).status == 400);
    CHECK(door.get("/oauth2/logout", {}).body == "ask::");
    CHECK(door.get("/oauth2/logout", with(good, {{"id_token_hint", ""}, {"client_id", "app"}, {"state", ""}})).body == "ask:App:https://app.example/bye");
    CHECK(door.get("/oauth2/logout", {{"id_token_hint", hint + "x"}}).body == "ask::");
    door.gate.person = new_id(door.clock, door.random);  // someone else sits here now
    door.gate.session_id = new_id(door.clock, door.random);
    CHECK(door.get("/oauth2/logout", good).body.starts_with("ask:App:"));
  });
}

TEST_CASE("spent rows go when nothing they gave is good any more") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    door.connect_app();
    const std::string code = door.code(door.ask());
    REQUIRE(door.post("/oauth2/token", door.redeem(code)).status == 200);
    REQUIRE(door.oidc.purge());
    CHECK(FrontDoor::json(door.post("/oauth2/token", door.redeem(code))).at("error_description").as_string().find("used before") != std::string::npos);
    door.clock.advance(std::chrono::hours(25));
    REQUIRE(door.oidc.purge());
    CHECK(FrontDoor::json(door.post("/oauth2/token", door.redeem(code))).at("error_description").as_string().find("unknown") != std::string::npos);
  });
}
