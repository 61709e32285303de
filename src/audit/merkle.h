#pragma once
// A Merkle tree as RFC 9162 §2.1 has it, over hashes kept in tiles of 256, so that a root, a proof or an append reads a few
// tiles however large the tree is. One thread.

#include <cstdint>
#include <functional>
#include <map>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/hash.h"

namespace kidoban::audit {

using crypto::Digest;

Digest leaf_hash(std::string_view bytes);                        // SHA-256(0x00 ‖ bytes)
Digest node_hash(const Digest& left, const Digest& right);       // SHA-256(0x01 ‖ left ‖ right)
Digest empty_root();                                             // SHA-256 of nothing

// Level 0 has the hashes of leaves, level n + 1 the roots of level n's whole tiles.
struct TileName {
  std::int64_t level, number;
  friend auto operator<=>(const TileName&, const TileName&) = default;
};
using Tile = std::vector<Digest>;
constexpr std::int64_t tile_width = 256;
constexpr std::int64_t tile_bits = 8;

// The root of a tile's first 2^n hashes, or of any number of leaves.
Digest root_of(std::span<const Digest> leaves);

// How many hashes a tile has in a tree of `size` leaves.
std::int64_t tile_length(const TileName& name, std::int64_t size);

class Tree {
 public:
  // `load` answers a stored tile; one with fewer hashes than `size` asks for is internal/"audit_tree_damaged".
  using Load = std::function<Result<Tile>(const TileName&)>;
  Tree(std::int64_t size, Load load) : size_(size), load_(std::move(load)) {}

  std::int64_t size() const { return size_; }
  Status append(const Digest& leaf);
  // Tiles that appending changed.
  const std::map<TileName, Tile>& changed() const { return changed_; }

  // The root of the first `size` leaves (RFC 9162 §2.1.1). `size` is at most size().
  Result<Digest> root(std::int64_t size);
  // RFC 9162 §2.1.3.1: 0 <= position < size <= size().
  Result<std::vector<Digest>> inclusion(std::int64_t position, std::int64_t size);
  // RFC 9162 §2.1.4.1: 0 < first <= size <= size().
  Result<std::vector<Digest>> consistency(std::int64_t first, std::int64_t size);

 private:
  Result<const Tile*> tile(const TileName& name);
  Status push(std::int64_t level, std::int64_t index, const Digest& hash);
  Result<Digest> range(std::int64_t begin, std::int64_t end);
  Status add_inclusion(std::vector<Digest>& path, std::int64_t position, std::int64_t begin, std::int64_t end);
  Status add_consistency(std::vector<Digest>& path, std::int64_t first, std::int64_t begin, std::int64_t end, bool known);

  std::int64_t size_;
  Load load_;
  std::map<TileName, Tile> changed_, read_;
};

// The root of a tree that is walked from its first leaf on.
class Frontier {
 public:
  void push(Digest leaf);
  std::int64_t size() const { return size_; }
  Digest root() const;

 private:
  std::int64_t size_ = 0;
  std::vector<Digest> peaks_;  // of whole subtrees, the largest first
};

}  // namespace kidoban::audit
