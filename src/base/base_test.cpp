#include <doctest/doctest.h>

#include "base/id.h"
#include "base/secret.h"
#include "base/text.h"

using namespace kidoban;

namespace {
class FixedClock final : public Clock {
 public:
  Time at{};
  Time now() const override { return at; }
};
}  // namespace

TEST_CASE("base64url has one spelling for each value") {
  CHECK(base64url(std::string_view("\xff\xfe", 2)) == "__4");
  CHECK(as_text(*unbase64url("__4")) == std::string_view("\xff\xfe", 2));
  CHECK_FALSE(unbase64url("__5"));   // trailing bits set
  CHECK_FALSE(unbase64url("__4="));  // padding
  CHECK_FALSE(unbase64url("a"));
  CHECK_FALSE(unbase64url("a+bc"));
  CHECK(unbase64url("")->empty());
}

TEST_CASE("base64 wants its padding") {
  CHECK(base64(as_bytes("fo")) == "Zm8=");
  CHECK(as_text(*unbase64("Zm8=")) == "fo");
  CHECK_FALSE(unbase64("Zm8"));
  CHECK_FALSE(unbase64("Zm9="));
  CHECK_FALSE(unbase64("===="));
}

TEST_CASE("an id is time-ordered and reads back") {
  FixedClock clock;
  clock.at = from_us(1'700'000'000'123'456);
  const Id a = new_id(clock, system_random());
  clock.at += Duration(1);
  const Id b = new_id(clock, system_random());
  CHECK(a < b);
  Id last = b;
  for (int i = 0; i < 10'000; ++i) {  // the clock stands, and the count runs from one microsecond into the next
    const Id next = new_id(clock, system_random());
    CHECK(last < next);
    last = next;
  }
  clock.at += Duration(1);
  CHECK(last < new_id(clock, system_random()));
  clock.at -= std::chrono::hours(1);
  CHECK(new_id(clock, system_random()) < a);
  CHECK(a.text()[14] == '7');
  CHECK(*Id::parse(a.text()) == a);
  CHECK_FALSE(Id::parse("018f3f6e"));
  CHECK_FALSE(Id::parse("018F3F6E-0000-7000-8000-000000000000"));
}

TEST_CASE("percent decoding refuses what is broken, and NUL") {
  CHECK(*percent_decode("a%2Fb+c", Plus::is_space) == "a/b c");
  CHECK(*percent_decode("a+c", Plus::is_plus) == "a+c");
  CHECK_FALSE(percent_decode("%", Plus::is_plus));
  CHECK_FALSE(percent_decode("%2", Plus::is_plus));
  CHECK_FALSE(percent_decode("%zz", Plus::is_plus));
  CHECK_FALSE(percent_decode("%00", Plus::is_plus));
}

TEST_CASE("UTF-8 is checked to the letter") {
  CHECK(is_utf8("木戸番"));
  CHECK_FALSE(is_utf8("\xc0\x80"));          // overlong
  CHECK_FALSE(is_utf8("\xed\xa0\x80"));      // surrogate
  CHECK_FALSE(is_utf8("\xf4\x90\x80\x80"));  // past the end
  CHECK_FALSE(is_utf8("\xe6\x9c"));          // cut
  CHECK_FALSE(is_plain_text("a\r\nb"));
  CHECK(is_plain_text("a b"));
  CHECK(is_display_text("山田 花子"));
  for (const char* turned : {"a\u202eb", "\u2066a\u2069", "a\u2028b", "a\nb"}) CHECK_FALSE(is_display_text(turned));
}

TEST_CASE("times are written as RFC 3339") {
  CHECK(rfc3339(0) == "1970-01-01T00:00:00Z");
  for (const char* same : {"2023-11-14T22:13:20.123456Z", "2023-11-15T07:13:20.123456+09:00", "2023-11-14t17:13:20.123456-05:00"}) CHECK(from_rfc3339(same) == 1'700'000'000'123'456);
  CHECK(from_rfc3339("2024-02-29T00:00:00.5Z") == 1'709'164'800'500'000);
  for (const char* none : {"", "2023-11-14", "2023-11-14T22:13:20", "2023-02-29T00:00:00Z", "2023-11-14 22:13:20Z", "2023-11-14T24:00:00Z", "2023-11-14T22:13:20.Z",
                           "2023-11-14T22:13:20Z ", "2023-11-14T22:13:20+9:00", "2023-11-14T22:13:60Z", "+023-11-14T22:13:20Z"}) CHECK_FALSE(from_rfc3339(none));
  CHECK(rfc3339(1'700'000'000'123'456) == "2023-11-14T22:13:20.123456Z");
}

TEST_CASE("secrets are compared without a shortcut") {
  CHECK(constant_time_equal("abc", "abc"));
  CHECK_FALSE(constant_time_equal("abc", "abd"));
  CHECK_FALSE(constant_time_equal("abc", "abcd"));
}
