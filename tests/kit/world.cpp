#include "kit/world.h"

#include <cstdio>
#include <cstdlib>

namespace kidoban::kit {

Time ManualClock::now() const {
  std::lock_guard lock(mutex_);
  return at_;
}

void ManualClock::set(Time at) {
  std::lock_guard lock(mutex_);
  at_ = at;
}

void ManualClock::advance(Duration by) {
  std::lock_guard lock(mutex_);
  at_ += by;
}

namespace {

std::uint64_t seed() {
  static const std::uint64_t chosen = [] {
    const char* given = std::getenv("KIDOBAN_TEST_SEED");
    const std::uint64_t value = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    std::fprintf(stderr, "KIDOBAN_TEST_SEED=%llu\n", static_cast<unsigned long long>(value));
    return value;
  }();
  return chosen;
}

}  // namespace

SeededRandom::SeededRandom() : engine_(seed()) {}

void SeededRandom::fill(std::span<std::uint8_t> out) {
  std::lock_guard lock(mutex_);
  for (auto& byte : out) byte = static_cast<std::uint8_t>(engine_() >> 56);
}

}  // namespace kidoban::kit
