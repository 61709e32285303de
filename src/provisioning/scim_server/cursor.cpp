#include "provisioning/scim_server/cursor.h"

#include "base/secret.h"
#include "base/text.h"

namespace kidoban::scim {

namespace {

std::string proof_of(const seal::TenantKey& key, std::string_view query, std::string_view place) {
  return base64url(key.mac("scim.cursor", std::string(place) + "\n" + std::string(query)));
}

}  // namespace

std::string cursor_to(const seal::TenantKey& key, std::string_view query, std::size_t offset, std::int64_t now_s) {
  const std::string place = std::to_string(offset) + "." + std::to_string(now_s + cursor_life_s);
  return place + "." + proof_of(key, query, place);
}

Result<std::size_t> offset_in(const seal::TenantKey& key, std::string_view query, std::string_view cursor, std::int64_t now_s) {
  const auto parts = split(cursor, '.');
  const auto malformed = [] { return fail(Kind::malformed, "cursor_malformed"); };
  if (parts.size() != 3) return malformed();
  const auto offset = to_integer(parts[0]), until = to_integer(parts[1]);
  const std::string place = std::string(parts[0]) + "." + std::string(parts[1]);
  if (!offset || !until || *offset < 0 || !constant_time_equal(proof_of(key, query, place), parts[2])) return malformed();
  if (*until < now_s) return fail(Kind::malformed, "cursor_expired");
  return static_cast<std::size_t>(*offset);
}

}  // namespace kidoban::scim
