#include <doctest/doctest.h>

#include "federation/oidc/redirect_uri.h"

using namespace kidoban::federation::oidc;

TEST_CASE("redirect URIs that may be registered") {
  const auto ok = [](std::string_view uri, ApplicationType type) { return check_redirect_uri(uri, type).has_value(); };
  for (const auto type : {ApplicationType::web, ApplicationType::native}) {
    for (const auto* uri : {"https://app.example/cb", "https://app.example:8443/cb?a=b", "http://localhost:8091/callback",
                            "http://127.0.0.1/cb", "http://[::1]:1/cb"}) {
      INFO(uri);
      CHECK(ok(uri, type));
    }
    for (const auto* uri : {"", "app.example/cb", "//app.example/cb", "http://app.example/cb", "https://app.example/cb#f",
                            "https://*.example/cb", "https://app.example/*", "https://a@app.example/", "https://app.example\\@evil/",
                            "javascript:alert(1)", "data:text/html,x", "https:///cb", "https://app.example:0/", "https://app.example:99999/",
                            "https://app.example/%zz", "https://app.example/ x", "ftp://app.example/", "https://app.example/\"x"}) {
      INFO(uri);
      CHECK_FALSE(ok(uri, type));
    }
  }
  CHECK(ok("com.example.app:/cb", ApplicationType::native));
  CHECK_FALSE(ok("com.example.app:/cb", ApplicationType::web));
  CHECK_FALSE(ok("myapp:/cb", ApplicationType::native));
}

TEST_CASE("a redirect URI is compared byte by byte, but for a native application's loopback port") {
  using enum ApplicationType;
  CHECK(redirect_uri_matches("https://app.example/cb", "https://app.example/cb", web));
  for (const auto* other : {"https://app.example/cb/", "https://app.example/CB", "https://app.example/cb?x", "https://app.example:443/cb",
                            "https://app.example/cb#", "https://app.example/%63b", "http://app.example/cb"}) {
    CHECK_FALSE(redirect_uri_matches("https://app.example/cb", other, web));
    CHECK_FALSE(redirect_uri_matches("https://app.example/cb", other, native));
  }
  CHECK(redirect_uri_matches("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", native));
  CHECK(redirect_uri_matches("http://[::1]:8/cb", "http://[::1]:51004/cb", native));
  CHECK_FALSE(redirect_uri_matches("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", web));
  CHECK_FALSE(redirect_uri_matches("http://127.0.0.1/cb", "http://localhost:51004/cb", native));
  CHECK_FALSE(redirect_uri_matches("http://127.0.0.1/cb", "http://127.0.0.1.evil.example:1/cb", native));
  CHECK_FALSE(redirect_uri_matches("http://127.0.0.1/cb", "http://127.0.0.1:1@evil.example/cb", native));
  CHECK_FALSE(redirect_uri_matches("https://app.example/cb", "https://app.example:1/cb", native));
}

TEST_CASE("an origin is what CSP's form-action can name") {
  CHECK(origin_of("https://app.example:8443/cb?x") == "https://app.example:8443");
  CHECK(origin_of("com.example.app:/cb") == "com.example.app:");
}
