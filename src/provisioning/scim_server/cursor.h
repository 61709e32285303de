#pragma once
// A cursor (RFC 9865): where in which query a page begins, and until when that holds; ours alone can be read back.

#include <optional>
#include <string>
#include <string_view>

#include "seal/seal.h"

namespace kidoban::scim {

constexpr std::int64_t cursor_life_s = 3600;

// How many came before, and where they are in the order of their making, the last of them.
struct Position {
  std::size_t offset = 0;
  std::optional<Id> after;
};

// `query` is everything that the pages must have in common.
std::string cursor_to(const seal::TenantKey& key, std::string_view query, const Position& position, std::int64_t now_s);
// malformed/"cursor_malformed", malformed/"cursor_expired".
Result<Position> position_in(const seal::TenantKey& key, std::string_view query, std::string_view cursor, std::int64_t now_s);

}  // namespace kidoban::scim
