#include "audit/verification.h"

#include <algorithm>
#include <exception>
#include <map>

#include "audit/tree_store.h"
#include "base/text.h"

namespace kidoban::audit {

namespace {

constexpr std::int64_t heads_at_once = 1000, unsealed_at_once = 500;

runtime::Deadline soon() { return runtime::Deadline::after(std::chrono::seconds(30)); }

// Says nothing about what is kept: the store or the key can't be had at the moment.
bool is_passing(const Error& error) { return error.kind == Kind::unavailable || error.kind == Kind::sealed; }

// One walk through a tenant's tree. Ends at the first finding.
class Walk {
 public:
  Walk(store::Store& store, seal::Keyring& keyring, TenantId tenant, std::vector<crypto::SigningKey> keys)
      : store_(store), keyring_(keyring), tenant_(tenant), keys_(std::move(keys)) {}

  Result<Verdict> go(const std::vector<std::string>& retained);

 private:
  struct Claim {
    Head head;
    bool retained;
  };
  // What stands at one tile's length of the tree.
  struct Stretch {
    TreeRow tree;
    std::vector<Digest> hashes;
    std::vector<Id> ids;
    std::multimap<std::int64_t, StoredRecord> records;
  };

  void find(std::string what, std::string note, std::optional<std::int64_t> position = {}, std::optional<Id> record = {}) {
    if (!out_.first_bad) out_.first_bad = Finding{std::move(what), std::move(note), position, record};
  }
  bool found() const { return out_.first_bad.has_value(); }

  Status read_heads(const std::vector<std::string>& retained);
  Result<Stretch> read_stretch(std::int64_t tile);
  Status read_one_by_one(Stretch& stretch, std::int64_t first);
  Status check_stretch(const Stretch& stretch, std::int64_t first);
  Status check_record(const StoredRecord& record, const Digest& leaf, std::int64_t position);
  Status check_mark(const StoredRecord& record);
  Status name_missing(const Stretch& stretch, std::int64_t position, const Id& expected);
  void check_claims();
  Status check_tiles_above(std::int64_t level, const Digest& whole_tile);
  Status check_unfinished_tiles();
  Status check_tile(const TileName& name, const Tile& ours);
  Status check_outside();
  Status check_unsealed();

  template <class Body>
  auto read(const Body& body) { return store_.read(tenant_, soon(), body); }

  store::Store& store_;
  seal::Keyring& keyring_;
  TenantId tenant_;
  std::vector<crypto::SigningKey> keys_;
  Verdict out_;
  TreeRow tree_;
  std::multimap<std::int64_t, Claim> claims_;    // by size
  std::int64_t signed_retired_ = 0;
  Frontier leaves_, records_;                    // as the tiles have it, and as the records say
  bool records_whole_ = true;                    // none was retired so far
  std::optional<std::int64_t> leaf_differs_;     // a record's hash isn't its leaf
  std::optional<Id> differs_id_;
  std::map<std::int64_t, Tile> above_;           // unfinished tiles by level, made anew
  std::map<std::int64_t, std::int64_t> above_number_;
  std::int64_t last_good_ = 0;                   // the size of the last head that agreed
};

Status Walk::read_heads(const std::vector<std::string>& retained) {
  Head latest;
  for (std::int64_t after = 0;;) {
    const auto rows = TRY(read([&](store::Transaction& tx) { return list_heads(tx, after, heads_at_once); }));
    for (const HeadRow& row : rows) {
      const auto head = open_head(row.jws, tenant_, keys_);
      if (!head) return find("head_forged", "head " + std::to_string(row.number) + ": " + head.error().note), Status();
      if (head->number != row.number || head->tree_size != row.tree_size || head->at != row.at || head->tree_size < latest.tree_size ||
          head->retired < latest.retired) {
        return find("head_forged", "head " + std::to_string(row.number) + " isn't what it is signed as, or stands out of order"), Status();
      }
      // Those that were made while we look are another time's.
      if (head->number > tree_.heads) break;
      latest = *head;
      claims_.emplace(head->tree_size, Claim{*head, false});
      ++out_.heads;
    }
    if (rows.size() < heads_at_once) break;
    after = rows.back().number;
  }
  if (latest.number != tree_.heads || latest.tree_size != tree_.size || latest.retired != tree_.retired) {
    find("tree_changed", "the tree says " + std::to_string(tree_.size) + " records and " + std::to_string(tree_.heads) +
                             " heads, the newest signed head " + std::to_string(latest.tree_size) + " and " + std::to_string(latest.number));
  }
  signed_retired_ = latest.retired;
  for (const std::string& jws : retained) {
    const auto head = open_head(jws, tenant_, keys_);
    if (!head) return find("head_contradicted", "a head that was handed in can't be verified: " + head.error().note), Status();
    if (head->tree_size > tree_.size) {
      find("head_contradicted", "a head that was handed in has " + std::to_string(head->tree_size) + " records, the store has " +
                                    std::to_string(tree_.size) + ": the end was removed", tree_.size);
      return {};
    }
    claims_.emplace(head->tree_size, Claim{*head, true});
  }
  return {};
}

// A record that can't even be read (a damaged page, a value of another type) is named by reading its neighbours alone.
Status Walk::read_one_by_one(Stretch& stretch, std::int64_t first) {
  stretch.records.clear();
  for (std::size_t i = 0; i < stretch.ids.size(); ++i) {
    const std::int64_t position = first + static_cast<std::int64_t>(i);
    const Id& id = stretch.ids[i];
    std::string why;
    try {
      const auto record = read([&](store::Transaction& tx) { return find_record(tx, id); });
      if (record && *record) stretch.records.emplace((*record)->position.value_or(-1), **record);
      if (!record && is_passing(record.error())) return std::unexpected(record.error());
      if (!record) why = record.error().note + " ";
    } catch (const std::exception& thrown) {
      why = thrown.what();
    }
    if (!why.empty()) return find("record_unreadable", "the record can't be read: " + why, position, id), Status();
  }
  return {};
}

Result<Walk::Stretch> Walk::read_stretch(std::int64_t tile) {
  Stretch out;
  const std::int64_t first = tile * tile_width, length = tile_length({0, tile}, tree_.size);
  const auto row = TRY(read([&](store::Transaction& tx) { return find_tile(tx, {0, tile}); }));
  const auto hashes = row ? hashes_of(row->hashes) : std::nullopt;
  const auto wanted = static_cast<std::size_t>(length);
  if (!hashes || hashes->size() < wanted || row->ids.size() < wanted * 16) {
    find("tile_changed", "the tree's hashes from position " + std::to_string(first) + " on aren't there", first);
    return out;
  }
  out.hashes.assign(hashes->begin(), hashes->begin() + length);
  for (std::size_t i = 0; i < wanted; ++i) out.ids.push_back(TRY(Id::from_bytes(as_bytes(row->ids).subspan(i * 16, 16))));
  const auto read_records = [&](store::Transaction& tx) -> Result<std::vector<StoredRecord>> {
    out.tree = TRY(find_tree(tx)).value_or(TreeRow{});
    if (out.tree.retired > signed_retired_) {  // retired while we look: the head must say so
      const auto head = TRY(latest_head(tx));
      const auto opened = head ? open_head(head->jws, tenant_, keys_) : Result<Head>(Head{});
      if (opened) signed_retired_ = std::max(signed_retired_, opened->retired);
    }
    return records_at(tx, first, first + length);
  };
  try {
    auto records = read(read_records);
    if (records) {
      for (StoredRecord& one : *records) {
        const auto position = *one.position;
        out.records.emplace(position, std::move(one));
      }
      return out;
    }
    if (is_passing(records.error())) return std::unexpected(records.error());
  } catch (const std::exception&) {  // a value of another type than its column's
  }
  TRY(read_one_by_one(out, first));
  return out;
}

Status Walk::name_missing(const Stretch& stretch, std::int64_t position, const Id& expected) {
  if (position < std::min(stretch.tree.retired, signed_retired_)) {
    ++out_.retired;
    records_whole_ = false;
    return {};
  }
  const auto elsewhere = TRY(read([&](store::Transaction& tx) { return find_record(tx, expected); }));
  if (elsewhere) {
    find("record_reordered", "the record isn't at its place in the tree", position, expected);
  } else {
    find("record_removed", "the record isn't there any more, and its time isn't over", position, expected);
  }
  return {};
}

Status Walk::check_mark(const StoredRecord& record) {
  const auto key = TRY(read([&](store::Transaction& tx) { return keyring_.of(tx); }));
  if (record.mark) {
    const auto mark = key->mac(mark_purpose, marked_bytes(tenant_, record));
    if (*record.mark != as_text(mark)) find("record_forged", "the record isn't as it was written, or it wasn't written by us", record.position, record.id);
    return {};
  }
  ++out_.unmarked;
  if (!key->open({"audit_records", "detail", record.id.span()}, record.detail)) {
    find("record_forged", "the record's detail doesn't open: it wasn't written by us", record.position, record.id);
  }
  return {};
}

Status Walk::check_record(const StoredRecord& record, const Digest& leaf, std::int64_t position) {
  const Digest ours = leaf_hash(leaf_bytes(tenant_, record));
  records_.push(ours);
  if (ours != leaf && !leaf_differs_) {
    leaf_differs_ = position;
    differs_id_ = record.id;
  }
  const std::int64_t unmarked = out_.unmarked;
  TRY(check_mark(record));
  if (record.mark || out_.unmarked != unmarked) ++out_.present;
  // A bad mark is a changed record, whoever changed the leaf with it.
  if (found() && out_.first_bad->what == "record_forged") out_.first_bad->what = "record_changed";
  return {};
}

Status Walk::check_stretch(const Stretch& stretch, std::int64_t first) {
  for (std::size_t i = 0; i < stretch.hashes.size() && !found(); ++i) {
    const std::int64_t position = first + static_cast<std::int64_t>(i);
    const Digest& leaf = stretch.hashes[i];
    const auto [begin, end] = stretch.records.equal_range(position);
    leaves_.push(leaf);
    if (begin == end) {
      TRY(name_missing(stretch, position, stretch.ids[i]));
    } else if (begin->second.id != stretch.ids[i]) {
      TRY(name_missing(stretch, position, stretch.ids[i]));
      if (!found()) find("record_forged", "a record stands where another was", position, begin->second.id);
    } else {
      TRY(check_record(begin->second, leaf, position));
      if (std::next(begin) != end && !found()) {
        find("record_forged", "two records stand at one place", position, std::next(begin)->second.id);
      }
    }
    check_claims();
  }
  if (found() || stretch.hashes.size() < tile_width) return {};
  return check_tiles_above(1, root_of(stretch.hashes));
}

// The heads of this size: what was signed against what stands here.
void Walk::check_claims() {
  const auto [begin, end] = claims_.equal_range(leaves_.size());
  if (begin == end || found()) return;
  const Digest leaves = leaves_.root();
  for (auto one = begin; one != end && !found(); ++one) {
    const Head& head = one->second.head;
    if (head.root == leaves) continue;
    // The leaves were changed. Where the records still make the signed root, they are whole, and only the tree's copy isn't.
    if (records_whole_ && head.root == records_.root()) {
      find("leaf_changed", "the record is whole, the tree's copy of its hash was altered", leaf_differs_, differs_id_);
    } else if (leaf_differs_) {
      find("record_changed", "the record isn't what was sealed", leaf_differs_, differs_id_);
    } else {
      find(one->second.retained ? "head_contradicted" : "records_rewritten",
           "records from position " + std::to_string(last_good_) + " to " + std::to_string(head.tree_size - 1) +
               " aren't those that the head of " + rfc3339(to_us(head.at)) + " was signed over", last_good_);
    }
    return;
  }
  if (leaf_differs_) find("record_changed", "the record isn't what was sealed", leaf_differs_, differs_id_);
  last_good_ = leaves_.size();
}

Status Walk::check_tile(const TileName& name, const Tile& ours) {
  const auto row = TRY(read([&](store::Transaction& tx) { return find_tile(tx, name); }));
  auto stored = row ? hashes_of(row->hashes) : std::nullopt;
  if (stored && stored->size() >= ours.size() && std::equal(ours.begin(), ours.end(), stored->begin())) return {};
  std::int64_t first = name.number;
  for (std::int64_t level = 0; level <= name.level; ++level) first *= tile_width;
  find("tile_changed", "tile " + std::to_string(name.number) + " of level " + std::to_string(name.level) + " isn't what its leaves make", first);
  return {};
}

Status Walk::check_tiles_above(std::int64_t level, const Digest& whole_tile) {
  Tile& tile = above_[level];
  tile.push_back(whole_tile);
  if (tile.size() < tile_width) return {};
  TRY(check_tile({level, above_number_[level]++}, tile));
  const Digest root = root_of(tile);
  tile.clear();
  return check_tiles_above(level + 1, root);
}

Status Walk::check_unfinished_tiles() {
  for (const auto& [level, tile] : above_) {
    if (!tile.empty() && !found()) TRY(check_tile({level, above_number_[level]}, tile));
  }
  return {};
}

Status Walk::check_outside() {
  const auto outside = TRY(read([&](store::Transaction& tx) -> Result<std::optional<Id>> {
    return record_outside(tx, TRY(find_tree(tx)).value_or(TreeRow{}).size);
  }));
  if (outside) find("record_forged", "the record stands outside of the tree", {}, outside);
  return {};
}

Status Walk::check_unsealed() {
  std::optional<Id> last;
  while (!found()) {
    const auto some = TRY(read([&](store::Transaction& tx) { return unsealed_records(tx, last, unsealed_at_once); }));
    for (const StoredRecord& record : some) {
      TRY(check_mark(record));
      if (found()) return {};
      ++out_.unsealed;
    }
    if (some.size() < static_cast<std::size_t>(unsealed_at_once)) break;
    last = some.back().id;
  }
  return {};
}

Result<Verdict> Walk::go(const std::vector<std::string>& retained) {
  tree_ = TRY(read([&](store::Transaction& tx) { return find_tree(tx); })).value_or(TreeRow{});
  out_.size = tree_.size;
  TRY(read_heads(retained));
  // A damaged head is told after the records were looked through: what was done to them is what one wants to know first.
  auto about_heads = std::move(out_.first_bad);
  out_.first_bad.reset();
  for (std::int64_t first = 0; first < tree_.size && !found(); first += tile_width) {
    const auto stretch = TRY(read_stretch(first / tile_width));
    if (!found()) TRY(check_stretch(stretch, first));
  }
  if (!found() && leaf_differs_) find("record_changed", "the record isn't what was sealed", leaf_differs_, differs_id_);
  if (!found()) TRY(check_unfinished_tiles());
  if (!found()) TRY(check_outside());
  if (!found()) TRY(check_unsealed());
  if (!found()) out_.first_bad = std::move(about_heads);
  out_.root = leaves_.root();
  return out_;
}

}  // namespace

Result<Verdict> Verifier::verify(const TenantId& tenant, const std::vector<std::string>& retained) {
  auto keys = store_.read(tenant, soon(), [&](store::Transaction& tx) { return sealer_.keys(tx); });
  if (!keys && is_passing(keys.error())) return std::unexpected(keys.error());
  // Without its keys nothing that was signed is worth anything; the records are looked through all the same.
  Walk walk(store_, keyring_, tenant, keys ? *keys : std::vector<crypto::SigningKey>());
  return walk.go(retained);
}

}  // namespace kidoban::audit
