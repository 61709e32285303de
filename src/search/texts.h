#pragma once
// All values that a tenant's people have, each once, as bytes side by side: a person's attribute is the number of one of them. Texts
// are kept folded, as filters compare them (directory/filter.h). A column of the index is a list of such numbers.
//
// Values compare as bytes: texts by code point, flags after them, then numbers in their order. Grows alone; whoever owns it begins anew
// when much of it isn't used any more. One writer, or many readers.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
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

  // Where a part may occur, by the trigrams that it has: a bit for each block of so many codes.
  static constexpr std::size_t block_codes = 16;
  struct Places {
    std::vector<std::uint64_t> blocks{};
    std::size_t bytes = 0;  // some so many stand there
  };
  Places places_of(std::string_view part) const;
  // The codes of those in which `part` occurs (or in what they are also found by), ascending. What occurs across two of them doesn't count.
  std::vector<Code> containing(std::string_view part) const { return containing(part, places_of(part)); }
  std::vector<Code> containing(std::string_view part, const Places& where) const;
  // The same of one value.
  bool contains(Code code, std::string_view part) const;

  static std::optional<bool> flag_in(std::string_view bytes);
  static std::optional<std::int64_t> number_in(std::string_view bytes);

 private:
  // Beside each code a piece of its value's hash: a look-up reads no value but the one that it finds, and growing reads none.
  struct Slot {
    Code code = 0;  // 0: free
    std::uint32_t hash = 0;
  };
  static std::uint32_t hash_of(std::string_view bytes);
  std::size_t slot_of(std::string_view bytes, std::uint32_t hash) const;
  void grow();
  Code append(std::string_view bytes, std::uint32_t hash, std::size_t slot);
  Code known_or_appended(std::string_view bytes);
  void note_trigrams(Code code);
  void look_in(Code from, Code until, std::string_view part, std::vector<Code>& out) const;
  void add_meant(std::vector<Code>& codes) const;

  // Which three bytes occur in 512 blocks of codes: for a hash of each a row with a bit a block, so that a part's rows are put together without
  // a look at blocks that don't have it.
  struct Trigrams {
    static constexpr std::size_t words = 8, hashes = 512;
    std::array<std::array<std::uint64_t, words>, hashes> rows{};
  };
  static constexpr std::size_t in_trigrams = Trigrams::words * 64 * block_codes;  // codes
  static constexpr std::size_t looked_through = 1024;                             // so few codes need none

  std::string arena_;                  // each value, then a NUL
  std::vector<std::unique_ptr<Trigrams>> trigrams_;
  std::vector<std::uint32_t> begin_;   // where they begin, and where the next would
  std::vector<Slot> table_;            // open addressing, a power of two
  std::vector<std::pair<Code, Code>> aliases_;  // by code: it, and what it is also found by
  std::set<std::pair<Code, Code>> meant_;       // the other way round, but for those whose code is just one more
};

// Of a text that is folded already: hiragana as katakana (U+3041–3096, and the two iteration marks). As long as it was.
std::string katakana_of(std::string_view text);
// A telephone number's digits alone.
std::string digits_of(std::string_view text);

}  // namespace kidoban::search
