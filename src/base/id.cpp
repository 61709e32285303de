#include "base/id.h"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "base/text.h"

namespace kidoban {

std::string Id::text() const {
  const std::string h = hex(bytes);
  return h.substr(0, 8) + "-" + h.substr(8, 4) + "-" + h.substr(12, 4) + "-" + h.substr(16, 4) + "-" +
         h.substr(20);
}

Result<Id> Id::parse(std::string_view text) {
  if (text.size() != 36) return fail(Kind::malformed, "id_malformed");
  std::array<char, 32> digits;
  std::size_t n = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash != (text[i] == '-')) return fail(Kind::malformed, "id_malformed");
    if (!dash) digits[n++] = text[i];
  }
  auto raw = unhex({digits.data(), digits.size()});
  if (!raw) return fail(Kind::malformed, "id_malformed");
  return from_bytes(*raw);
}

Result<Id> Id::from_bytes(std::span<const std::uint8_t> raw) {
  Id id;
  if (raw.size() != id.bytes.size()) return fail(Kind::malformed, "id_malformed");
  std::copy(raw.begin(), raw.end(), id.bytes.begin());
  return id;
}

namespace {

// The 60 bits of time that the next id carries: the clock's, or one more than the last id's while the clock stands or lags
// behind what it lent (method 3 of RFC 9562 §6.2, with the counter of method 2 where two ids meet in a quarter of a
// microsecond). A clock that was set back is followed.
std::uint64_t time_of_next_id(std::uint64_t now) {
  static std::mutex mutex;
  static std::uint64_t seen = 0, given = 0;
  const std::lock_guard lock(mutex);
  given = now < seen || now > given ? now : given + 1;
  seen = now;
  return given;
}

}  // namespace

Id new_id(const Clock& clock, Random& random) {
  Id id;
  random.fill(std::span(id.bytes).subspan(8));
  const auto us = static_cast<std::uint64_t>(to_us(clock.now()));
  // 1000 microseconds spread over 12 bits.
  const std::uint64_t time = time_of_next_id((us / 1000) << 12 | us % 1000 * 4096 / 1000);
  for (std::size_t i = 0; i < 6; ++i) id.bytes[i] = static_cast<std::uint8_t>(time >> (52 - 8 * i));
  id.bytes[6] = static_cast<std::uint8_t>(0x70 | (time >> 8 & 0x0f));
  id.bytes[7] = static_cast<std::uint8_t>(time);
  id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3f));
  return id;
}

}  // namespace kidoban

std::size_t std::hash<kidoban::Id>::operator()(const kidoban::Id& id) const noexcept {
  std::size_t tail;  // the random half: the best-spread bits
  std::memcpy(&tail, id.bytes.data() + 8, sizeof tail);
  return tail;
}
