#pragma once
// A bounded map that forgets the least recently used, and whatever is older than its time to live.
// Sharded so that readers of different keys seldom meet. Any thread. Values are shared and const:
// what a reader holds stays whole while another thread replaces it.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace kidoban::runtime {

template <class Key, class T, class Hash = std::hash<Key>>
class Cache {
 public:
  using Steady = std::chrono::steady_clock;
  using Pointer = std::shared_ptr<const T>;

  Cache(std::size_t capacity, Steady::duration time_to_live)
      : shard_capacity_(std::max<std::size_t>(1, capacity / shards)), ttl_(time_to_live) {}

  Pointer get(const Key& key) {
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.map.find(key);
    if (found == shard.map.end()) return nullptr;
    if (found->second->until <= Steady::now()) {
      shard.order.erase(found->second);
      shard.map.erase(found);
      return nullptr;
    }
    shard.order.splice(shard.order.begin(), shard.order, found->second);
    return found->second->value;
  }

  void put(const Key& key, Pointer value) {
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    if (const auto found = shard.map.find(key); found != shard.map.end()) {
      shard.order.erase(found->second);
      shard.map.erase(found);
    }
    shard.order.push_front(Entry{key, std::move(value), Steady::now() + ttl_});
    shard.map.emplace(key, shard.order.begin());
    if (shard.order.size() > shard_capacity_) {
      shard.map.erase(shard.order.back().key);
      shard.order.pop_back();
    }
  }

  void forget(const Key& key) {
    Shard& shard = shard_of(key);
    const std::lock_guard lock(shard.mutex);
    if (const auto found = shard.map.find(key); found != shard.map.end()) {
      shard.order.erase(found->second);
      shard.map.erase(found);
    }
  }

 private:
  static constexpr std::size_t shards = 16;
  struct Entry {
    Key key;
    Pointer value;
    Steady::time_point until;
  };
  struct Shard {
    std::mutex mutex;
    std::list<Entry> order;  // most recently used first
    std::unordered_map<Key, typename std::list<Entry>::iterator, Hash> map;
  };
  Shard& shard_of(const Key& key) { return shards_[Hash{}(key) % shards]; }

  std::size_t shard_capacity_;
  Steady::duration ttl_;
  std::array<Shard, shards> shards_;
};

}  // namespace kidoban::runtime
