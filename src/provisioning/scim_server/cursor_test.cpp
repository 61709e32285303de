#include "provisioning/scim_server/cursor.h"

#include <doctest/doctest.h>

#include "base/random.h"

namespace kidoban::scim {
namespace {

TEST_CASE("a cursor is good for its own query, its own tenant, and its time") {
  const seal::TenantKey key({}, Secret::of(std::string(32, 'a')), system_random()), other({}, Secret::of(std::string(32, 'b')), system_random());
  const Id last = *Id::parse("018f3f6e-0000-7000-8000-000000000001");
  const auto cursor = cursor_to(key, "users by name", {7, last}, 1000);
  const auto read = position_in(key, "users by name", cursor, 1000 + cursor_life_s);
  REQUIRE(read);
  CHECK(read->offset == 7);
  CHECK(read->after == last);
  CHECK(!position_in(key, "users by name", cursor_to(key, "users by name", {}, 1000), 1000)->after);
  const auto reason = [&](const Result<Position>& result) { return result ? std::string("fine") : std::string(result.error().reason.text()); };
  CHECK(reason(position_in(key, "users by name", cursor, 1001 + cursor_life_s)) == "cursor_expired");
  CHECK(reason(position_in(key, "users by mail", cursor, 1000)) == "cursor_malformed");
  CHECK(reason(position_in(other, "users by name", cursor, 1000)) == "cursor_malformed");
  CHECK(reason(position_in(key, "users by name", "8" + cursor.substr(1), 1000)) == "cursor_malformed");
  for (const char* bad : {"", ".", "...", "7", "7.8.9", "-1.9999999999..x"}) CHECK(reason(position_in(key, "users by name", bad, 1000)) == "cursor_malformed");
}

}  // namespace
}  // namespace kidoban::scim
