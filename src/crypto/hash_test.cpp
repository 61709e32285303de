#include "crypto/hash.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>

#include "base/require.h"
#include "base/text.h"

namespace kidoban::crypto {
namespace {

std::vector<std::uint8_t> repeated(std::uint8_t byte, std::size_t times) {
  return std::vector<std::uint8_t>(times, byte);
}

TEST_CASE("digests that others' lists are made of") {
  CHECK(hex(crypto::sha1(as_bytes("abc"))) == "a9993e364706816aba3e25717850c26c9cd0d89d");  // FIPS 180-4
  const auto abc = crypto::md4(as_bytes("abc"));
  REQUIRE(abc.has_value());
  CHECK(hex(*abc) == "a448017aaf21d8525fc10ae87aa6729d");  // RFC 1320 §A.5
}

TEST_CASE("SHA-256 gives FIPS 180-4's example values") {
  CHECK(hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("HMAC gives RFC 4231's values") {
  CHECK(hex(hmac_sha256(repeated(0x0b, 20), as_bytes("Hi There"))) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  // §4.7: a key longer than a block is hashed first.
  CHECK(hex(hmac_sha256(repeated(0xaa, 131),
                        as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("HKDF gives RFC 5869's value") {
  // Appendix A.3: no salt, no info.
  CHECK(hex(hkdf_sha256(repeated(0x0b, 22), "", 42).reveal()) ==
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
  CHECK(hkdf_sha256(repeated(1, 32), "a", 8160).size() == 8160);
  CHECK_THROWS_AS(hkdf_sha256(repeated(1, 32), "a", 8161), RequirementFailed);
  CHECK_FALSE(constant_time_equal(hkdf_sha256(repeated(1, 32), "a", 32).reveal(),
                                  hkdf_sha256(repeated(1, 32), "b", 32).reveal()));
}

TEST_CASE("threads hash without meeting one another") {
  const std::string long_text(100'000, 'a');
  const Digest alone = sha256(long_text);
  std::array<Digest, 4> together;
  {
    std::vector<std::jthread> threads;
    for (auto& one : together) threads.emplace_back([&] { one = sha256(long_text); });
  }
  for (const auto& one : together) CHECK(one == alone);
}

}  // namespace
}  // namespace kidoban::crypto
