#pragma once
// A cursor (RFC 9865): where in which query a page begins, and until when that holds. Sealed, since what people are sorted by is
// personal and a cursor travels in URLs; bound to its query and tenant by what it is sealed to.

#include <optional>
#include <string>
#include <string_view>

#include "search/order.h"
#include "seal/seal.h"

namespace kidoban::search {

constexpr std::int64_t cursor_life_s = 3600;

// How many came before, and where the last of them stands.
struct Position {
  std::size_t offset = 0;
  std::optional<Standing> after{};
};

// `query` is everything that the pages must have in common.
std::string cursor_to(const seal::TenantKey& key, std::string_view query, const Position& position, std::int64_t now_s);
// malformed/"cursor_malformed", malformed/"cursor_expired".
Result<Position> position_in(const seal::TenantKey& key, std::string_view query, std::string_view cursor, std::int64_t now_s);

}  // namespace kidoban::search
