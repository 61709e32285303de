#include "search/matching.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "base/limits.h"
#include "base/text.h"

namespace kidoban::search {

using directory::AttributePath, directory::Compare, directory::Comparison, directory::Filter, directory::Found, directory::Literal;

namespace {

constexpr std::size_t words_at_most = 10;

template <class Act>
void each_item(const Lists& lists, std::size_t row, const Act& act) {
  if (row >= lists.first.size() || lists.first[row] == 0) return;
  for (std::size_t i = lists.first[row] - 1;; ++i) {
    act(lists.items[i]);
    if (lists.items[i].last) return;
  }
}

Bits none(const People& people) { return Bits(people.present().size()); }

void fill(Bits& bits, std::size_t from, std::size_t until) {
  for (; from < until && from % 64 != 0; ++from) set_bit(bits, from);
  for (; from + 64 <= until; from += 64) bits[from / 64] = ~std::uint64_t{0};
  for (; from < until; ++from) set_bit(bits, from);
}

// Sets the bit of each row for which `holds(row)`, a word at a time.
template <class Holds>
void set_where(Bits& bits, std::size_t rows, const Holds& holds) {
  for (std::size_t from = 0; from < rows; from += 64) {
    const std::size_t most = std::min<std::size_t>(64, rows - from);
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < most; ++i) word |= std::uint64_t{holds(from + i)} << i;
    bits[from / 64] |= word;
  }
}

bool is_null(const Filter::Node& node) { return node.op != Compare::pr && std::holds_alternative<std::nullptr_t>(node.literal.value); }

// What Filter::holds makes of what was found (RFC 7643 §2.5: what isn't assigned is null).
bool verdict(const Filter::Node& node, Found found) {
  if (node.op == Compare::pr || (node.op == Compare::ne && is_null(node))) return found != Found::nothing;
  if (is_null(node)) return node.op == Compare::eq && found == Found::nothing;
  return found == Found::matching || (node.op == Compare::ne && found == Found::nothing);
}

// One comparison with any of the values, each compared once.
class Truth {
 public:
  Truth(const Texts& texts, const Filter::Node& node, bool exact) : texts_(texts), node_(node), exact_(exact), comparison_(node.op, node.literal) {
    const auto* text = std::get_if<std::string>(&node.literal.value);
    const bool as_flag = node.literal.folded == "true" || node.literal.folded == "false";
    if (text != nullptr && !as_flag && !text->empty() && (node.op == Compare::eq || node.op == Compare::ne)) {
      only_ = texts.find(exact ? exact_bytes(*text) : node.literal.folded).value_or(nobodys);
    } else {
      known_.resize(texts.size());
    }
  }
  Found of(Code code) {
    if (code == 0) return Found::nothing;
    if (only_) return (code == *only_) == (node_.op == Compare::eq) ? Found::matching : Found::other;
    auto& known = known_[code];
    if (known == unknown) known = compare(code) ? yes : no;
    return known == yes ? Found::matching : Found::other;
  }
  // For an `eq` that one value alone can fulfil.
  std::optional<Code> only() const { return node_.op == Compare::eq && only_ ? only_ : std::nullopt; }
  Found of_flag(bool flag) const { return comparison_.holds(flag) ? Found::matching : Found::other; }
  const Filter::Node& node() const { return node_; }

 private:
  static constexpr Code nobodys = ~Code{0};
  enum : std::uint8_t { unknown, no, yes };
  bool compare(Code code) const {
    if (is_null(node_)) return node_.op == Compare::ne;
    const auto bytes = texts_.at(code);
    if (const auto flag = Texts::flag_in(bytes)) return comparison_.holds(*flag);
    if (const auto number = Texts::number_in(bytes)) return comparison_.holds(*number);
    return exact_ ? comparison_.holds(exact_in(bytes), Comparison::Case::exact) : comparison_.holds(bytes, Comparison::Case::folded_already);
  }
  const Texts& texts_;
  const Filter::Node& node_;
  bool exact_;
  Comparison comparison_;
  std::optional<Code> only_;
  std::vector<std::uint8_t> known_;
};

// What stands in brackets, asked of one item.
class ItemTest {
 public:
  static Result<ItemTest> of(const Texts& texts, const Filter::Node& node, const AttributePath& around, const Names& names, bool primary_or_nothing) {
    ItemTest out(node, primary_or_nothing);
    if (node.kind == Filter::Kind::compare) {
      const auto field = names(node.attribute, &around);
      if (!field) return fail(Kind::malformed, "filter_unsupported", node.attribute.name);
      out.part_ = field->part;
      out.truth_.emplace(texts, node, false);
    } else if (node.kind == Filter::Kind::items) {
      return fail(Kind::malformed, "filter_unsupported", node.attribute.name);
    }
    for (const auto& part : node.parts) out.parts_.push_back(TRY(of(texts, part, around, names, primary_or_nothing)));
    return out;
  }
  bool holds(const Item& item) {
    switch (node_->kind) {
      case Filter::Kind::all: return std::ranges::all_of(parts_, [&](ItemTest& one) { return one.holds(item); });
      case Filter::Kind::any: return std::ranges::any_of(parts_, [&](ItemTest& one) { return one.holds(item); });
      case Filter::Kind::negation: return !parts_.front().holds(item);
      default: return verdict(*node_, found(*truth_, item, part_, primary_or_nothing_));
    }
  }
  static Found found(Truth& truth, const Item& item, Part part, bool primary_or_nothing) {
    switch (part) {
      case Part::value: return truth.of(item.value);
      case Part::type: return truth.of(item.type);
      case Part::display: return truth.of(item.display);
      case Part::primary: return primary_or_nothing && !item.primary ? Found::nothing : truth.of_flag(item.primary);
    }
    return Found::nothing;
  }

 private:
  ItemTest(const Filter::Node& node, bool primary_or_nothing) : node_(&node), primary_or_nothing_(primary_or_nothing) {}
  const Filter::Node* node_;
  bool primary_or_nothing_;
  Part part_ = Part::value;
  std::optional<Truth> truth_;
  std::vector<ItemTest> parts_;
};

class Matching {
 public:
  Matching(const People& people, const Names& names, runtime::Deadline deadline) : people_(people), names_(names), deadline_(deadline) {}

  Result<Bits> of(const Filter::Node& node) {
    switch (node.kind) {
      case Filter::Kind::all:
      case Filter::Kind::any: {
        Bits out = TRY(of(node.parts.front()));
        for (std::size_t i = 1; i < node.parts.size(); ++i) {
          const Bits more = TRY(of(node.parts[i]));
          node.kind == Filter::Kind::all ? keep_only(out, more) : add_those(out, more);
        }
        return out;
      }
      case Filter::Kind::negation: {
        Bits out = TRY(of(node.parts.front()));
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = ~out[i];
        return out;
      }
      default: break;
    }
    if (deadline_.passed()) return fail(Kind::unavailable, "deadline_passed", "in the midst of a filter");
    const auto field = names_(node.attribute, nullptr);
    if (!field) return fail(Kind::malformed, "filter_unsupported", node.attribute.name);
    if (node.kind == Filter::Kind::items) {
      if (field->kind != Field::Kind::items) return fail(Kind::malformed, "filter_unsupported", node.attribute.name);
      auto test = TRY(ItemTest::of(people_.texts(), node.parts.front(), node.attribute, names_, field->primary_or_nothing));
      return any_item(*field, [&](const Item& item) { return test.holds(item); });
    }
    switch (field->kind) {
      case Field::Kind::values: return values(node, *field);
      case Field::Kind::items: return items(node, *field);
      case Field::Kind::moment: return moments(node, *field);
      case Field::Kind::id: return ids(node);
    }
    return none(people_);
  }

 private:
  // A column that holds values and, where a tenant has declared it anew, lists of them.
  Bits values(const Filter::Node& node, const Field& field) {
    Bits out = none(people_);
    Truth truth(people_.texts(), node, field.exact);
    std::vector<const Column*> columns;
    for (const auto& name : field.columns) {
      if (const auto* one = people_.column(name)) columns.push_back(one);
    }
    const std::size_t rows = people_.rows();
    if (columns.size() == 1 && columns.front()->lists.first.empty()) {
      const Cells& cells = columns.front()->cells;
      const std::size_t some = std::min(cells.size(), rows);
      if (const auto only = truth.only()) set_where(out, some, [&, code = *only](std::size_t row) { return cells[row] == code; });
      else set_where(out, some, [&](std::size_t row) { return verdict(node, truth.of(cells[row])); });
      if (verdict(node, Found::nothing)) fill(out, some, rows);
      return out;
    }
    set_where(out, rows, [&](std::size_t row) {
      Found best = Found::nothing;
      for (const Column* column : columns) {
        if (row < column->cells.size()) best = std::max(best, truth.of(column->cells[row]));
        each_item(column->lists, row, [&](const Item& item) { best = std::max(best, truth.of(item.value)); });
      }
      return verdict(node, best);
    });
    return out;
  }

  Bits items(const Filter::Node& node, const Field& field) {
    Bits out = none(people_);
    Truth truth(people_.texts(), node, false);
    const Column* column = people_.column(field.columns.front());
    const Ahead ahead(people_, field);
    set_where(out, people_.rows(), [&](std::size_t row) {
      Found best = Found::nothing;
      const auto one = [&](const Item& item) { best = std::max(best, ItemTest::found(truth, item, field.part, field.primary_or_nothing)); };
      if (const auto first = ahead.of(row)) one(*first);
      if (column != nullptr) each_item(column->lists, row, one);
      return verdict(node, best);
    });
    return out;
  }

  template <class Test>
  Bits any_item(const Field& field, const Test& test) {
    Bits out = none(people_);
    const Column* column = people_.column(field.columns.front());
    const Ahead ahead(people_, field);
    set_where(out, people_.rows(), [&](std::size_t row) {
      bool found = false;
      const auto one = [&](const Item& item) { found = found || test(item); };
      if (const auto first = ahead.of(row)) one(*first);
      if (column != nullptr) each_item(column->lists, row, one);
      return found;
    });
    return out;
  }

  Bits moments(const Filter::Node& node, const Field& field) {
    Bits out = none(people_);
    const Comparison comparison(node.op, node.literal);
    set_where(out, people_.rows(), [&](std::size_t row) {
      const auto at = people_.moment(field.moment, static_cast<Row>(row));
      if (at == no_moment) return verdict(node, Found::nothing);
      return verdict(node, comparison.holds(from_us(at)) ? Found::matching : Found::other);
    });
    return out;
  }

  Bits ids(const Filter::Node& node) {
    Bits out = none(people_);
    const Comparison comparison(node.op, node.literal);
    set_where(out, people_.rows(), [&](std::size_t row) {
      const std::string text = people_.id(static_cast<Row>(row)).text();
      return verdict(node, comparison.holds(text, Comparison::Case::exact) ? Found::matching : Found::other);
    });
    return out;
  }

  // The item that goes ahead of a row's own.
  class Ahead {
   public:
    Ahead(const People& people, const Field& field) : column_(field.ahead.empty() ? nullptr : people.column(field.ahead)) {
      item_.type = people.texts().find("work").value_or(0);
      item_.primary = true;
    }
    std::optional<Item> of(std::size_t row) const {
      if (column_ == nullptr || row >= column_->cells.size() || column_->cells[row] == 0) return std::nullopt;
      Item out = item_;
      out.value = column_->cells[row];
      return out;
    }

   private:
    const Column* column_;
    Item item_;
  };

  const People& people_;
  const Names& names_;
  runtime::Deadline deadline_;
};

// Whether somebody has, in that column, one of the values with a bit.
bool has_one(const Column& column, std::size_t row, const Bits& codes) {
  if (row < column.cells.size() && has_bit(codes, column.cells[row])) return true;
  const auto& lists = column.lists;
  if (row >= lists.first.size() || lists.first[row] == 0) return false;
  for (std::size_t at = lists.first[row] - 1;; ++at) {
    if (has_bit(codes, lists.items[at].value)) return true;
    if (lists.items[at].last) return false;
  }
}

}  // namespace

Result<Bits> matching(const People& people, const Filter& filter, const Names& names, runtime::Deadline deadline) {
  auto out = TRY(Matching(people, names, deadline).of(filter.root()));
  keep_only(out, people.present());
  return out;
}

Result<std::vector<std::string>> words_in(std::string_view typed) {
  if (typed.size() > limits::name_bytes) return fail(Kind::malformed, "search_malformed", "the words are too long");
  // Folding makes a space of the ideographic one.
  const std::string folded = katakana_of(directory::folded_text(typed));
  std::vector<std::string> out = words_of(folded);
  if (out.size() > words_at_most) return fail(Kind::malformed, "search_malformed", "too many words");
  return out;
}

namespace {

// A word as it is looked for. A telephone number is found however it is parted.
struct Word {
  std::string text, digits;
  explicit Word(const std::string& typed) : text(typed), digits(digits_of(typed)) {
    const bool parted = digits.size() >= 3 && digits.size() < text.size() && text.find_first_not_of("0123456789+-()./") == std::string::npos;
    if (!parted) digits.clear();
  }
  bool is_in(const Texts& texts, Code code) const { return texts.contains(code, text) || texts.contains(code, digits); }
};

// One pass over all texts, then one over the columns in which those with the word stand.
void keep_by_all_texts(Bits& out, const People& people, const Word& word) {
  Bits codes = people.texts().containing(word.text);
  if (!word.digits.empty()) add_those(codes, people.texts().containing(word.digits));
  // A word stands in a column or two; the others needn't be looked at.
  const std::uint16_t where = people.searched_with(codes);
  std::vector<const Column*> columns;
  for (const Column* column : people.searched()) {
    if ((column->searched & where) != 0) columns.push_back(column);
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::uint64_t still = 0;
    for (std::uint64_t left = out[i]; left != 0; left &= left - 1) {
      const auto bit = static_cast<std::size_t>(std::countr_zero(left));
      const bool found = std::ranges::any_of(columns, [&](const Column* column) { return has_one(*column, i * 64 + bit, codes); });
      still |= std::uint64_t{found} << bit;
    }
    out[i] = still;
  }
}

// The few who are left, by their own texts.
void keep_by_their_texts(Bits& out, const People& people, const Word& word) {
  const auto has = [&](const Column& column, std::size_t row) {
    if (row < column.cells.size() && word.is_in(people.texts(), column.cells[row])) return true;
    bool found = false;
    each_item(column.lists, row, [&](const Item& item) { found = found || word.is_in(people.texts(), item.value); });
    return found;
  };
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (std::uint64_t left = out[i]; left != 0; left &= left - 1) {
      const auto bit = static_cast<std::size_t>(std::countr_zero(left));
      const bool found = std::ranges::any_of(people.searched(), [&](const Column* column) { return has(*column, i * 64 + bit); });
      if (!found) out[i] &= ~(std::uint64_t{1} << bit);
    }
  }
}

}  // namespace

Bits having_words(const People& people, std::span<const std::string> words) {
  Bits out = people.present();
  std::vector<Word> all(words.begin(), words.end());
  // A long word is had by few, so that the next is looked for in few.
  std::ranges::stable_sort(all, std::greater(), [](const Word& one) { return one.text.size(); });
  for (const Word& word : all) {
    // Somebody's own texts cost some 300 ns, all texts 0.15 ns a byte.
    if (count_of(out) * 2000 < people.texts().bytes()) keep_by_their_texts(out, people, word);
    else keep_by_all_texts(out, people, word);
  }
  return out;
}

Bits in_domain(const People& people, std::string_view domain) {
  Bits out = none(people);
  const auto* login = people.column("login");
  if (login == nullptr) return out;
  const std::string end = "@" + std::string(domain);
  set_where(out, login->cells.size(), [&](std::size_t row) { return login->cells[row] != 0 && people.texts().at(login->cells[row]).ends_with(end); });
  keep_only(out, people.present());
  return out;
}

void keep_only(Bits& bits, const Bits& those) {
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] &= those[i];
}

void add_those(Bits& bits, const Bits& those) {
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] |= those[i];
}

std::size_t count_of(const Bits& bits) {
  std::size_t all = 0;
  for (const std::uint64_t one : bits) all += static_cast<std::size_t>(std::popcount(one));
  return all;
}

}  // namespace kidoban::search
