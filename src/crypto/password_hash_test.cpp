#include "crypto/password_hash.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <vector>

namespace kidoban::crypto {
namespace {

constexpr Argon2Cost quick{64, 1, 1};
const std::string phrase = "påssword 木戸番";

struct Example {
  const char* password;
  const char* encoded;
};

// Each made by the system it comes from or by another implementation than the one that verifies it.
const Example examples[] = {
    {phrase.c_str(), "$argon2id$v=19$m=19456,t=2,p=1$iiwrWMLrm5OL0Hj/UTlrvw$pMk+Is1Vy7fK6pXzm3p/5OveloJSKeiovg7xjHaWhlA"},
    {phrase.c_str(), "$argon2i$v=19$m=1024,t=3,p=2$c29tZXNhbHRzb21lc2FsdA$jc4CiwlgZ3zB0iWHb0QxdEwOEJ5ANCA/y1Gomxdn8ZM"},
    {phrase.c_str(), "$argon2id$v=16$m=64,t=1,p=1$c29tZXNhbHQ$4Dipf4E/0tQidLbA+iOknKD96MXAQRzY"},
    {phrase.c_str(), "$argon2id$m=64,t=1,p=1$c29tZXNhbHQ$4Dipf4E/0tQidLbA+iOknKD96MXAQRzY"},
    {phrase.c_str(), "$2b$05$TFjUfZ8mmWXWzeqIwxAIi.A.0npiQjYMJm3KXZlv2.JmEvxUvGHjC"},
    {phrase.c_str(), "$2a$04$PmsoQPVM1xwAp29JzbDkcuhpu6mKUV/nOHJpxaV3j4jL7kAeKNfli"},
    {phrase.c_str(), "$2y$05$TFjUfZ8mmWXWzeqIwxAIi.A.0npiQjYMJm3KXZlv2.JmEvxUvGHjC"},
    {"U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
    {phrase.c_str(), "$5$seH/NkZaQi/2sJzT$5HeusRTKQtgDL6.cURdv0ardFSYMm3xuornytDL8yV."},
    {phrase.c_str(), "$6$rounds=1000$ewIOLsaC88Y5N3wi$OHyzFOLG0PK3M6CBkQKHHIm/vC3uZM3AhhNF/llh2kNxf8O7kQOQClq0miyIb0BF/.SrDl916QbGw9K.fnjW91"},
    {"Hello world!", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"},
    {phrase.c_str(), "$1$c0IaHK3c$9r3HlIgHU.GUT0VPe6m.d0"},
    {phrase.c_str(), "$y$j75$somesaltsomesalt$zLEJ8X8Wpyc4O/6YWv0YGyG9d9H.FdubafEKV6HG7P2"},
    {phrase.c_str(), "$gy$j75$somesaltsomesalt$uOPZdl0vzmQ4MHMNuaZggI7ZGhfn17dtLgHQAcfvwp5"},
    {"pleaseletmein", "$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D"},
    {phrase.c_str(), "$pbkdf2-sha256$1000$MybEWIuR8p6zNiaktBbinA$KhJLUYmNdx9AH8FLxjx8fuEg2uChY/5FKp.ZuuTHq9o"},
    {phrase.c_str(), "$pbkdf2-sha512$1000$7t07B6CUUqr13rvX2juHUA$PmVD4A13hkoDcIb0NU8fyPNTpHrRvs3VF4cFaOsnYV5I1euB68wU3Jm9dPlY3mOnyRmTWtPNAF37FFEXUH6JTw"},
    {phrase.c_str(), "$pbkdf2$1000$VkqJsVZq7R2jVCplbM2ZEw$WopZ/OxT/yUp9oSdMD60GrMtvLM"},
    {phrase.c_str(), "pbkdf2_sha256$1000$dI1T6f393ddu$hTfyqOvoksoc6vEHNf+CYyU5/zrTELZyqRwDLeZLBYQ="},
    {phrase.c_str(), "$scrypt$ln=10,r=8,p=1$A+BcSyklZKy1NmbMGWNMyQ$rya5NpWnD+RaOlr+lFO48MiDNucrnfaXwvno8P/dOP4"},
    {phrase.c_str(), "{SSHA}qvw7sVYcDHNzS1oREAL2iGOW6/qY897b"},
    {phrase.c_str(), "{ssha}qvw7sVYcDHNzS1oREAL2iGOW6/qY897b"},
    {phrase.c_str(), "{SSHA256}JysJic1QK4i66WeXZhAfx/v/8ZtLDBaIZNbca1NU+LD735uTEqI0xg=="},
    {phrase.c_str(), "{SSHA512}fDPuAOuGroooyauzMItXRtnEzIBtiD1dNQ+VkETzj65r87K0Q328/v5oFsCl9YE/K9EhxtJQ3amR7v4iu60VJzjnXCtlLMU4"},
    {phrase.c_str(), "{SHA}jAm41pbIoYyIloJXQidNADK8vI0="},
    {phrase.c_str(), "{CRYPT}$6$Bk4CFi/mrB63tU3O$LpIVxH4.snWdfWAhAGgBc8nvZlEeaCLtXKRlTTHXBcj9s58fIfVHI4NIcv0Q2T6vKL.LAsSezBndRHiFRmF/d0"},
};

std::string judge(std::string_view password, std::string_view encoded, const Argon2Cost& wanted = quick) {
  const auto match = verify_password(Secret::of(password), encoded, wanted);
  if (!match) return std::string(match.error().reason.text());
  return *match == PasswordMatch::no ? "no" : *match == PasswordMatch::yes ? "yes" : "outdated";
}

class Fixed final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override { std::ranges::fill(out, std::uint8_t{7}); }
};

TEST_CASE("hashes of other systems take the right password and no other") {
  for (const auto& example : examples) {
    CAPTURE(std::string(example.encoded));
    CHECK(is_known_hash(example.encoded));
    CHECK(judge(example.password, example.encoded) == "outdated");
    CHECK(judge(std::string(example.password) + "x", example.encoded) == "no");
    CHECK(judge("", example.encoded) == "no");
    // crypt(3) would stop reading at the NUL and take this.
    CHECK(judge(std::string(example.password) + std::string("\0x", 2), example.encoded) == "no");
  }
}

TEST_CASE("our own hash is Argon2id with a salt of its own") {
  const auto once = hash_password(Secret::of(phrase), quick, system_random());
  const auto again = hash_password(Secret::of(phrase), quick, system_random());
  REQUIRE(once);
  CHECK(once->starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
  CHECK(*once != *again);
  CHECK(judge(phrase, *once) == "yes");
  CHECK(judge(phrase + " ", *once) == "no");
  Fixed fixed;
  CHECK(*hash_password(Secret::of("a"), quick, fixed) == *hash_password(Secret::of("a"), quick, fixed));
}

TEST_CASE("a hash at another cost, kind or version is right but outdated") {
  const auto made = *hash_password(Secret::of(phrase), quick, system_random());
  CHECK(judge(phrase, made, {64, 2, 1}) == "outdated");
  CHECK(judge(phrase, made, {128, 1, 1}) == "outdated");
  CHECK(judge(phrase, made, {64, 1, 2}) == "outdated");
  CHECK(judge(phrase, examples[0].encoded, Argon2Cost{}) == "yes");  // the default cost
  CHECK(judge(phrase, examples[1].encoded, {1024, 3, 2}) == "outdated");  // Argon2i
  CHECK(judge(phrase, examples[2].encoded, {64, 1, 1}) == "outdated");    // version 0x10, short salt
}

TEST_CASE("a hash that would cost too much is refused before anything is computed") {
  const std::string tail = "$c29tZXNhbHRzb21lc2FsdA$jc4CiwlgZ3zB0iWHb0QxdEwOEJ5ANCA/y1Gomxdn8ZM";
  const std::string bcrypt = "$TFjUfZ8mmWXWzeqIwxAIi.A.0npiQjYMJm3KXZlv2.JmEvxUvGHjC";
  const std::string sha512 = "$Bk4CFi/mrB63tU3O$LpIVxH4.snWdfWAhAGgBc8nvZlEeaCLtXKRlTTHXBcj9s58fIfVHI4NIcv0Q2T6vKL.LAsSezBndRHiFRmF/d0";
  const std::string refused[] = {
      "$argon2id$v=19$m=4294967295,t=1,p=1" + tail,
      "$argon2id$v=19$m=262145,t=1,p=1" + tail,
      "$argon2id$v=19$m=65536,t=17,p=1" + tail,
      "$argon2id$v=19$m=64,t=4294967295,p=1" + tail,
      "$argon2id$v=19$m=4096,t=1,p=255" + tail,
      "$2b$15" + bcrypt, "$2b$31" + bcrypt,
      "$6$rounds=500001" + sha512, "$6$rounds=999999999" + sha512,
      "$y$jFT$somesaltsomesalt$zLEJ8X8Wpyc4O/6YWv0YGyG9d9H.FdubafEKV6HG7P2",
      "$y$jzzzzzz$somesaltsomesalt$zLEJ8X8Wpyc4O/6YWv0YGyG9d9H.FdubafEKV6HG7P2",
      "$7$J6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D",
      "$7$C6....zzzzzSodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D",
      "$pbkdf2-sha256$3000001$MybEWIuR8p6zNiaktBbinA$KhJLUYmNdx9AH8FLxjx8fuEg2uChY/5FKp.ZuuTHq9o",
      "$pbkdf2-sha256$99999999999999999999$MybEWIuR8p6zNiaktBbinA$KhJLUYmNdx9AH8FLxjx8fuEg2uChY/5FKp.ZuuTHq9o",
      "$scrypt$ln=18,r=8,p=1$A+BcSyklZKy1NmbMGWNMyQ$rya5NpWnD+RaOlr+lFO48MiDNucrnfaXwvno8P/dOP4",
      "$scrypt$ln=10,r=8,p=1048576$A+BcSyklZKy1NmbMGWNMyQ$rya5NpWnD+RaOlr+lFO48MiDNucrnfaXwvno8P/dOP4"};
  for (const auto& encoded : refused) {
    CAPTURE(encoded);
    CHECK_FALSE(is_known_hash(encoded));
    CHECK(judge(phrase, encoded) == "hash_unsupported");
  }
}

TEST_CASE("memory that is used again, by many threads and after it was given back, changes no hash") {
  const Argon2Cost cost{64, 2, 1}, dear{128, 1, 2};
  const auto password = Secret::of("gate of the lantern street");
  const auto one = hash_password(password, cost, system_random()), two = hash_password(password, dear, system_random());
  REQUIRE(one.has_value());
  REQUIRE(two.has_value());
  std::atomic<int> right = 0;
  for (int round = 0; round < 3; ++round) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        const auto match = verify_password(password, i % 2 == 0 ? *one : *two, i % 2 == 0 ? cost : dear);
        if (match && *match == PasswordMatch::yes) ++right;
      });
    }
    threads.clear();
    trim_password_memory();
    trim_password_memory();
  }
  CHECK(right == 24);
}

TEST_CASE("a hash of no known form is refused") {
  const std::string ours = examples[0].encoded;
  const std::string bcrypt = examples[4].encoded;
  const std::string refused[] = {
      "", "$", "{", "{}", "plain text", "{CLEARTEXT}password", "{MD5}X03MO1qnZdYdgyfeuILPmQ==", "*", "!", "x",
      "rqXexS6ZhobKA",                 // DES
      "_J9..XXXXXXXXXXXXXXX",          // BSDi's DES
      "{CRYPT}rqXexS6ZhobKA", "{CRYPT}", "{CRYPT}{SSHA}qvw7sVYcDHNzS1oREAL2iGOW6/qY897b",
      "$3$$8846f7eaee8fb117ad06bdd830b7586c",  // NT
      "$2x$05" + bcrypt.substr(6), bcrypt.substr(0, 29), bcrypt + "a", "$2b$05$", "$2b$xx" + bcrypt.substr(6),
      "$6$", "$6$salt", "$6$salt$", "$1$salt$", "$y$", "$y$j9T$", "$y$j9T$salt$", "$7$", "$7$C6....", "$gy$$$",
      ours + "=", ours + "$", ours.substr(0, ours.rfind('$')), ours.substr(0, ours.size() - 1) + "B",
      "$argon2d$" + ours.substr(10), "$argon2id$v=18$" + ours.substr(15), "$argon2id$v=19$t=2,m=19456,p=1$YWFhYWFhYWE$YWFhYWFhYWFhYWFhYWFhYQ",
      "$argon2id$v=19$m=019456,t=2,p=1" + ours.substr(ours.find("$iiw")),
      "{SSHA}", "{SSHA}qvw7sVYcDHNzS1oREAL2iGOW6/o=", "{SHA}AAAA", "{SSHA}****",
      "$pbkdf2-sha256$1000$$", "$pbkdf2-sha256$0$MybEWIuR8p6zNiaktBbinA$KhJLUYmNdx9AH8FLxjx8fuEg2uChY/5FKp.ZuuTHq9o",
      "pbkdf2_sha256$1000$salt$", "pbkdf2_sha1$1$salt$AAAA", "$scrypt$ln=10,r=8$AAAA$AAAA", std::string(5000, '$')};
  for (const auto& encoded : refused) {
    CAPTURE(encoded);
    CHECK_FALSE(is_known_hash(encoded));
    CHECK(judge(phrase, encoded) == "hash_unsupported");
  }
}

}  // namespace
}  // namespace kidoban::crypto
