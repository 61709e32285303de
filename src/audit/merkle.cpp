#include "audit/merkle.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/require.h"

namespace kidoban::audit {

namespace {

// The largest power of two smaller than `size` (RFC 9162 §2.1.1), for sizes above one.
std::int64_t split_of(std::int64_t size) { return static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(size - 1))); }

bool is_whole(std::int64_t size) { return std::has_single_bit(static_cast<std::uint64_t>(size)); }

}  // namespace

Digest leaf_hash(std::string_view bytes) {
  std::string input(1, '\0');
  input += bytes;
  return crypto::sha256(input);
}

Digest node_hash(const Digest& left, const Digest& right) {
  std::array<std::uint8_t, 65> input;
  input[0] = 1;
  std::ranges::copy(left, input.begin() + 1);
  std::ranges::copy(right, input.begin() + 33);
  return crypto::sha256(std::span<const std::uint8_t>(input));
}

Digest empty_root() { return crypto::sha256(std::string_view()); }

Digest root_of(std::span<const Digest> leaves) {
  if (leaves.empty()) return empty_root();
  if (leaves.size() == 1) return leaves.front();
  const auto split = static_cast<std::size_t>(split_of(static_cast<std::int64_t>(leaves.size())));
  return node_hash(root_of(leaves.first(split)), root_of(leaves.subspan(split)));
}

std::int64_t tile_length(const TileName& name, std::int64_t size) {
  const std::int64_t hashes = size >> (tile_bits * name.level);
  return std::clamp<std::int64_t>(hashes - name.number * tile_width, 0, tile_width);
}

Result<const Tile*> Tree::tile(const TileName& name) {
  if (const auto found = changed_.find(name); found != changed_.end()) return &found->second;
  if (const auto found = read_.find(name); found != read_.end()) return &found->second;
  Tile loaded = TRY(load_(name));
  const auto wanted = static_cast<std::size_t>(tile_length(name, size_));
  if (loaded.size() < wanted) {
    return fail(Kind::internal, "audit_tree_damaged",
                "tile " + std::to_string(name.number) + " of level " + std::to_string(name.level) + " is incomplete");
  }
  loaded.resize(wanted);
  return &read_.emplace(name, std::move(loaded)).first->second;
}

Status Tree::push(std::int64_t level, std::int64_t index, const Digest& hash) {
  const TileName name{level, index / tile_width};
  if (!changed_.contains(name)) {
    Tile before;
    if (index % tile_width != 0) before = *TRY(tile(name));
    read_.erase(name);
    changed_.emplace(name, std::move(before));
  }
  Tile& hashes = changed_.at(name);
  hashes.push_back(hash);
  if (hashes.size() < tile_width) return {};
  return push(level + 1, name.number, root_of(hashes));
}

Status Tree::append(const Digest& leaf) {
  TRY(push(0, size_, leaf));
  ++size_;
  return {};
}

Result<Digest> Tree::range(std::int64_t begin, std::int64_t end) {
  const std::int64_t size = end - begin;
  if (!is_whole(size)) {
    const std::int64_t middle = begin + split_of(size);
    const Digest left = TRY(range(begin, middle));
    return node_hash(left, TRY(range(middle, end)));
  }
  // A whole subtree: some neighbours within one tile.
  const auto height = static_cast<std::int64_t>(std::countr_zero(static_cast<std::uint64_t>(size)));
  const std::int64_t level = height / tile_bits, first = begin >> (level * tile_bits);
  const Tile& hashes = *TRY(tile({level, first / tile_width}));
  const auto offset = static_cast<std::size_t>(first % tile_width), count = std::size_t{1} << (height % tile_bits);
  if (offset + count > hashes.size()) return fail(Kind::internal, "audit_tree_damaged", "a tile is incomplete");
  return root_of(std::span(hashes).subspan(offset, count));
}

Result<Digest> Tree::root(std::int64_t size) {
  require(size >= 0 && size <= size_, "a root within the tree");
  if (size == 0) return empty_root();
  return range(0, size);
}

Status Tree::add_inclusion(std::vector<Digest>& path, std::int64_t position, std::int64_t begin, std::int64_t end) {
  if (end - begin == 1) return {};
  const std::int64_t middle = begin + split_of(end - begin);
  if (position < middle) {
    TRY(add_inclusion(path, position, begin, middle));
    path.push_back(TRY(range(middle, end)));
  } else {
    TRY(add_inclusion(path, position, middle, end));
    path.push_back(TRY(range(begin, middle)));
  }
  return {};
}

Result<std::vector<Digest>> Tree::inclusion(std::int64_t position, std::int64_t size) {
  require(position >= 0 && position < size && size <= size_, "a leaf within the tree");
  std::vector<Digest> path;
  TRY(add_inclusion(path, position, 0, size));
  return path;
}

Status Tree::add_consistency(std::vector<Digest>& path, std::int64_t first, std::int64_t begin, std::int64_t end, bool known) {
  if (first == end - begin) {
    if (!known) path.push_back(TRY(range(begin, end)));
    return {};
  }
  const std::int64_t split = split_of(end - begin), middle = begin + split;
  if (first <= split) {
    TRY(add_consistency(path, first, begin, middle, known));
    path.push_back(TRY(range(middle, end)));
  } else {
    TRY(add_consistency(path, first - split, middle, end, false));
    path.push_back(TRY(range(begin, middle)));
  }
  return {};
}

Result<std::vector<Digest>> Tree::consistency(std::int64_t first, std::int64_t size) {
  require(first > 0 && first <= size && size <= size_, "trees within the tree");
  std::vector<Digest> path;
  TRY(add_consistency(path, first, 0, size, true));
  return path;
}

void Frontier::push(Digest leaf) {
  // As many whole subtrees end here as the size has trailing ones.
  for (auto rest = static_cast<std::uint64_t>(size_); (rest & 1) != 0; rest >>= 1) {
    leaf = node_hash(peaks_.back(), leaf);
    peaks_.pop_back();
  }
  peaks_.push_back(leaf);
  ++size_;
}

Digest Frontier::root() const {
  if (peaks_.empty()) return empty_root();
  Digest root = peaks_.back();
  for (std::size_t i = peaks_.size() - 1; i-- > 0;) root = node_hash(peaks_[i], root);
  return root;
}

}  // namespace kidoban::audit
