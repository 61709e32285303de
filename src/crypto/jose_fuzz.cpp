// Tokens, keys and key sets from strangers: the first byte chooses who reads the rest. What reads must
// behave: a token's parts are those it was made of, a key says itself again the same way.

#include <cstdlib>

#include "base/text.h"
#include "crypto/jose.h"

using namespace kidoban::crypto;

namespace {

void expect_that(bool holds) {
  if (!holds) std::abort();
}

const SigningKey& published() {
  static const auto key = *SigningKey::from_jwk(
      R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})");
  return key;
}

void read_key(const SigningKey& key) {
  expect_that(!key.can_sign());
  const auto again = SigningKey::from_jwk(key.public_jwk());
  expect_that(again && again->kid() == key.kid() && again->algorithm() == key.algorithm());
  expect_that(!key.verify("text", "not a signature"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto text = kidoban::as_text({data + 1, size - 1});
  switch (data[0] % 4) {
    case 0: {
      const auto jws = jws_parse(text);
      if (!jws) break;
      expect_that(jws->signing_input + "." + kidoban::base64url(jws->signature) == text);
      (void)jws_verify(*jws, std::span(&published(), 1));
      break;
    }
    case 1: {
      // The header alone, so that it needn't be guessed through base64url.
      (void)jws_parse(kidoban::base64url(text) + ".e30.AAAA");
      break;
    }
    case 2: {
      const auto key = SigningKey::from_jwk(text, Algorithm::ps256);
      if (key) read_key(*key);
      const auto alone = jwk_parse(text);
      if (!alone) break;
      for (const auto& one : *alone) {
        read_key(one);
        expect_that(one.thumbprint() == alone->front().thumbprint());
      }
      break;
    }
    default: {
      const auto keys = jwks_parse(text);
      if (!keys) break;
      for (const auto& key : *keys) read_key(key);
    }
  }
  return 0;
}
