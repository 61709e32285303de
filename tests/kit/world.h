#pragma once
// What tests share: a clock and randomness they move, and a fresh store on each engine.

#include <functional>
#include <mutex>
#include <random>

#include "base/clock.h"
#include "base/random.h"
#include "seal/seal.h"
#include "store/migrate.h"
#include "store/store.h"

namespace kidoban::kit {

class ManualClock final : public Clock {
 public:
  Time now() const override;
  void set(Time at);
  void advance(Duration by);

 private:
  mutable std::mutex mutex_;
  Time at_ = from_us(1'800'000'000'000'000);
};

// Seeded: the seed is printed at the start of the test program and taken from KIDOBAN_TEST_SEED.
class SeededRandom final : public Random {
 public:
  SeededRandom();
  void fill(std::span<std::uint8_t> out) override;

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

// A root key in memory.
std::unique_ptr<seal::RootKey> make_root_key(Random& random);

// Runs `body` on a fresh, migrated store of each engine (a doctest SUBCASE for each is not needed: the
// engine's name is in INFO). PostgreSQL 15 is started once a test program in a temporary folder, on a
// Unix socket only, as an unprivileged user with a role that row-level security binds, and stopped at the end.
void each_engine(std::span<const store::Feature> features,
                 const std::function<void(store::Store&)>& body);

}  // namespace kidoban::kit
