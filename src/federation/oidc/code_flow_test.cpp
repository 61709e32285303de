#include "federation/oidc/front_door.h"

using namespace kidoban;
using namespace kidoban::federation;
using namespace kidoban::federation::oidc;
using namespace kidoban::federation::oidc::testing;

TEST_CASE("a code gives an ID token and an access token that say what was asked") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    door.connect_app();
    const auto given = door.tokens(door.ask());
    CHECK(FrontDoor::text(given, "token_type") == "Bearer");
    CHECK(FrontDoor::text(given, "scope") == "openid profile email");
    CHECK_FALSE(given.contains("refresh_token"));
    const auto id = FrontDoor::payload(FrontDoor::text(given, "id_token"));
    CHECK(FrontDoor::text(id, "iss") == door.issuer());
    CHECK(FrontDoor::text(id, "aud") == "app");
    CHECK(FrontDoor::text(id, "sub") == door.gate.person.text());
    CHECK(FrontDoor::text(id, "nonce") == "no");
    CHECK(FrontDoor::text(id, "sid") == door.gate.session_id.text());
    CHECK(FrontDoor::text(id, "acr") == "urn:kidoban:password");
    CHECK(id.at("auth_time").as_int64() == to_s(door.gate.signed_in_at));
    CHECK(id.at("amr").as_array().size() == 1);
    CHECK_FALSE(id.contains("email"));
    const std::string access = FrontDoor::text(given, "access_token");
    const auto digest = crypto::sha256(access);
    CHECK(FrontDoor::text(id, "at_hash") == base64url(std::span<const std::uint8_t>(digest).first(16)));
    const auto told = FrontDoor::payload(access);
    CHECK(FrontDoor::text(told, "client_id") == "app");
    CHECK(FrontDoor::text(told, "aud") == door.issuer());
    const auto keys = crypto::jwks_parse(door.get("/oauth2/jwks", {}).body);
    REQUIRE(keys);
    for (const auto* name : {"id_token", "access_token"}) {
      const auto jws = crypto::jws_parse(FrontDoor::text(given, name));
      REQUIRE(jws);
      CHECK(crypto::jws_verify(*jws, *keys));
    }
    CHECK(door.audited("oidc.code.issued") == 1);
    CHECK(door.audited("oidc.code.redeemed") == 1);
  });
}

TEST_CASE("a code works once, and its second use ends what the first gave") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    door.connect_app();
    const std::string code = door.code(with(door.ask(), {{"scope", "openid offline_access"}}));
    const auto first = FrontDoor::json(door.post("/oauth2/token", door.redeem(code)));
    const std::string bearer = "Bearer " + FrontDoor::text(first, "access_token");
    CHECK(door.get("/oauth2/userinfo", {}, {{"authorization", bearer}}).status == 200);
    const auto second = door.post("/oauth2/token", door.redeem(code));
    CHECK(second.status == 400);
    CHECK(FrontDoor::error_of(second) == "invalid_grant");
    CHECK(second.header("cache-control") == "no-store");
    CHECK(door.get("/oauth2/userinfo", {}, {{"authorization", bearer}}).status == 401);
    CHECK(FrontDoor::error_of(door.post("/oauth2/token", FrontDoor::refresh(FrontDoor::text(first, "refresh_token")))) == "invalid_grant");
    CHECK(door.audited("oidc.code.replayed") == 1);
  });
}

TEST_CASE("a code is for its client, its redirect URI, its verifier and one minute") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    door.connect_app();
    door.connect_app("thief");
    const std::string code = door.code(door.ask());
    const Fields good = door.redeem(code);
    const auto error = [&](const Fields& changes) { return FrontDoor::error_of(door.post("/oauth2/token", with(good, changes))); };
    CHECK(error({{"client_id", "thief"}}) == "invalid_grant");
    CHECK(error({{"redirect_uri", "https://app.example/other"}}) == "invalid_grant");
    CHECK(error({{"redirect_uri", ""}}) == "invalid_grant");
    CHECK(error({{"code_verifier", ""}}) == "invalid_grant");
    CHECK(error({{"code_verifier", std::string(verifier) + "x"}}) == "invalid_grant");
    CHECK(error({{"code_verifier", std::string(challenge)}}) == "invalid_grant");  // "plain" doesn't exist
    CHECK(error({{"code", ""}}) == "invalid_request");
    CHECK(error({{"code", "AAAA"}}) == "invalid_grant");
    std::string forged = code;
    forged[40] = forged[40] == 'A' ? 'B' : 'A';
    CHECK(error({{"code", forged}}) == "invalid_grant");
    CHECK(door.post("/oauth2/token", good).status == 200);  // none of that used it up

    const std::string late = door.code(door.ask());
    door.clock.advance(std::chrono::seconds(61));
    CHECK(FrontDoor::error_of(door.post("/oauth2/token", door.redeem(late))) == "invalid_grant");
  });
}

TEST_CASE("a code, a token and a client of a second tenant are unknown at the first") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    door.connect_app();
    door.use(door.other);
    door.connect_app();
    door.connect_app("only-theirs");
    const std::string code = door.code(door.ask());
    const auto theirs = door.tokens(with(door.ask(), {{"scope", "openid offline_access"}}));
    door.use(door.ours);
    CHECK(FrontDoor::error_of(door.post("/oauth2/token", door.redeem(code))) == "invalid_grant");
    CHECK(FrontDoor::error_of(door.post("/oauth2/token", FrontDoor::refresh(FrontDoor::text(theirs, "refresh_token")))) == "invalid_grant");
    CHECK(FrontDoor::error_of(door.post("/oauth2/token", door.redeem(code, "only-theirs"))) == "invalid_client");
    const std::string access = FrontDoor::text(theirs, "access_token");
    CHECK(door.get("/oauth2/userinfo", {}, {{"authorization", "Bearer " + access}}).status == 401);
    const auto told = door.post("/oauth2/introspect", {{"token", access}, {"client_id", "app"}, {"client_secret", std::string(secret)}});
    CHECK(told.body == R"({"active":false})");
    door.use(door.other);
    CHECK(door.post("/oauth2/token", door.redeem(code)).status == 200);
  });
}

TEST_CASE("refresh tokens turn over, and a stolen one ends its family") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    door.connect_app();
    const auto first = door.tokens(with(door.ask(), {{"scope", "openid email offline_access"}}));
    const std::string one = FrontDoor::text(first, "refresh_token");
    REQUIRE_FALSE(one.empty());
    door.gate.alive = false;  // offline access outlives the session
    const auto second = FrontDoor::json(door.post("/oauth2/token", with(FrontDoor::refresh(one), {{"scope", "openid"}})));
    const std::string two = FrontDoor::text(second, "refresh_token");
    CHECK(two != one);
    CHECK(FrontDoor::text(second, "scope") == "openid");
    CHECK_FALSE(FrontDoor::payload(FrontDoor::text(second, "id_token")).contains("nonce"));
    CHECK(FrontDoor::error_of(door.post("/oauth2/token", with(FrontDoor::refresh(two), {{"scope", "openid profile"}}))) == "invalid_scope");
    const auto third = FrontDoor::json(door.post("/oauth2/token", FrontDoor::refresh(two)));
    CHECK(FrontDoor::text(third, "scope") == "openid email offline_access");
    const std::string three = FrontDoor::text(third, "refresh_token");
    // A forged token of an old generation ends nothing …
    std::string forged = one;
    forged[50] = forged[50] == 'A' ? 'B' : 'A';
    CHECK(FrontDoor::error_of(door.post("/oauth2/token", FrontDoor::refresh(forged))) == "invalid_grant");
    const auto introspected = door.post("/oauth2/introspect", {{"token", three}, {"client_id", "app"}, {"client_secret", std::string(secret)}});
    CHECK(FrontDoor::json(introspected).at("active").as_bool());
    // … a genuine one does.
    CHECK(FrontDoor::error_of(door.post("/oauth2/token", FrontDoor::refresh(one))) == "invalid_grant");
    CHECK(FrontDoor::error_of(door.post("/oauth2/token", FrontDoor::refresh(three))) == "invalid_grant");
    CHECK(door.get("/oauth2/userinfo", {}, {{"authorization", "Bearer " + FrontDoor::text(third, "access_token")}}).status == 401);
    CHECK(door.audited("oidc.refresh_token.reused") == 1);
  });
}

TEST_CASE("a refresh token ends with its time, its person, and without offline_access with its session") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    ClientWanted wanted;
    wanted.client_id = "app";
    wanted.client_secret = secret;
    wanted.token_endpoint_auth_method = "client_secret_post";
    wanted.refresh_without_offline_access = true;
    wanted.refresh_idle_lifetime_s = 100;
    door.connect(wanted);
    const auto use = [&](const std::string& token) { return door.post("/oauth2/token", FrontDoor::refresh(token)); };
    const std::string bound = FrontDoor::text(door.tokens(door.ask()), "refresh_token");
    door.gate.alive = false;
    CHECK(FrontDoor::error_of(use(bound)) == "invalid_grant");
    door.gate.alive = true;
    const auto next = use(bound);
    CHECK(next.status == 200);
    door.clock.advance(std::chrono::seconds(101));
    CHECK(FrontDoor::error_of(use(FrontDoor::text(FrontDoor::json(next), "refresh_token"))) == "invalid_grant");
    const std::string mine = FrontDoor::text(door.tokens(door.ask()), "refresh_token");
    REQUIRE(store.write(door.ours, runtime::Deadline::never(), [&](store::Transaction& tx) {
      return door.directory.set_state(tx, door.gate.person, directory::PersonState::disabled, FrontDoor::event());
    }));
    CHECK(FrontDoor::error_of(use(mine)) == "invalid_grant");
  });
}
