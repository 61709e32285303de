#pragma once
// All values that a tenant's people have, each once, as bytes side by side: a person's attribute is the number of one of them. Texts
// are kept folded, as filters compare them (directory/filter.h). A column of the index is a list of such numbers.
//
// Values compare as bytes: texts by code point, flags after them, then numbers in their order. Grows alone; whoever owns it begins anew
// when much of it isn't used any more. One writer, or many readers.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kidoban::search {

using Code = std::uint32_t;  // 0: no value

// One that no text can be: these bytes occur in no UTF-8.
std::string bytes_of(bool flag);
std::string bytes_of(std::int64_t number);
// A text as it is spelled, which is never taken for a folded one. "" stays "".
std::string exact_bytes(std::string_view text);
std::string_view exact_in(std::string_view bytes);

class Texts {
 public:
  Texts();
  ~Texts();
  Texts& operator=(Texts&& other) noexcept;
  Texts(const Texts&) = delete;
  Texts& operator=(const Texts&) = delete;

  // "" is 0. A text in hiragana is also found by its katakana, and what reads as a telephone number by its digits.
  Code add(std::string_view bytes);
  std::optional<Code> find(std::string_view bytes) const;
  std::string_view at(Code code) const { return std::string_view(arena_).substr(begin_[code], begin_[code + 1] - begin_[code] - 1); }
  std::size_t size() const { return begin_.size() - 1; }  // codes are below it
  std::size_t bytes() const;
  // No more values find room: numbers are 32 bits wide.
  bool full() const { return arena_.size() > 0xf000'0000U; }

  // For each code whether `part` occurs in it (or in what it is also found by). What occurs across two of them doesn't count.
  std::vector<std::uint64_t> containing(std::string_view part) const;
  // The same of one value.
  bool contains(Code code, std::string_view part) const;

  static std::optional<bool> flag_in(std::string_view bytes);
  static std::optional<std::int64_t> number_in(std::string_view bytes);

 private:
  std::size_t slot_of(std::string_view bytes) const;
  void grow();
  Code append(std::string_view bytes);
  void note_trigrams(std::size_t from, std::size_t until);
  void look_in(std::size_t from, std::size_t until, std::string_view part, Code& code, std::vector<std::uint64_t>& out) const;

  // Which three bytes begin in a block of the arena: a bit for a hash of each. Most words are in few blocks, and the others aren't read.
  using Trigrams = std::array<std::uint64_t, 128>;
  std::string arena_;                  // each value, then a NUL
  std::vector<Trigrams> blocks_;
  std::vector<std::uint32_t> begin_;   // where they begin, and where the next would
  std::vector<Code> table_;            // open addressing, a power of two; 0: free
  std::vector<std::pair<Code, Code>> aliases_;  // by code: it, and what it is also found by
};

// Of a text that is folded already: hiragana as katakana (U+3041–3096, and the two iteration marks). As long as it was.
std::string katakana_of(std::string_view text);
// A telephone number's digits alone.
std::string digits_of(std::string_view text);

}  // namespace kidoban::search
