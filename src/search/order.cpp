#include "search/order.h"

#include <algorithm>
#include <bit>

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
  bool before(const Key& a, const Key& b) const {
    if (a.has_value != b.has_value) return order_.descending ? !a.has_value : a.has_value;
    if (a.number != b.number) return order_.descending ? b.number < a.number : a.number < b.number;
    if (const int order = a.text.compare(b.text); order != 0) return order_.descending ? order > 0 : order < 0;
    const bool by_id = order_.by && order_.by->kind == Field::Kind::id && order_.descending;
    return by_id ? *b.id < *a.id : *a.id < *b.id;
  }

 private:
  bool is_moment() const { return order_.by && order_.by->kind == Field::Kind::moment; }
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

}  // namespace

Page page_of(const People& people, const Bits& found, const Order& order, const std::optional<Standing>& after, std::size_t offset, std::size_t limit) {
  const Keys keys(people, order);
  const auto before = [&](const Stood& a, const Stood& b) { return keys.before(a.key, b.key); };
  const Key from = after ? keys.of(*after) : Key{};
  const std::size_t wanted = offset + limit + 1;
  const bool heaped = wanted <= kept_at_most;
  // Most values pass by more than once: what was found of one holds for all who have it.
  enum : std::uint8_t { out_of_it = 1, behind_from = 2 };
  std::vector<std::uint8_t> known(keys.by_text() ? people.texts().size() : 0);
  std::vector<Stood> kept;
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (std::uint64_t left = found[i]; left != 0; left &= left - 1) {
      const Row row = static_cast<Row>(i * 64 + static_cast<std::size_t>(std::countr_zero(left)));
      Key key = keys.of(row);
      std::uint8_t nothing = 0;
      std::uint8_t& about = key.code != 0 ? known[key.code] : nothing;
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

}  // namespace kidoban::search
