#pragma once
// Time comes from here and from nowhere else, so that a test can move it.

#include <chrono>
#include <cstdint>

namespace kidoban {

using Duration = std::chrono::microseconds;
using Time = std::chrono::sys_time<Duration>;  // UTC, microseconds since 1970; stored as BIGINT

constexpr std::int64_t to_us(Time t) { return t.time_since_epoch().count(); }
constexpr Time from_us(std::int64_t us) { return Time(Duration(us)); }
// Whole seconds since 1970, as JWT's NumericDate (RFC 7519 §2) wants them.
constexpr std::int64_t to_s(Time t) {
  return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
}

// Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

const Clock& system_clock();

}  // namespace kidoban
