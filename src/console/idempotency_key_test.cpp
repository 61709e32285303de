#include "console/idempotency_key.h"

#include <doctest/doctest.h>

namespace kidoban::console {
namespace {

TEST_CASE("an Idempotency-Key is one String of RFC 9651") {
  CHECK(parse_structured_string("\"8e03978e-40d5-43e8-bc93-6894a57f9324\"") == "8e03978e-40d5-43e8-bc93-6894a57f9324");
  CHECK(parse_structured_string("  \"a b\"  ") == "a b");
  CHECK(parse_structured_string(R"("say \"hi\" \\ bye")") == R"(say "hi" \ bye)");
  CHECK(parse_structured_string("\"\"") == "");
  for (const char* wrong : {"", "\"", "8e03978e", "'a'", "\"a", "a\"", "\"a\"b", "\"a\", \"b\"", "\"a\";p=1", "\"a\\n\"", "\"a\\\"", "\"\t\"", "\t\"a\"",
                            "\"\xC3\xA9\"", "\"\x7F\"", ":YWJj:", "?1"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_structured_string(wrong));
  }
}

TEST_CASE("a key that is there twice, empty or too long is refused") {
  http::Request request;
  const auto with = [&](std::initializer_list<std::string> fields) {
    request.headers.clear();
    for (const auto& one : fields) request.headers.emplace_back("idempotency-key", one);
    return idempotency_key_of(request);
  };
  CHECK(*with({}) == std::nullopt);
  CHECK(*with({"\"a\""}) == "a");
  CHECK(*with({"\"" + std::string(128, 'x') + "\""}) == std::string(128, 'x'));
  for (const auto& refused : {with({"\"a\"", "\"a\""}), with({"\"\""}), with({"\"" + std::string(129, 'x') + "\""}), with({"a"}), with({""})}) {
    REQUIRE_FALSE(refused);
    CHECK(refused.error().reason == "idempotency_key_malformed");
  }
}

}  // namespace
}  // namespace kidoban::console
