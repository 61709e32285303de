#include "provisioning/scim_server/cursor.h"

#include "base/secret.h"
#include "base/text.h"

namespace kidoban::scim {

namespace {

std::string proof_of(const seal::TenantKey& key, std::string_view query, std::string_view place) {
  return base64url(key.mac("scim.cursor", std::string(place) + "\n" + std::string(query)));
}

}  // namespace

std::string cursor_to(const seal::TenantKey& key, std::string_view query, const Position& position, std::int64_t now_s) {
  const std::string place = std::to_string(position.offset) + "." + std::to_string(now_s + cursor_life_s) + "." + (position.after ? position.after->text() : "");
  return place + "." + proof_of(key, query, place);
}

Result<Position> position_in(const seal::TenantKey& key, std::string_view query, std::string_view cursor, std::int64_t now_s) {
  const auto parts = split(cursor, '.');
  const auto malformed = [] { return fail(Kind::malformed, "cursor_malformed"); };
  if (parts.size() != 4) return malformed();
  const auto offset = to_integer(parts[0]), until = to_integer(parts[1]);
  const std::string place = std::string(parts[0]) + "." + std::string(parts[1]) + "." + std::string(parts[2]);
  if (!offset || !until || *offset < 0 || !constant_time_equal(proof_of(key, query, place), parts[3])) return malformed();
  if (*until < now_s) return fail(Kind::malformed, "cursor_expired");
  Position out{static_cast<std::size_t>(*offset), std::nullopt};
  if (!parts[2].empty()) out.after = TRY(Id::parse(parts[2]));
  return out;
}

}  // namespace kidoban::scim
