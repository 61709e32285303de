#include "search/matching.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "base/limits.h"
#include "base/text.h"

namespace kidoban::search {

using directory::AttributePath, directory::Compare, directory::Comparison, directory::Filter, directory::Found, directory::Literal;

namespace {

template <class Act>
void each_item(const Lists& lists, std::size_t row, const Act& act) {
  if (row >= lists.first.size() || lists.first[row] == 0) return;
  for (std::size_t i = lists.first[row] - 1;; ++i) {
    act(lists.items[i]);
    if (lists.items[i].last) return;
  }
}

Bits none(const People& people) { return Bits(people.present().size()); }

void invert(Bits& bits) {
  for (std::uint64_t& word : bits) word = ~word;
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
    }
    // Of flags and numbers none begins, ends or contains.
    if (text != nullptr && (node.op == Compare::co || node.op == Compare::sw || node.op == Compare::ew)) part_ = exact ? *text : node.literal.folded;
  }
  // Before everybody's values are compared one by one: each is only once.
  void remember() {
    if (!only_) known_.resize(texts_.size());
  }
  Found of(Code code) {
    if (code == 0) return Found::nothing;
    if (only_) return (code == *only_) == (node_.op == Compare::eq) ? Found::matching : Found::other;
    if (known_.empty()) return compare(code) ? Found::matching : Found::other;
    auto& known = known_[code];
    if (known == unknown) known = compare(code) ? yes : no;
    return known == yes ? Found::matching : Found::other;
  }
  // For an `eq` that one value alone can fulfil.
  std::optional<Code> only() const { return node_.op == Compare::eq && only_ ? only_ : std::nullopt; }
  // What each value that fulfils it has somewhere; "": nothing is known.
  std::string_view part() const { return part_; }
  // The same for what is the same, "" for what isn't a text's.
  std::string question(const Postings* of) const {
    const auto* text = std::get_if<std::string>(&node_.literal.value);
    if (text == nullptr) return {};
    return std::to_string(reinterpret_cast<std::uintptr_t>(of)) + std::string(directory::word_of(node_.op)) + (exact_ ? "=" : "~") + *text;
  }
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
  std::string_view part_;
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
  void remember() {
    if (truth_) truth_->remember();
    for (ItemTest& one : parts_) one.remember();
  }
  const Filter::Node& node() const { return *node_; }
  Part part() const { return part_; }
  Truth* truth() { return truth_ ? &*truth_ : nullptr; }
  std::span<ItemTest> parts() { return parts_; }
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
        invert(out);
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
      return any_item(*field, test);
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
  // What the lists of rows say, put right for those who were touched since; or, where there are none, what everybody's values say.
  // `holds(row)`: of one of them.
  template <class Holds>
  Bits settled(std::optional<Bits> listed, Truth* truth, const Holds& holds) const {
    if (!listed) {
      Bits out = none(people_);
      if (truth != nullptr) truth->remember();
      set_where(out, people_.rows(), holds);
      return out;
    }
    for (const Row row : people_.touched()) holds(row) ? set_bit(*listed, row) : clear_bit(*listed, row);
    return *std::move(listed);
  }

  struct Listed {
    const Postings* postings = nullptr;
    // All of these rows are of one value.
    Code as = 0;
  };

  // Whose values in one of these lists bring that verdict about.
  std::optional<Bits> listed(const Filter::Node& node, Truth& truth, std::span<const Listed> all) const {
    Bits out = none(people_);
    if (std::ranges::any_of(all, [](const Listed& one) { return one.postings == nullptr; })) return std::nullopt;
    const bool matching = verdict(node, Found::matching), other = verdict(node, Found::other), nothing = verdict(node, Found::nothing);
    if (matching != other) {
      for (const Listed& one : all) {
        if (one.as != 0) {
          if (truth.of(one.as) == Found::matching) add_those(out, one.postings->having);
        } else if (all.size() == 1) {
          mark_alone(out, *one.postings, truth);
        } else {
          mark(out, *one.postings, truth);
        }
      }
      if (!nothing) return out;
    }
    Bits having = none(people_);
    for (const Listed& one : all) add_those(having, one.postings->having);
    if (matching == other && matching) return having;
    invert(having);
    if (nothing) add_those(out, having);
    return out;
  }

  static void set_all(Bits& out, std::span<const Row> rows) {
    for (const Row row : rows) set_bit(out, row);
  }

  // The rows of each value for which it holds.
  void mark(Bits& out, const Postings& postings, Truth& truth) const {
    constexpr std::size_t worth_keeping = 512;  // values compared
    auto question = truth.only() || postings.codes.size() < worth_keeping ? std::string() : truth.question(&postings);
    if (question.empty()) return mark_each(out, postings, truth);
    add_those(out, *people_.lately(std::move(question), [&]() -> std::optional<Bits> {
      Bits all = none(people_);
      mark_each(all, postings, truth);
      return all;
    }));
  }
  void mark_each(Bits& out, const Postings& postings, Truth& truth) const {
    each_candidate(postings, truth, [&](std::size_t place) {
      if (truth.of(postings.codes[place]) == Found::matching) postings.add_to(out, place);
    });
  }

  // The same where nobody has got a bit yet: where most get one, the others are taken away.
  void mark_alone(Bits& out, const Postings& postings, Truth& truth) const {
    constexpr std::size_t many_values = 4096;  // none of them most people's
    if (!postings.once || truth.only() || postings.codes.size() >= many_values) return mark(out, postings, truth);
    std::vector<std::uint32_t> places;
    std::size_t rows = 0;
    each_candidate(postings, truth, [&](std::size_t place) {
      if (truth.of(postings.codes[place]) != Found::matching) return;
      places.push_back(static_cast<std::uint32_t>(place));
      rows += postings.of(place).size();
    });
    if (rows * 2 <= postings.rows.size()) {
      for (const auto place : places) postings.add_to(out, place);
      return;
    }
    add_those(out, postings.having);
    auto next = places.begin();
    for (std::uint32_t place = 0; place < postings.codes.size(); ++place) {
      if (next != places.end() && *next == place) {
        ++next;
        continue;
      }
      postings.take_from(out, place);
    }
  }

  // The places of the values for which it may hold.
  template <class Act>
  void each_candidate(const Postings& postings, const Truth& truth, const Act& act) const {
    if (const auto only = truth.only()) {
      if (const auto place = postings.place_of(*only)) act(*place);
      return;
    }
    constexpr std::size_t many = 512, trigram = 3;
    if (postings.codes.size() < many || truth.part().size() < trigram) {
      for (std::size_t place = 0; place < postings.codes.size(); ++place) act(place);
      return;
    }
    const auto blocks = people_.texts().places_of(truth.part()).blocks;
    std::size_t place = 0;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      for (std::uint64_t left = blocks[i]; left != 0; left &= left - 1) {
        const std::size_t from = (i * 64 + static_cast<std::size_t>(std::countr_zero(left))) * Texts::block_codes;
        place = first_from(postings.codes, place, from);
        for (; place < postings.codes.size() && postings.codes[place] < from + Texts::block_codes; ++place) act(place);
      }
    }
  }

  // A column that holds values and, where a tenant has declared it anew, lists of them.
  Bits values(const Filter::Node& node, const Field& field) const {
    Truth truth(people_.texts(), node, field.exact);
    std::vector<const Column*> columns;
    std::vector<Listed> lists;
    for (const auto& name : field.columns) {
      if (const auto* one = people_.column(name)) {
        columns.push_back(one);
        lists.push_back({people_.postings(*one)});
      }
    }
    return settled(listed(node, truth, lists), &truth, [&](std::size_t row) {
      Found best = Found::nothing;
      for (const Column* column : columns) {
        if (row < column->cells.size()) best = std::max(best, truth.of(column->cells[row]));
        each_item(column->lists, row, [&](const Item& item) { best = std::max(best, truth.of(item.value)); });
      }
      return verdict(node, best);
    });
  }

  // The lists of a part of items; nothing where there are none of that part.
  std::optional<std::vector<Listed>> lists_of(const Field& field, Part part) const {
    if (part == Part::primary) return std::nullopt;
    std::vector<Listed> out;
    if (const Column* column = people_.column(field.columns.front())) out.push_back({people_.postings(*column, part)});
    const Column* ahead = field.ahead.empty() ? nullptr : people_.column(field.ahead);
    if (ahead == nullptr || part == Part::display) return out;
    out.push_back({people_.postings(*ahead), part == Part::type ? Ahead::type(people_) : Code{0}});
    return out;
  }

  Bits items(const Filter::Node& node, const Field& field) const {
    Truth truth(people_.texts(), node, false);
    const Column* column = people_.column(field.columns.front());
    const Ahead ahead(people_, field);
    const auto lists = lists_of(field, field.part);
    return settled(lists ? listed(node, truth, *lists) : std::nullopt, &truth, [&](std::size_t row) {
      Found best = Found::nothing;
      const auto one = [&](const Item& item) { best = std::max(best, ItemTest::found(truth, item, field.part, field.primary_or_nothing)); };
      if (const auto first = ahead.of(row)) one(*first);
      if (column != nullptr) each_item(column->lists, row, one);
      return verdict(node, best);
    });
  }

  // Who has an item of which one comparison holds without which the test can't; nothing where there is no such comparison, or no list.
  std::optional<Bits> may_have(const Field& field, ItemTest& test) const {
    const auto& node = test.node();
    if (node.kind == Filter::Kind::all) {
      // Values tell people apart, types hardly.
      std::vector<ItemTest*> parts;
      for (ItemTest& one : test.parts()) parts.push_back(&one);
      std::ranges::stable_partition(parts, [](const ItemTest* one) { return one->node().kind == Filter::Kind::compare && one->part() == Part::value; });
      for (ItemTest* one : parts) {
        if (auto out = may_have(field, *one)) return out;
      }
      return std::nullopt;
    }
    if (node.kind == Filter::Kind::any) {
      std::optional<Bits> out = none(people_);
      for (ItemTest& one : test.parts()) {
        const auto more = may_have(field, one);
        if (!more) return std::nullopt;
        add_those(*out, *more);
      }
      return out;
    }
    // What nothing fulfils an item without a value fulfils, too, and no list has it.
    if (node.kind != Filter::Kind::compare || verdict(node, Found::nothing)) return std::nullopt;
    const auto lists = lists_of(field, test.part());
    return lists ? listed(node, *test.truth(), *lists) : std::nullopt;
  }

  Bits any_item(const Field& field, ItemTest& test) const {
    const Column* column = people_.column(field.columns.front());
    const Ahead ahead(people_, field);
    const auto holds = [&](std::size_t row) {
      bool found = false;
      const auto one = [&](const Item& item) { found = found || test.holds(item); };
      if (const auto first = ahead.of(row)) one(*first);
      if (column != nullptr) each_item(column->lists, row, one);
      return found;
    };
    auto some = may_have(field, test);
    if (!some) test.remember();
    else keep_where(*some, holds);
    return settled(std::move(some), nullptr, holds);
  }

  Bits moments(const Filter::Node& node, const Field& field) const {
    const Comparison comparison(node.op, node.literal);
    const Ranking* ranking = people_.ranked(field.moment);
    return settled(ranking != nullptr ? ranked(node, *ranking) : std::nullopt, nullptr, [&](std::size_t row) {
      const auto at = people_.moment(field.moment, static_cast<Row>(row));
      if (at == no_moment) return verdict(node, Found::nothing);
      return verdict(node, comparison.holds(from_us(at)) ? Found::matching : Found::other);
    });
  }

  // A comparison with a time holds for those on one side of it, or at it, or for all others.
  std::optional<Bits> ranked(const Filter::Node& node, const Ranking& ranking) const {
    const bool nothing = verdict(node, Found::nothing);
    Bits out = none(people_);
    add_those(out, ranking.having);
    if (nothing) invert(out);
    const bool matching = verdict(node, Found::matching), other = verdict(node, Found::other);
    if (matching == other) {
      if (matching != nothing) return out;
      return std::nullopt;
    }
    const std::span<const Row> rows(ranking.rows);
    const std::size_t all = rows.size();
    std::size_t low = 0, high = 0;  // those at the time itself
    if (node.literal.instant) {
      const std::int64_t at = to_us(*node.literal.instant);
      low = static_cast<std::size_t>(std::ranges::lower_bound(ranking.times, at) - ranking.times.begin());
      high = static_cast<std::size_t>(std::ranges::upper_bound(ranking.times, at) - ranking.times.begin());
    }
    std::size_t from = low, until = high;
    bool between = true;
    switch (node.op) {
      case Compare::eq: break;
      case Compare::ne: between = false; break;
      case Compare::gt: from = high, until = all; break;
      case Compare::ge: until = all; break;
      case Compare::lt: from = 0, until = low; break;
      case Compare::le: from = 0; break;
      default: until = from; break;
    }
    if (!node.literal.instant && node.op != Compare::ne) from = until = 0;
    // Where nobody's time counts as fulfilling it, all who have none do already.
    const auto set_some = [&](std::size_t begin, std::size_t end) { set_all(out, rows.subspan(begin, end - begin)); };
    if (!nothing && between && (until - from) * 2 > all) {
      for (const Row row : rows.first(from)) clear_bit(out, row);
      for (const Row row : rows.subspan(until)) clear_bit(out, row);
      return out;
    }
    if (!nothing) out = none(people_);
    if (between) {
      set_some(from, until);
    } else {
      set_some(0, from);
      set_some(until, all);
    }
    return out;
  }

  Bits ids(const Filter::Node& node) const {
    const Comparison comparison(node.op, node.literal);
    const auto holds = [&](std::size_t row) {
      const std::string text = people_.id(static_cast<Row>(row)).text();
      return verdict(node, comparison.holds(text, Comparison::Case::exact) ? Found::matching : Found::other);
    };
    const auto* text = std::get_if<std::string>(&node.literal.value);
    const bool equal = node.op == Compare::eq || node.op == Compare::ne;
    Bits out = none(people_);
    if (!equal || text == nullptr) {
      set_where(out, people_.rows(), holds);
      return out;
    }
    const auto id = Id::parse(*text);
    const auto row = id ? people_.row_of(*id) : std::nullopt;
    if (row && id->text() == *text) set_bit(out, *row);
    if (node.op == Compare::ne) invert(out);
    return out;
  }

  // The item that goes ahead of a row's own.
  class Ahead {
   public:
    static Code type(const People& people) { return people.texts().find("work").value_or(0); }
    Ahead(const People& people, const Field& field) : column_(field.ahead.empty() ? nullptr : people.column(field.ahead)) {
      item_.type = type(people);
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

}  // namespace

Result<Bits> matching(const People& people, const Filter& filter, const Names& names, runtime::Deadline deadline) {
  auto out = TRY(Matching(people, names, deadline).of(filter.root()));
  keep_only(out, people.present());
  return out;
}

std::size_t first_from(std::span<const Code> codes, std::size_t place, std::size_t code) {
  std::size_t step = 1;
  while (place + step < codes.size() && codes[place + step] < code) step *= 2;
  const auto from = codes.subspan(place, std::min(step + 1, codes.size() - place));
  return place + static_cast<std::size_t>(std::ranges::lower_bound(from, code) - from.begin());
}

void keep_only(Bits& bits, const Bits& those) {
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] &= i < those.size() ? those[i] : 0;
}

void add_those(Bits& bits, const Bits& those) {
  for (std::size_t i = 0; i < std::min(bits.size(), those.size()); ++i) bits[i] |= those[i];
}

std::size_t count_of(const Bits& bits) {
  std::size_t all = 0;
  for (const std::uint64_t one : bits) all += static_cast<std::size_t>(std::popcount(one));
  return all;
}

}  // namespace kidoban::search
