#pragma once
// When an answer stops being of use to anyone. Handed from the request to the store and to calls
// outside. Measured on the steady clock, since it is a length and not a date.

#include <chrono>

namespace kidoban::runtime {

class Deadline {
 public:
  using Steady = std::chrono::steady_clock;
  static Deadline after(Steady::duration length) { return Deadline(Steady::now() + length); }
  static Deadline never() { return Deadline(Steady::time_point::max()); }

  bool passed() const { return Steady::now() >= at_; }
  Steady::time_point at() const { return at_; }
  Steady::duration left() const {
    const auto now = Steady::now();
    return at_ <= now ? Steady::duration::zero() : at_ - now;
  }

 private:
  explicit Deadline(Steady::time_point at) : at_(at) {}
  Steady::time_point at_;
};

}  // namespace kidoban::runtime
