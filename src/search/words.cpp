// Words, and domains: who has them in their texts.
#include <algorithm>
#include <bit>
#include <optional>

#include "base/limits.h"
#include "base/text.h"
#include "search/matching.h"

namespace kidoban::search {

namespace {

constexpr std::size_t words_at_most = 10;

// A word as it is looked for. A telephone number is found however it is parted.
struct Word {
  std::string text, digits;
  Texts::Places places, digits_places;
  Word(const Texts& texts, const std::string& typed) : text(typed), digits(digits_of(typed)) {
    const bool parted = digits.size() >= 3 && digits.size() < text.size() && text.find_first_not_of("0123456789+-()./") == std::string::npos;
    if (!parted) digits.clear();
    places = texts.places_of(text);
    digits_places = texts.places_of(digits);
  }
  std::size_t bytes() const { return places.bytes + digits_places.bytes; }
  bool is_in(const Texts& texts, Code code) const { return texts.contains(code, text) || texts.contains(code, digits); }
  std::vector<Code> codes(const Texts& texts) const {
    auto out = texts.containing(text, places);
    if (digits.empty()) return out;
    const auto more = texts.containing(digits, digits_places);
    std::vector<Code> all;
    all.reserve(out.size() + more.size());
    std::ranges::set_union(out, more, std::back_inserter(all));
    return all;
  }
};

// Whether a value for which `is(code)` stands in that column.
template <class Is>
bool has_one(const Column& column, std::size_t row, const Is& is) {
  if (row < column.cells.size() && column.cells[row] != 0 && is(column.cells[row])) return true;
  const auto& lists = column.lists;
  if (row >= lists.first.size() || lists.first[row] == 0) return false;
  for (std::size_t at = lists.first[row] - 1;; ++at) {
    if (is(lists.items[at].value)) return true;
    if (lists.items[at].last) return false;
  }
}

// The rows of those of a column's values that are among `codes`, both ascending.
void mark(Bits& out, const Postings& postings, std::span<const Code> codes) {
  const std::span<const Code> all(postings.codes);
  for (std::size_t here = 0, there = 0; here < codes.size() && there < all.size();) {
    there = first_from(all, there, codes[here]);
    if (there == all.size()) return;
    if (all[there] == codes[here]) {
      postings.add_to(out, there);
      ++here, ++there;
    } else {
      here = first_from(codes, here, all[there]);
    }
  }
}

// Whether the word is in one of their own texts.
bool is_theirs(const People& people, const Word& word, std::size_t row) {
  return std::ranges::any_of(people.searched(), [&](const Column* column) { return has_one(*column, row, [&](Code code) { return word.is_in(people.texts(), code); }); });
}

// One pass over the texts that may have the word, then the lists of those that do.
void keep_by_all_texts(Bits& out, const People& people, const Word& word) {
  constexpr std::size_t worth_keeping = 16'384;  // bytes looked through
  std::optional<std::vector<Code>> codes;
  const auto listed = [&]() -> std::optional<Bits> {
    codes = word.codes(people.texts());
    // A word stands in a column or two; the others needn't be looked at.
    const std::uint16_t where = people.searched_with(*codes);
    Bits all(people.present().size());
    for (const Column* column : people.searched()) {
      if ((column->searched & where) == 0) continue;
      const Postings* postings = people.postings(*column);
      if (postings == nullptr) return std::nullopt;
      mark(all, *postings, *codes);
    }
    return all;
  };
  const auto holds = [&](std::size_t row) {
    if (!codes) return is_theirs(people, word, row);
    return std::ranges::any_of(people.searched(), [&](const Column* column) { return has_one(*column, row, [&](Code code) { return std::ranges::binary_search(*codes, code); }); });
  };
  const bool keep = word.bytes() >= worth_keeping;
  const auto all = keep ? people.lately("word " + word.text, listed) : nullptr;
  auto having = keep ? (all ? std::optional(*all) : std::nullopt) : listed();
  if (!having) return keep_where(out, holds);
  having->resize(out.size());
  for (const Row row : people.touched()) holds(row) ? set_bit(*having, row) : clear_bit(*having, row);
  keep_only(out, *having);
}

// The few who are left, by their own texts.
void keep_by_their_texts(Bits& out, const People& people, const Word& word) {
  keep_where(out, [&](std::size_t row) { return is_theirs(people, word, row); });
}

}  // namespace

Result<std::vector<std::string>> words_in(std::string_view typed) {
  if (typed.size() > limits::name_bytes) return fail(Kind::malformed, "search_malformed", "the words are too long");
  // Folding makes a space of the ideographic one.
  const std::string folded = katakana_of(directory::folded_text(typed));
  std::vector<std::string> out = words_of(folded);
  if (out.size() > words_at_most) return fail(Kind::malformed, "search_malformed", "too many words");
  return out;
}

Bits having_words(const People& people, std::span<const std::string> words) {
  // Whether somebody's own texts have it costs as much as a look through so many bytes of all texts.
  constexpr std::size_t worth_bytes = 1000;
  Bits out = people.present();
  std::vector<Word> all;
  for (const auto& word : words) all.emplace_back(people.texts(), word);
  // What is in few texts is had by few, so that the next is looked for in few.
  std::ranges::stable_sort(all, std::less(), &Word::bytes);
  for (const Word& word : all) {
    if (count_of(out) * worth_bytes < word.bytes()) keep_by_their_texts(out, people, word);
    else keep_by_all_texts(out, people, word);
  }
  return out;
}

Bits in_domain(const People& people, std::string_view domain) {
  Bits out(people.present().size());
  const auto code = people.texts().find(domain);
  const auto* domains = people.column("login domain");
  if (!code || domains == nullptr) return out;
  const Postings* postings = people.postings(*domains);
  if (postings != nullptr) mark(out, *postings, std::span(&*code, 1));
  const auto check = [&](std::size_t row) {
    row < domains->cells.size() && domains->cells[row] == *code ? set_bit(out, row) : clear_bit(out, row);
  };
  for (std::size_t row = 0; postings == nullptr && row < people.rows(); ++row) check(row);
  if (postings != nullptr) std::ranges::for_each(people.touched(), check);
  keep_only(out, people.present());
  return out;
}

}  // namespace kidoban::search
