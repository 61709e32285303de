#pragma once
// Id: a UUID version 7 (RFC 9562 §5.7), made by us and never by the store. Its first 48 bits are
// milliseconds, so that rows made one after another stand side by side in every index.

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"

namespace kidoban {

struct Id {
  std::array<std::uint8_t, 16> bytes{};

  // 36 characters, lower case: 018f3f6e-....
  std::string text() const;
  // The canonical 36-character form only; malformed/"id_malformed" otherwise.
  static Result<Id> parse(std::string_view text);
  // From 16 bytes; malformed/"id_malformed" for any other length.
  static Result<Id> from_bytes(std::span<const std::uint8_t> raw);

  bool is_nil() const { return *this == Id{}; }
  std::span<const std::uint8_t> span() const { return bytes; }
  friend auto operator<=>(const Id&, const Id&) = default;
};

// Time-ordered: the 12 bits after the milliseconds hold the fraction of the millisecond (RFC 9562 §6.2, method 3), the rest
// is random. Of two ids made by this process the later is the greater, unless the clock was set back between them.
Id new_id(const Clock& clock, Random& random);

// A tenant's id is a type of its own: it can't be handed where a person's is wanted, nor the
// other way round.
struct TenantId {
  Id id;
  std::string text() const { return id.text(); }
  friend auto operator<=>(const TenantId&, const TenantId&) = default;
};

}  // namespace kidoban

template <>
struct std::hash<kidoban::Id> {
  std::size_t operator()(const kidoban::Id& id) const noexcept;
};
template <>
struct std::hash<kidoban::TenantId> {
  std::size_t operator()(const kidoban::TenantId& t) const noexcept { return std::hash<kidoban::Id>{}(t.id); }
};
