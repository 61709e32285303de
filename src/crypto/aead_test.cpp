#include "crypto/aead.h"

#include <doctest/doctest.h>
#include <openssl/evp.h>

#include <vector>

#include "base/require.h"
#include "base/text.h"
#include "crypto/openssl_ptr.h"

namespace kidoban::crypto {
namespace {

const std::vector<std::uint8_t> key(32, 0x01);

std::vector<std::uint8_t> shake128(std::string_view input, std::size_t length) {
  std::vector<std::uint8_t> out(length);
  const DigestContext context(EVP_MD_CTX_new());
  REQUIRE(EVP_DigestInit_ex2(context.get(), EVP_shake128(), nullptr) == 1);
  REQUIRE(EVP_DigestUpdate(context.get(), input.data(), input.size()) == 1);
  REQUIRE(EVP_DigestFinalXOF(context.get(), out.data(), out.size()) == 1);
  return out;
}

TEST_CASE("sealing gives the values of C2SP's XAES-256-GCM") {
  const auto nonce = as_bytes("ABCDEFGHIJKLMNOPQRSTUVWX");
  const auto plain = as_bytes("XAES-256-GCM");
  // The first has MSB(L) = 0, the second MSB(L) = 1: both ways of making K1.
  CHECK(hex(as_bytes(aead_seal_with_nonce(key, nonce, plain, "")).subspan(24)) ==
        "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271");
  const std::vector<std::uint8_t> other(32, 0x03);
  CHECK(hex(as_bytes(aead_seal_with_nonce(other, nonce, plain, "c2sp.org/XAES-256-GCM")).subspan(24)) ==
        "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d");
}

TEST_CASE("ten thousand messages of any length give C2SP's accumulated value") {
  const auto drawn = shake128("", 10'000 * (32 + 24 + 2 + 2 * 255));
  std::span<const std::uint8_t> rest(drawn);
  const auto take = [&](std::size_t count) {
    const auto part = rest.first(count);
    rest = rest.subspan(count);
    return part;
  };
  std::string all;
  bool opened_all = true;
  for (int i = 0; i < 10'000; ++i) {
    const auto message_key = take(32);
    const auto nonce = take(24);
    const auto plain = take(take(1)[0]);
    const auto associated = as_text(take(take(1)[0]));
    const auto sealed = aead_seal_with_nonce(message_key, nonce, plain, associated);
    const auto opened = aead_open(message_key, sealed, associated);
    opened_all = opened_all && opened && constant_time_equal(opened->reveal(), plain);
    all += sealed.substr(24);
  }
  CHECK(opened_all);
  CHECK(hex(shake128(all, 32)) == "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939");
}

TEST_CASE("what was sealed opens with the same key and place, and with nothing else") {
  const auto sealed = aead_seal(key, as_bytes("secret"), "here", system_random());
  CHECK(sealed.size() == 6 + aead_overhead_bytes);
  REQUIRE(aead_open(key, sealed, "here"));
  CHECK(aead_open(key, sealed, "here")->reveal_text() == "secret");

  const auto refused = [](const Result<Secret>& opened) {
    return !opened && opened.error().kind == Kind::malformed && opened.error().reason == "sealed_value_damaged";
  };
  CHECK(refused(aead_open(std::vector<std::uint8_t>(32, 0x02), sealed, "here")));
  CHECK(refused(aead_open(key, sealed, "there")));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string damaged = sealed;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    CHECK(refused(aead_open(key, damaged, "here")));
    CHECK(refused(aead_open(key, sealed.substr(0, i), "here")));
  }
  CHECK(refused(aead_open(key, sealed + '\0', "here")));
  // A refusal leaves nothing behind that the next message could meet.
  CHECK(aead_open(key, sealed, "here")->reveal_text() == "secret");
}

TEST_CASE("the same text sealed twice looks different") {
  const auto once = aead_seal(key, as_bytes("secret"), "here", system_random());
  CHECK(once != aead_seal(key, as_bytes("secret"), "here", system_random()));
}

TEST_CASE("a key of another length fails the request") {
  const std::vector<std::uint8_t> shorter(16, 0x01);
  CHECK_THROWS_AS((void)aead_seal(shorter, as_bytes("secret"), "here", system_random()), RequirementFailed);
  CHECK_THROWS_AS((void)aead_open(shorter, std::string(64, 'x'), "here"), RequirementFailed);
}

}  // namespace
}  // namespace kidoban::crypto
