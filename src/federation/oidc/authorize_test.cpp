#include "federation/oidc/front_door.h"

using namespace kidoban;
using namespace kidoban::federation;
using namespace kidoban::federation::oidc;
using namespace kidoban::federation::oidc::testing;

TEST_CASE("what the authorization endpoint refuses, and in which words") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    door.connect_app();
    struct Row { const char *what; Fields changes; const char* error; };
    const Row rows[] = {
        {"implicit flow", {{"response_type", "token"}}, "unsupported_response_type"},
        {"hybrid flow", {{"response_type", "code id_token"}}, "unsupported_response_type"},
        {"no response_type", {{"response_type", ""}}, "invalid_request"},
        {"request object", {{"request", "e30.e30."}}, "request_not_supported"},
        {"request_uri", {{"request_uri", "https://app.example/r"}}, "request_uri_not_supported"},
        {"unknown response_mode", {{"response_mode", "web_message"}}, "invalid_request"},
        {"no PKCE", {{"code_challenge", ""}, {"code_challenge_method", ""}}, "invalid_request"},
        {"plain PKCE", {{"code_challenge_method", "plain"}}, "invalid_request"},
        {"PKCE without method", {{"code_challenge_method", ""}}, "invalid_request"},
        {"broken challenge", {{"code_challenge", "short"}}, "invalid_request"},
        {"scope of nothing we know", {{"scope", "telepathy"}}, "invalid_scope"},
        {"no scope", {{"scope", ""}}, "invalid_scope"},
        {"prompt none and more", {{"prompt", "none login"}}, "invalid_request"},
        {"unknown prompt", {{"prompt", "shout"}}, "invalid_request"},
        {"max_age in words", {{"max_age", "soon"}}, "invalid_request"},
        {"negative max_age", {{"max_age", "-1"}}, "invalid_request"},
        {"claims not JSON", {{"claims", "{"}}, "invalid_request"},
        {"claims for nobody", {{"claims", R"({"id_token":{"sub":{"value":"nobody"}}})"}}, "login_required"},
        {"foreign hint", {{"id_token_hint", "a.b.c"}}, "invalid_request"},
        {"long nonce", {{"nonce", std::string(2000, 'n')}}, "invalid_request"},
    };
    for (const Row& row : rows) {
      INFO(row.what);
      const auto reply = door.get("/oauth2/authorize", with(door.ask(), row.changes));
      REQUIRE(reply.status == 303);
      CHECK(reply.header("location").starts_with(callback));
      const auto answer = FrontDoor::answer(reply);
      CHECK(answer.get_or("error") == row.error);
      CHECK(answer.get_or("state") == "st");
      CHECK(answer.get_or("iss") == door.issuer());
      CHECK_FALSE(answer.has("code"));
    }
    Fields twice = door.ask();
    twice.emplace_back("nonce", "again");
    CHECK(FrontDoor::answer(door.get("/oauth2/authorize", twice)).get_or("error") == "invalid_request");
  });
}

TEST_CASE("an error that may not be redirected shows a page and no Location") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    door.connect_app();
    Fields twice = door.ask();
    twice.emplace_back("redirect_uri", "https://evil.example/");
    for (const Fields& query : {with(door.ask(), {{"client_id", "nobody"}}), with(door.ask(), {{"client_id", ""}}),
                                with(door.ask(), {{"redirect_uri", "https://evil.example/cb"}}),
                                with(door.ask(), {{"redirect_uri", "https://app.example/cb/"}}),
                                with(door.ask(), {{"redirect_uri", ""}}), twice}) {
      const auto reply = door.get("/oauth2/authorize", query);
      CHECK(reply.status == 400);
      CHECK(reply.header("location").empty());
      CHECK(reply.body.find("0123456789abcdef0123456789abcdef") != std::string::npos);
    }
  });
}

TEST_CASE("the gate is asked what the application asked") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    door.connect_app();
    const std::string token = FrontDoor::text(door.tokens(door.ask()), "id_token");
    door.clock.advance(std::chrono::hours(48));  // an expired hint is still a hint
    door.code(with(door.ask(), {{"prompt", "login consent select_account"}, {"max_age", "0"}, {"login_hint", "hanako@example.com"},
                                {"ui_locales", "ja en"}, {"id_token_hint", token},
                                {"claims", R"({"id_token":{"acr":{"essential":true,"values":["high"]}},"userinfo":{"email":null,"x":null}})"}}));
    const SignInRequest& asked = door.gate.last;
    CHECK(asked.fresh);
    CHECK(asked.choose_account);
    CHECK(asked.consent == SignInRequest::Consent::ask);
    CHECK(asked.max_age_s == 0);
    CHECK(asked.login_hint == "hanako@example.com");
    CHECK(asked.ui_locales == "ja en");
    CHECK(asked.person == door.gate.person);
    CHECK(asked.acr_values == std::vector<std::string>{"high"});
    CHECK(asked.acr_essential);
    CHECK(asked.return_origins == std::vector<std::string>{"https://app.example"});
    CHECK(asked.application_name == "App");
  });
}

TEST_CASE("prompt=none answers in the protocol's words when nobody is signed in") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    door.connect_app();
    const std::pair<Refusal, const char*> rows[] = {
        {Refusal::login_required, "login_required"},
        {Refusal::interaction_required, "interaction_required"},
        {Refusal::consent_required, "consent_required"},
        {Refusal::account_selection_required, "account_selection_required"},
        {Refusal::access_denied, "access_denied"},
        {Refusal::strength_unmet, "unmet_authentication_requirements"},
    };
    for (const auto& [refusal, error] : rows) {
      door.gate.refusal = refusal;
      const auto answer = FrontDoor::answer(door.get("/oauth2/authorize", with(door.ask(), {{"prompt", "none"}})));
      CHECK(door.gate.last.silent);
      CHECK(answer.get_or("error") == error);
      CHECK(answer.get_or("iss") == door.issuer());
    }
  });
}

TEST_CASE("the answer comes in the response mode that was asked for") {
  on_each_engine([](store::Store& store) {
    FrontDoor door(store);
    door.connect_app();
    CHECK(door.get("/oauth2/authorize", with(door.ask(), {{"response_mode", "fragment"}})).header("location").find("/cb#code=") != std::string_view::npos);
    CHECK(door.post("/oauth2/authorize", door.ask()).header("location").find("/cb?code=") != std::string_view::npos);
    const auto page = door.get("/oauth2/authorize", with(door.ask(), {{"response_mode", "form_post"}, {"state", "\"><script>"}}));
    CHECK(page.status == 200);
    CHECK(page.body.find("action=\"https:&#x2F;&#x2F;app.example&#x2F;cb\"") + page.body.find("action=\"https://app.example/cb\"") != std::string::npos);
    CHECK(page.body.find("name=\"code\"") != std::string::npos);
    CHECK(page.body.find("name=\"iss\"") != std::string::npos);
    CHECK(page.body.find("\"><script>") == std::string::npos);
    CHECK(page.header("content-security-policy").find("https://app.example") != std::string_view::npos);
  });
}
