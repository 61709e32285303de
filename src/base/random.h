#pragma once
// Randomness comes from here and from nowhere else, so that a test can seed it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace kidoban {

// Any thread.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;

  template <std::size_t N>
  std::array<std::uint8_t, N> bytes() {
    std::array<std::uint8_t, N> out;
    fill(out);
    return out;
  }
};

// getrandom(2): the kernel's generator. Never fails: a kernel that can't is fatal.
Random& system_random();

}  // namespace kidoban
