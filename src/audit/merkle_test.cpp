#include "audit/merkle.h"

#include <doctest/doctest.h>

#include "base/text.h"

namespace kidoban::audit {
namespace {

std::string as_hex(const Digest& hash) { return hex(hash); }

Digest leaf(std::int64_t i) { return leaf_hash("leaf " + std::to_string(i)); }

struct Kept {
  std::map<TileName, Tile> tiles;
  std::int64_t size = 0;
  Tree tree() {
    return {size, [this](const TileName& name) -> Result<Tile> { return tiles.contains(name) ? tiles.at(name) : Tile(); }};
  }
  void append(std::int64_t count) {
    auto grown = tree();
    for (std::int64_t i = 0; i < count; ++i) REQUIRE(grown.append(leaf(size + i)));
    for (const auto& [name, tile] : grown.changed()) tiles[name] = tile;
    size += count;
  }
};

// RFC 9162 §2.1.3.2.
bool includes(std::int64_t position, std::int64_t size, Digest hash, std::span<const Digest> path, const Digest& root) {
  std::int64_t fn = position, sn = size - 1;
  for (const Digest& next : path) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      hash = node_hash(next, hash);
      while ((fn & 1) == 0 && fn != 0) fn >>= 1, sn >>= 1;
    } else {
      hash = node_hash(hash, next);
    }
    fn >>= 1, sn >>= 1;
  }
  return sn == 0 && hash == root;
}

// RFC 9162 §2.1.4.2.
bool consistent(std::int64_t first, std::int64_t second, const Digest& first_root, const Digest& second_root, std::vector<Digest> path) {
  if (first == second) return path.empty() && first_root == second_root;
  if ((first & (first - 1)) == 0) path.insert(path.begin(), first_root);
  if (path.empty()) return false;
  std::int64_t fn = first - 1, sn = second - 1;
  while ((fn & 1) != 0) fn >>= 1, sn >>= 1;
  Digest fr = path.front(), sr = path.front();
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      fr = node_hash(path[i], fr);
      sr = node_hash(path[i], sr);
      while ((fn & 1) == 0 && fn != 0) fn >>= 1, sn >>= 1;
    } else {
      sr = node_hash(sr, path[i]);
    }
    fn >>= 1, sn >>= 1;
  }
  return sn == 0 && fr == first_root && sr == second_root;
}

TEST_CASE("roots are those of Certificate Transparency's test vectors") {
  const std::array<std::string_view, 8> inputs{"", std::string_view("\0", 1), "\x10", "\x20\x21", "\x30\x31", "\x40\x41\x42\x43",
                                               "\x50\x51\x52\x53\x54\x55\x56\x57", "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"};
  Frontier frontier;
  CHECK(as_hex(frontier.root()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  std::vector<std::string> roots;
  for (const std::string_view input : inputs) {
    frontier.push(leaf_hash(input));
    roots.push_back(as_hex(frontier.root()));
  }
  CHECK(roots[0] == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  CHECK(roots[1] == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
  CHECK(roots[2] == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77");
  CHECK(roots[7] == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
}

TEST_CASE("roots and proofs from tiles are those of the leaves, however the tree grew") {
  Kept kept;
  std::vector<Digest> leaves;
  std::map<std::int64_t, Digest> roots;
  for (const std::int64_t step : {1, 1, 2, 3, 120, 128, 1, 1, 255, 256, 700, 5, 1000, 64000, 700}) {
    kept.append(step);
    while (static_cast<std::int64_t>(leaves.size()) < kept.size) leaves.push_back(leaf(static_cast<std::int64_t>(leaves.size())));
    const auto root = kept.tree().root(kept.size);
    REQUIRE(root);
    CHECK(*root == root_of(leaves));
    roots[kept.size] = *root;
  }
  REQUIRE(kept.size == 67173);
  auto tree = kept.tree();
  const Digest now = roots.at(kept.size);
  for (const auto& [size, root] : roots) {
    CHECK(*tree.root(size) == root);
    const auto path = tree.consistency(size, kept.size);
    REQUIRE(path);
    CHECK(consistent(size, kept.size, root, now, *path));
    if (size > 1) CHECK_FALSE(consistent(size - 1, kept.size, root, now, *path));
    for (const std::int64_t position : {std::int64_t{0}, size / 3, size - 1}) {
      const auto proof = tree.inclusion(position, size);
      REQUIRE(proof);
      CHECK(includes(position, size, leaf(position), *proof, root));
      CHECK_FALSE(includes(position, size, leaf(position + 1), *proof, root));
      CHECK(proof->size() <= 17);
    }
  }
}

TEST_CASE("a tile that lost hashes is damage, not a smaller tree") {
  Kept kept;
  kept.append(300);
  kept.tiles[{0, 1}].pop_back();
  const auto root = kept.tree().root(300);
  REQUIRE_FALSE(root);
  CHECK(root.error().reason == "audit_tree_damaged");
  auto tree = kept.tree();
  CHECK_FALSE(tree.append(leaf(300)));
}

}  // namespace
}  // namespace kidoban::audit
