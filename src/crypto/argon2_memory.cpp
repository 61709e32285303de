#include "crypto/argon2_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <mutex>
#include <thread>
#include <vector>

namespace kidoban::crypto {

namespace {

// An import with another cost comes seldom, and is given back at once.
constexpr std::size_t most_kept_bytes = 64 * 1024 * 1024;

struct Block {
  std::uint8_t* at;
  std::size_t bytes;
  bool used;  // since the last trim
};

std::mutex mutex;
std::vector<Block>& kept() {
  static std::vector<Block> blocks;
  return blocks;
}

}  // namespace

int take_argon2_memory(std::uint8_t** block, std::size_t bytes) {
  {
    const std::scoped_lock lock(mutex);
    // The last given back first: the others may then be given up.
    const auto last = std::find_if(kept().rbegin(), kept().rend(), [&](const Block& one) { return one.bytes == bytes; });
    const auto found = last == kept().rend() ? kept().end() : std::prev(last.base());
    if (found != kept().end()) {
      *block = found->at;
      kept().erase(found);
      return 0;
    }
  }
  void* fresh = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *block = fresh == MAP_FAILED ? nullptr : static_cast<std::uint8_t*>(fresh);
  return *block == nullptr ? -1 : 0;
}

void give_back_argon2_memory(std::uint8_t* block, std::size_t bytes) {
  if (block == nullptr) return;
  static const std::size_t most_kept = std::max(1U, std::thread::hardware_concurrency());
  {
    const std::scoped_lock lock(mutex);
    if (kept().size() < most_kept && bytes <= most_kept_bytes) {
      kept().push_back({block, bytes, true});
      return;
    }
  }
  ::munmap(block, bytes);
}

void trim_argon2_memory() {
  const std::scoped_lock lock(mutex);
  std::erase_if(kept(), [](const Block& block) {
    if (!block.used) ::munmap(block.at, block.bytes);
    return !block.used;
  });
  for (Block& block : kept()) block.used = false;
}

}  // namespace kidoban::crypto
