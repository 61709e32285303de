#include "search/order.h"

#include <algorithm>
#include <bit>

#include "search/matching.h"

namespace kidoban::search {

namespace {

// So many are kept apart while the others pass by; where more are wanted all are gathered first.
constexpr std::size_t kept_at_most = 4096;

struct Key {
  bool has_value = false;
  std::int64_t number = 0;   // of a time
  Code code = 0;             // of anything else, and its text
  std::string_view text;
  const Id* id = nullptr;
};

class Keys {
 public:
  Keys(const People& people, const Order& order) : people_(people), order_(order) {
    if (!order.by) return;
    for (const auto& name : order.by->columns) {
      if (const auto* one = people.column(name)) columns_.push_back(one);
    }
    if (!order.by->ahead.empty()) ahead_ = people.column(order.by->ahead);
  }
  Key of(Row row) const {
    Key out;
    out.id = &people_.id(row);
    if (!order_.by || order_.by->kind == Field::Kind::id) return out;
    if (order_.by->kind == Field::Kind::moment) {
      out.number = people_.moment(order_.by->moment, row);
      out.has_value = out.number != no_moment;
    } else if (const Code code = code_of(row); code != 0) {
      out.code = code;
      out.has_value = true;
    }
    return out;
  }
  // The text is looked up where it is needed: most people pass by without it.
  void read(Key& key) const {
    if (key.code != 0 && key.text.empty()) key.text = people_.texts().at(key.code);
  }
  Key of(const Standing& standing) const {
    Key out{standing.has_value, 0, 0, standing.value, &standing.id};
    if (!is_moment()) return out;
    out.number = Texts::number_in(standing.value).value_or(no_moment);
    out.text = {};
    return out;
  }
  Standing standing(const Key& key) const {
    const bool number = key.has_value && is_moment();
    return {key.has_value, number ? bytes_of(key.number) : std::string(key.text), *key.id};
  }
  bool by_text() const { return !columns_.empty() || ahead_ != nullptr; }
  // Where nobody has but one value: its column.
  const Column* only_column() const {
    const bool one = columns_.size() == 1 && ahead_ == nullptr && columns_.front()->lists.first.empty();
    return one && order_.by->kind == Field::Kind::values ? columns_.front() : nullptr;
  }
  bool is_moment() const { return order_.by && order_.by->kind == Field::Kind::moment; }
  bool by_id() const { return !order_.by || order_.by->kind == Field::Kind::id; }
  bool by_nothing() const { return !is_moment() && !by_id() && !by_text(); }  // that anybody has
  bool before(const Key& a, const Key& b) const {
    if (a.has_value != b.has_value) return order_.descending ? !a.has_value : a.has_value;
    if (a.number != b.number) return order_.descending ? b.number < a.number : a.number < b.number;
    if (const int order = a.text.compare(b.text); order != 0) return order_.descending ? order > 0 : order < 0;
    const bool by_id = order_.by && order_.by->kind == Field::Kind::id && order_.descending;
    return by_id ? *b.id < *a.id : *a.id < *b.id;
  }

 private:
  Code code_of(Row row) const {
    if (ahead_ != nullptr && row < ahead_->cells.size() && ahead_->cells[row] != 0) return part_of({.value = ahead_->cells[row], .type = people_.texts().find("work").value_or(0), .primary = true});
    for (const Column* column : columns_) {
      if (row < column->cells.size() && column->cells[row] != 0) return column->cells[row];
      const auto& lists = column->lists;
      if (row >= lists.first.size() || lists.first[row] == 0) continue;
      const Item* chosen = &lists.items[lists.first[row] - 1];
      for (const Item* one = chosen; !one->last;) {
        if ((++one)->primary) chosen = one;
      }
      return part_of(*chosen);
    }
    return 0;
  }
  Code part_of(const Item& item) const {
    switch (order_.by->part) {
      case Part::type: return item.type;
      case Part::display: return item.display;
      default: return item.value;
    }
  }
  const People& people_;
  const Order& order_;
  std::vector<const Column*> columns_;
  const Column* ahead_ = nullptr;
};

struct Stood {
  Row row = 0;
  Key key;
};

// Those found, one after the other in their order, until a page is full: along the values in theirs, or the times, or the ids. Whoever was
// touched since these were listed is put between.
class Walk {
 public:
  Walk(const People& people, const Bits& found, const Order& order, const Keys& keys, const std::optional<Standing>& after, std::size_t offset, std::size_t limit)
      : people_(people), order_(order), keys_(keys), after_(after), left_out_(offset), limit_(limit), found_(found), count_(count_of(found)), may_look_at_(count_ * 10 + (offset + limit) * 2 + 1000) {
    if (after) from_ = keys.of(*after);
    for (const Row row : people.touched()) {
      if (!has_bit(found_, row)) continue;
      clear_bit(found_, row);
      Key key = keys.of(row);
      keys.read(key);
      if (!after || keys.before(from_, key)) touched_.push_back({row, key});
    }
    const auto before = [&](const Stood& a, const Stood& b) { return keys.before(a.key, b.key); };
    if (touched_.size() > offset + limit) {
      std::ranges::partial_sort(touched_, touched_.begin() + static_cast<std::ptrdiff_t>(offset + limit + 1), before);
      touched_.resize(offset + limit + 1);
    } else {
      std::ranges::sort(touched_, before);
    }
  }

  // Nothing where that way is too long for the few who were found, or there is none.
  std::optional<Page> page() {
    if (!walk()) return std::nullopt;
    while (!full_ && next_touched_ < touched_.size()) put(touched_[next_touched_++].row);
    if (last_) {
      Key key = keys_.of(*last_);
      keys_.read(key);
      out_.last = keys_.standing(key);
    }
    return std::move(out_);
  }

 private:
  bool walk() {
    // What isn't made yet isn't worth being made for so few.
    constexpr std::size_t few = 256;
    static const Bits nobody;
    if (keys_.by_id()) return rows_by_id(nullptr, order_.by && order_.descending);
    if (!keys_.by_nothing() && count_ * few < people_.count()) return false;
    const Postings* postings = nullptr;
    const Sorted* sorted = nullptr;
    const Ranking* ranking = nullptr;
    if (const Column* column = keys_.only_column()) {
      postings = people_.postings(*column);
      sorted = postings != nullptr ? people_.sorted(*column) : nullptr;
      if (sorted == nullptr) return false;
    } else if (keys_.is_moment()) {
      ranking = people_.ranked(order_.by->moment);
      if (ranking == nullptr) return false;
    } else if (!keys_.by_nothing()) {
      return false;
    }
    const Bits& having = postings != nullptr ? postings->having : ranking != nullptr ? ranking->having : nobody;
    const bool with_values = !after_ || from_.has_value || order_.descending, without = !after_ || !from_.has_value || !order_.descending;
    const auto values = [&] { return !with_values || keys_.by_nothing() || (sorted != nullptr ? by_value(*postings, *sorted) : by_time(*ranking)); };
    if (!order_.descending) return values() && (full_ || !without || rows_by_id(&having, false));
    return (!without || rows_by_id(&having, false)) && (full_ || values());
  }

  bool by_value(const Postings& postings, const Sorted& sorted) {
    const auto text = [&](std::uint32_t place) { return people_.texts().at(postings.codes[place]); };
    const std::span<const std::uint32_t> places(sorted.places);
    const bool from_within = after_ && from_.has_value;
    std::size_t low = 0, high = places.size();  // those at or behind where we go on from, either way
    if (from_within && !order_.descending) low = static_cast<std::size_t>(std::ranges::lower_bound(places, from_.text, {}, text) - places.begin());
    if (from_within && order_.descending) high = static_cast<std::size_t>(std::ranges::upper_bound(places, from_.text, {}, text) - places.begin());
    for (std::size_t i = low; i < high && !full_; ++i) {
      const std::uint32_t place = places[order_.descending ? low + high - 1 - i : i];
      std::span<const Row> rows = postings.of(place);
      if (from_within && i == low && text(place) == from_.text) rows = behind(rows);
      if (!offer(rows)) return false;
    }
    return true;
  }

  bool by_time(const Ranking& ranking) {
    const std::span<const Row> rows(ranking.rows);
    const std::span<const std::int64_t> times(ranking.times);
    const bool from_within = after_ && from_.has_value;
    const auto until = [&](std::int64_t at) { return static_cast<std::size_t>(std::ranges::upper_bound(times, at) - times.begin()); };
    const auto since = [&](std::int64_t at) { return static_cast<std::size_t>(std::ranges::lower_bound(times, at) - times.begin()); };
    if (!order_.descending) {
      if (!from_within) return offer(rows);
      const std::size_t begin = since(from_.number), end = until(from_.number);
      return offer(behind(rows.subspan(begin, end - begin))) && (full_ || offer(rows.subspan(end)));
    }
    // Backwards, but those of one time by id.
    std::size_t end = from_within ? until(from_.number) : rows.size();
    while (end > 0 && !full_) {
      const std::int64_t at = times[end - 1];
      const std::size_t begin = since(at);
      std::span<const Row> same = rows.subspan(begin, end - begin);
      if (from_within && at == from_.number) same = behind(same);
      if (!offer(same)) return false;
      end = begin;
    }
    return true;
  }

  // Those of `rows`, which are by id, whose ids are behind the one that we go on from.
  std::span<const Row> behind(std::span<const Row> rows) const {
    const auto first = std::ranges::upper_bound(rows, *from_.id, {}, [&](Row row) -> const Id& { return people_.id(row); });
    return rows.subspan(static_cast<std::size_t>(first - rows.begin()));
  }

  // All of them, or those without a bit in `but`.
  bool rows_by_id(const Bits* but, bool descending) {
    const auto wanted = [&](Row row) { return but == nullptr || row / 64 >= but->size() || !has_bit(*but, row); };
    const bool from_within = after_ && (but == nullptr || !from_.has_value);
    if (people_.in_order() && !descending) {
      std::size_t first = 0;
      if (from_within) {
        std::size_t end = people_.rows();
        while (first < end) {
          const std::size_t middle = first + (end - first) / 2;
          if (people_.id(static_cast<Row>(middle)) <= *from_.id) first = middle + 1;
          else end = middle;
        }
      }
      for (std::size_t i = first / 64; i < found_.size() && !full_; ++i) {
        std::uint64_t left = found_[i];
        if (but != nullptr && i < but->size()) left &= ~(*but)[i];
        if (i == first / 64) left &= ~std::uint64_t{0} << (first % 64);
        if (const auto some = static_cast<std::size_t>(std::popcount(left)); touched_.empty() && some <= left_out_) {
          left_out_ -= some;
          continue;
        }
        for (; left != 0 && !full_; left &= left - 1) next(static_cast<Row>(i * 64 + static_cast<std::size_t>(std::countr_zero(left))));
      }
      return true;
    }
    const Ranking* by_id = people_.in_order() ? nullptr : people_.by_id();
    if (!people_.in_order() && by_id == nullptr) return false;
    // Every one behind it, whichever way: what was passed already is passed over by one comparison.
    const auto at = [&](std::size_t i) { return by_id != nullptr ? by_id->rows[i] : static_cast<Row>(i); };
    const std::size_t all = by_id != nullptr ? by_id->rows.size() : people_.rows();
    std::size_t low = 0, high = all;
    if (from_within) {
      std::size_t end = all;
      while (low < end) {
        const std::size_t middle = low + (end - low) / 2;
        const Id& id = people_.id(at(middle));
        if (descending ? id < *from_.id : id <= *from_.id) low = middle + 1;
        else end = middle;
      }
      if (descending) high = low, low = 0;
    }
    for (std::size_t i = low; i < high && !full_; ++i) {
      const Row row = at(descending ? low + high - 1 - i : i);
      if (may_look_at_-- == 0) return false;
      if (has_bit(found_, row) && wanted(row)) next(row);
    }
    return true;
  }

  // False once too many have been looked at.
  bool offer(std::span<const Row> rows) {
    for (const Row row : rows) {
      if (may_look_at_-- == 0) return false;
      if (!has_bit(found_, row)) continue;
      next(row);
      if (full_) return true;
    }
    return true;
  }

  void next(Row row) {
    if (next_touched_ < touched_.size()) {
      Key key = keys_.of(row);
      keys_.read(key);
      while (!full_ && next_touched_ < touched_.size() && keys_.before(touched_[next_touched_].key, key)) put(touched_[next_touched_++].row);
    }
    if (!full_) put(row);
  }
  void put(Row row) {
    if (left_out_ > 0) {
      --left_out_;
    } else if (out_.ids.size() == limit_) {
      out_.more = full_ = true;
    } else {
      out_.ids.push_back(people_.id(row));
      last_ = row;
    }
  }

  const People& people_;
  const Order& order_;
  const Keys& keys_;
  const std::optional<Standing>& after_;
  std::size_t left_out_, limit_;
  Bits found_;
  std::size_t count_;
  std::size_t may_look_at_;  // rows: to gather somebody costs as much as to look at some ten
  Key from_;
  std::vector<Stood> touched_;
  std::size_t next_touched_ = 0;
  bool full_ = false;
  std::optional<Row> last_;
  Page out_;
};

// The smallest of all who were found, gathered as they pass by.
Page gathered(const People& people, const Bits& found, const Keys& keys, const std::optional<Standing>& after, std::size_t offset, std::size_t limit) {
  const auto before = [&](const Stood& a, const Stood& b) { return keys.before(a.key, b.key); };
  const Key from = after ? keys.of(*after) : Key{};
  const std::size_t wanted = offset + limit + 1;
  const bool heaped = wanted <= kept_at_most;
  // Most values pass by more than once: what was found of one holds for all who have it.
  enum : std::uint8_t { out_of_it = 1, behind_from = 2 };
  // (Few who were found are few values: not worth a byte for each that there is.)
  constexpr std::size_t few = 64;
  std::vector<std::uint8_t> known(keys.by_text() && count_of(found) * few > people.texts().size() ? people.texts().size() : 0);
  std::vector<Stood> kept;
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (std::uint64_t left = found[i]; left != 0; left &= left - 1) {
      const Row row = static_cast<Row>(i * 64 + static_cast<std::size_t>(std::countr_zero(left)));
      Key key = keys.of(row);
      std::uint8_t nothing = 0;
      std::uint8_t& about = key.code != 0 && !known.empty() ? known[key.code] : nothing;
      if ((about & out_of_it) != 0) continue;
      if (after && (about & behind_from) == 0) {
        keys.read(key);
        const bool is_behind = keys.before(from, key);
        if (key.text != from.text) about |= is_behind ? behind_from : out_of_it;  // otherwise ids decide
        if (!is_behind) continue;
      }
      if (heaped && kept.size() == wanted) {
        // The heap's top is the last of those kept, and only moves forward.
        const Key& top = kept.front().key;
        if (key.code != 0 && key.code == top.code) {
          if (!(*key.id < *top.id)) continue;
        } else {
          keys.read(key);
          if (!keys.before(key, top)) {
            about |= out_of_it;
            continue;
          }
        }
        std::ranges::pop_heap(kept, before);
        kept.pop_back();
      }
      keys.read(key);
      kept.push_back({row, key});
      if (heaped) std::ranges::push_heap(kept, before);
    }
  }
  if (!heaped && kept.size() > wanted) {
    std::ranges::nth_element(kept, kept.begin() + static_cast<std::ptrdiff_t>(wanted), before);
    kept.resize(wanted);
  }
  std::ranges::sort(kept, before);
  Page out;
  for (std::size_t i = offset; i < kept.size(); ++i) {
    if (out.ids.size() == limit) {
      out.more = true;
      break;
    }
    out.ids.push_back(people.id(kept[i].row));
    out.last = keys.standing(kept[i].key);
  }
  return out;
}

}  // namespace

Page page_of(const People& people, const Bits& found, const Order& order, const std::optional<Standing>& after, std::size_t offset, std::size_t limit) {
  const Keys keys(people, order);
  if (auto page = Walk(people, found, order, keys, after, offset, limit).page()) return *std::move(page);
  return gathered(people, found, keys, after, offset, limit);
}

}  // namespace kidoban::search
