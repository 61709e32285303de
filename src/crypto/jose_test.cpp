#include "crypto/jose.h"

#include <doctest/doctest.h>

#include <thread>

#include "base/limits.h"
#include "base/text.h"

namespace kidoban::crypto {
namespace {

// RFC 7515 appendix A.
const std::string payload_a = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const std::string hs256_token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + payload_a + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const std::string rs256_jwk = R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"})";
const std::string rs256_token = "eyJhbGciOiJSUzI1NiJ9." + payload_a + ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const std::string es256_jwk = R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
const std::string es256_token = "eyJhbGciOiJFUzI1NiJ9." + payload_a + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
// RFC 8037 appendix A.
const std::string eddsa_jwk = R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
const std::string eddsa_token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

constexpr Algorithm asymmetric[] = {Algorithm::es256, Algorithm::es384, Algorithm::rs256, Algorithm::ps256, Algorithm::eddsa};

bool verifies(const std::string& token, const SigningKey& key) {
  const auto jws = jws_parse(token);
  return jws && jws_verify(*jws, std::span(&key, 1));
}

template <class T>
std::string reason(const Result<T>& result) {
  return result ? "" : std::string(result.error().reason.text());
}

std::string token_with_header(std::string_view header) { return base64url(header) + ".e30.AAAA"; }

TEST_CASE("the signatures of RFC 7515 and RFC 8037 verify") {
  CHECK(verifies(rs256_token, *SigningKey::from_jwk(rs256_jwk, Algorithm::rs256)));
  CHECK(verifies(es256_token, *SigningKey::from_jwk(es256_jwk)));
  CHECK(verifies(eddsa_token, *SigningKey::from_jwk(eddsa_jwk)));
  const auto secret = unbase64url("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  CHECK(verifies(hs256_token, *SigningKey::from_secret(Secret::of(*secret))));
}

TEST_CASE("Ed25519 and HS256 sign what RFC 8037 and RFC 7515 signed") {
  // RFC 8410 §7: the 32 octets of RFC 8037's "d" in PKCS#8.
  auto der = *unhex("302e020100300506032b657004220420");
  const auto d = *unbase64url("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
  der.insert(der.end(), d.begin(), d.end());
  const auto key = SigningKey::from_private_der(Algorithm::eddsa, der);
  REQUIRE(key);
  const auto dot = eddsa_token.rfind('.');
  CHECK(base64url(*key->sign(eddsa_token.substr(0, dot))) == eddsa_token.substr(dot + 1));

  const auto secret = unbase64url("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  const auto at = hs256_token.rfind('.');
  CHECK(base64url(*SigningKey::from_secret(Secret::of(*secret))->sign(hs256_token.substr(0, at))) ==
        hs256_token.substr(at + 1));
}

TEST_CASE("thumbprints are those of RFC 7638 and RFC 8037") {
  CHECK(SigningKey::from_jwk(R"({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256"})")
            ->kid() == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
  CHECK(SigningKey::from_jwk(eddsa_jwk)->kid() == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

TEST_CASE("a signature holds for its key, its text and nothing else") {
  for (const auto algorithm : asymmetric) {
    CAPTURE(name_of(algorithm));
    const auto key = SigningKey::generate(algorithm);
    const auto other = SigningKey::generate(algorithm);
    REQUIRE(key);
    const auto token = *jws_sign(*key, "at+jwt", R"({"sub":"a"})");
    const auto jws = jws_parse(token);
    REQUIRE(jws);
    CHECK(jws->algorithm == algorithm);
    CHECK(jws->kid == key->kid());
    CHECK(jws->typ == "at+jwt");
    CHECK(jws->payload == R"({"sub":"a"})");
    const auto published = SigningKey::from_jwk(key->public_jwk());
    REQUIRE(published);
    CHECK(published->kid() == key->kid());
    CHECK_FALSE(published->can_sign());
    CHECK(reason(published->sign("a")) == "signing_failed");
    CHECK(published->verify(jws->signing_input, jws->signature));
    CHECK_FALSE(other->verify(jws->signing_input, jws->signature));
    CHECK_FALSE(published->verify(jws->signing_input + "x", jws->signature));
    for (std::size_t i = 0; i < jws->signature.size(); i += 7) {
      std::string damaged = jws->signature;
      damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
      CHECK_FALSE(published->verify(jws->signing_input, damaged));
      CHECK_FALSE(published->verify(jws->signing_input, jws->signature.substr(0, i)));
    }
    CHECK_FALSE(published->verify(jws->signing_input, jws->signature + '\0'));
  }
}

TEST_CASE("ES256 signatures are 64 octets whatever their numbers, and zero is none") {
  const auto key = SigningKey::generate(Algorithm::es256);
  // One signature in 128 has a number that begins with eight zero bits.
  for (int i = 0; i < 600; ++i) {
    const auto signature = *key->sign(std::to_string(i));
    REQUIRE(signature.size() == 64);
    REQUIRE(key->verify(std::to_string(i), signature));
  }
  CHECK_FALSE(key->verify("a", std::string(64, '\0')));  // CVE-2022-21449
  CHECK_FALSE(key->verify("a", std::string(64, '\xff')));
}

TEST_CASE("a private key comes back from PKCS#8, as its own kind only") {
  for (const auto algorithm : asymmetric) {
    CAPTURE(name_of(algorithm));
    const auto key = SigningKey::generate(algorithm);
    const auto der = key->private_der();
    REQUIRE(der);
    const auto back = SigningKey::from_private_der(algorithm, der->reveal());
    REQUIRE(back);
    CHECK(back->kid() == key->kid());
    CHECK(back->public_jwk() == key->public_jwk());
    CHECK(key->verify("text", *back->sign("text")));
    for (const auto wrong : {Algorithm::es256, Algorithm::es384, Algorithm::rs256, Algorithm::eddsa, Algorithm::hs256}) {
      if (wrong == algorithm || (wrong == Algorithm::rs256 && algorithm == Algorithm::ps256)) continue;
      CHECK(reason(SigningKey::from_private_der(wrong, der->reveal())) == "key_unsupported");
    }
    auto longer = std::vector<std::uint8_t>(der->reveal().begin(), der->reveal().end());
    longer.push_back(0);
    CHECK_FALSE(SigningKey::from_private_der(algorithm, longer));
  }
}

TEST_CASE("RS256 and PS256 don't take each other's signatures") {
  const auto rs = SigningKey::generate(Algorithm::rs256);
  const auto ps = SigningKey::from_private_der(Algorithm::ps256, rs->private_der()->reveal());
  REQUIRE(ps);
  CHECK(ps->kid() == rs->kid());
  CHECK_FALSE(ps->verify("text", *rs->sign("text")));
  CHECK_FALSE(rs->verify("text", *ps->sign("text")));
}

TEST_CASE("a secret signs with 32 bytes or more and is never shown") {
  CHECK(reason(SigningKey::from_secret(Secret::of(std::string(31, 'k')))) == "key_too_short");
  CHECK(reason(SigningKey::generate(Algorithm::hs256)) == "key_unsupported");
  const std::string text(32, 'k');
  const auto key = SigningKey::from_secret(Secret::of(text));
  REQUIRE(key);
  CHECK(verifies(*jws_sign(*key, "", "{}"), *key));
  CHECK(key->public_jwk().find(base64url(text)) == std::string::npos);
  CHECK_FALSE(key->private_der());
}

TEST_CASE("a key by itself is read, or it is said why not") {
  const auto rsa = jwk_parse(rs256_jwk);
  REQUIRE(rsa);
  CHECK(rsa->size() == 2);  // either padding
  CHECK(rsa->front().thumbprint() == rsa->back().thumbprint());
  CHECK(jwk_parse(R"({"alg":"PS256",)" + rs256_jwk.substr(1))->size() == 1);
  CHECK(jwk_parse(R"({"kid":"a",)" + es256_jwk.substr(1))->front().thumbprint() == jwk_parse(es256_jwk)->front().thumbprint());
  CHECK(jwk_parse(R"({"alg":"Ed25519",)" + eddsa_jwk.substr(1))->front().algorithm() == Algorithm::eddsa);  // RFC 9864 §2.2
  CHECK(jws_parse(token_with_header(R"({"alg":"Ed25519"})"))->algorithm == Algorithm::eddsa);
  CHECK(reason(jwk_parse(R"({"alg":"ES384",)" + es256_jwk.substr(1))) == "key_unsupported");
  CHECK(reason(jwk_parse(R"({"kty":"EC","crv":"P-521","x":"AA","y":"AA"})")) == "key_unsupported");
  CHECK(reason(jwk_parse(R"({"d":"AA",)" + eddsa_jwk.substr(1))) == "key_unsupported");
  CHECK(reason(jwk_parse("[]")) == "jwk_malformed");
  const auto p384 = SigningKey::generate(Algorithm::es384);
  CHECK(jwk_parse(p384->public_jwk())->front().thumbprint() == p384->thumbprint());
  CHECK(p384->sign("a")->size() == 96);
}

TEST_CASE("a public key is never taken for an HMAC secret") {
  const auto key = SigningKey::generate(Algorithm::rs256);
  const auto forged = *jws_sign(*SigningKey::from_secret(Secret::of(key->public_jwk())), "JWT", "{}");
  CHECK_FALSE(verifies(forged, *key));
}

TEST_CASE("a token's form is checked before its signature") {
  CHECK(jws_parse(es256_token));
  CHECK(jws_parse(token_with_header(R"({"alg":"ES256","kid":"a","typ":"JWT","x":[{"y":1}]})")));
  const std::string refused[] = {
      "", ".", "..", "a.b", es256_token + ".", es256_token + ".AAAA", es256_token + "=", es256_token + "\n",
      es256_token.substr(0, es256_token.rfind('.') + 1),
      token_with_header(R"({"alg":"none"})"),
      token_with_header(R"({"alg":"None"})"),
      token_with_header(R"({"alg":"es256"})"),
      token_with_header(R"({"alg":["ES256"]})"),
      token_with_header(R"({})"),
      token_with_header(R"([])"),
      token_with_header(R"({"alg":"ES256"} {})"),
      token_with_header(R"({"alg":"ES256","alg":"HS256"})"),
      token_with_header(R"({"alg":"ES256","\u0061lg":"HS256"})"),
      token_with_header(R"({"alg":"ES256","x":{"y":1,"y":2}})"),
      token_with_header(R"({"alg":"ES256","crit":["exp"],"exp":1})"),
      token_with_header(R"({"alg":"ES256","crit":[]})"),
      token_with_header(R"({"alg":"ES256","kid":7})"),
      token_with_header(R"({"alg":"ES256","typ":null})"),
      token_with_header("{\"alg\":\"ES256\",\"kid\":\"\xff\"}"),
      token_with_header(R"({"alg":"ES256","x":[[[[[[[[[[[1]]]]]]]]]]]})"),
      std::string(limits::jwt_bytes, 'a') + ".e30.AAAA"};
  for (const auto& token : refused) {
    CAPTURE(token.substr(0, 200));
    CHECK(reason(jws_parse(token)) == "jws_malformed");
  }
}

TEST_CASE("a JWK that isn't a public signing key is refused") {
  const std::string x = R"("x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")";
  const std::string y = R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")";
  const std::string ec = R"("kty":"EC","crv":"P-256",)";
  CHECK(SigningKey::from_jwk("{" + ec + x + "," + y + R"(,"use":"sig","key_ops":["verify"]})"));
  const std::string refused[] = {
      "", "[]", "{}", "null", R"({"kty":"EC"})", R"({"kty":"oct","k":"AAAA"})",
      "{" + ec + x + "}",
      "{" + ec + x + "," + x + "," + y + "}",
      "{" + ec + x + R"(,"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4"})",     // off the curve
      "{" + ec + R"("x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})",
      "{" + ec + x + R"(,"y":"AMfxRM0bvZt-hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt"})",    // 33 octets
      "{" + ec + x + "," + y + R"(,"d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"})",
      "{" + ec + x + "," + y + R"(,"use":"enc"})",
      "{" + ec + x + "," + y + R"(,"key_ops":["sign"]})",
      "{" + ec + x + "," + y + R"(,"alg":"RS256"})",
      "{" + ec + x + "," + y + R"(,"alg":"HS256"})",
      "{" + ec + x + "," + y + R"(,"kid":1})",
      R"({"kty":"EC","crv":"P-384",)" + x + "," + y + "}",
      R"({"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
      rs256_jwk,  // nothing says its algorithm
      R"({"kty":"RSA","alg":"RS256","e":"AQAB","n":")" + base64url(std::string(128, '\xc1')) + "\"}",   // 1024 bits
      R"({"kty":"RSA","alg":"RS256","e":"AQAB","n":")" + base64url(std::string(1025, '\xc1')) + "\"}",  // 8200 bits
      R"({"kty":"RSA","alg":"RS256","e":"AQ","n":")" + base64url(std::string(256, '\xc1')) + "\"}",     // e = 1
      R"({"kty":"RSA","alg":"RS256","e":"AAEAAQ","n":")" + base64url(std::string(256, '\xc1')) + "\"}"};
  for (const auto& jwk : refused) {
    CAPTURE(jwk);
    const auto why = reason(SigningKey::from_jwk(jwk));
    CHECK((why == "key_unsupported" || why == "jwk_malformed"));
  }
}

TEST_CASE("a JWK Set gives the keys it can, and passes over the rest") {
  const std::string unknown = R"({"kty":"AKP","alg":"ML-DSA-44","pub":"AAAA"})";
  const auto keys = jwks_parse(R"({"keys":[)" + unknown + "," + es256_jwk + "," + rs256_jwk + "," + eddsa_jwk + "]}");
  REQUIRE(keys);
  REQUIRE(keys->size() == 4);
  CHECK((*keys)[0].algorithm() == Algorithm::es256);
  // An RSA key that names no algorithm serves RS256 and PS256.
  CHECK((*keys)[1].algorithm() == Algorithm::rs256);
  CHECK((*keys)[2].algorithm() == Algorithm::ps256);
  CHECK((*keys)[3].algorithm() == Algorithm::eddsa);
  CHECK(jws_verify(*jws_parse(rs256_token), *keys));
  CHECK(jws_verify(*jws_parse(es256_token), *keys));
  CHECK(jwks_parse(R"({"keys":[]})")->empty());
  std::string many = R"({"keys":[{})";
  for (std::size_t i = 0; i < limits::jwks_keys; ++i) many += ",{}";
  for (const auto& refused : {std::string("[]"), std::string("{}"), std::string(R"({"keys":{}})"),
                              std::string(R"({"keys":[1]})"), std::string(R"({"keys":[],"keys":[]})"), many + "]}"}) {
    CHECK(reason(jwks_parse(refused)) == "jwks_malformed");
  }
}

TEST_CASE("a key is chosen by kid and algorithm") {
  const auto one = *SigningKey::generate(Algorithm::es256);
  const auto two = *SigningKey::generate(Algorithm::es256);
  const SigningKey both[] = {one, two};
  CHECK(jws_verify(*jws_parse(*jws_sign(two, "JWT", "{}")), both));
  auto jws = *jws_parse(*jws_sign(two, "JWT", "{}"));
  jws.kid = one.kid();
  CHECK_FALSE(jws_verify(jws, both));
  jws.kid.clear();
  CHECK(jws_verify(jws, both));
  const auto named = SigningKey::from_jwk(R"({"kid":"a \"quoted\" name",)" + es256_jwk.substr(1));
  CHECK(named->kid() == "a \"quoted\" name");
  CHECK(SigningKey::from_jwk(named->public_jwk())->kid() == named->kid());
}

TEST_CASE("threads sign and verify with one key at once") {
  for (const auto algorithm : asymmetric) {
    const auto key = *SigningKey::generate(algorithm);
    std::array<int, 4> good{};
    {
      std::vector<std::jthread> threads;
      for (auto& count : good) {
        threads.emplace_back([&] {
          for (int i = 0; i < 20; ++i) count += key.verify("text", *key.sign("text")) ? 1 : 0;
        });
      }
    }
    for (const int count : good) CHECK(count == 20);
  }
}

}  // namespace
}  // namespace kidoban::crypto
