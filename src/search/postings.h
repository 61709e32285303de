#pragma once
// What is derived from an index's columns so that nobody need be looked at who isn't asked for: for each value the rows of those who have it,
// the values in their order, the rows in the order of a time. Made when it is first asked for, by whichever reader comes first while others of
// the same wait; what has changed since is told apart (People::touched), until so much has that all of it is made anew.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "search/texts.h"

namespace kidoban::search {

using Row = std::uint32_t;
using Bits = std::vector<std::uint64_t>;  // one a row
inline bool has_bit(const Bits& bits, std::size_t i) { return ((bits[i / 64] >> (i % 64)) & 1) != 0; }
inline void set_bit(Bits& bits, std::size_t i) { bits[i / 64] |= std::uint64_t{1} << (i % 64); }
inline void clear_bit(Bits& bits, std::size_t i) { bits[i / 64] &= ~(std::uint64_t{1} << (i % 64)); }

// The rows of each value.
struct Postings {
  std::vector<Code> codes{};          // ascending
  std::vector<std::uint32_t> from{};  // by place in `codes`: where in `rows` its own begin; and where the last one's end
  std::vector<Row> rows{};            // of each value by id; twice where somebody has it twice
  Bits having{};                      // who has any
  bool once = true;                   // nobody has two values
  // Of values that many have, by place: the same rows as bits, which are put together sixty-four at a time and weigh no more.
  std::vector<std::pair<std::uint32_t, Bits>> common{};

  void add_to(Bits& bits, std::size_t place) const;
  void take_from(Bits& bits, std::size_t place) const;
  std::span<const Row> of(std::size_t place) const { return std::span(rows).subspan(from[place], from[place + 1] - from[place]); }
  std::optional<std::size_t> place_of(Code code) const;
  std::size_t bytes() const;
  void find_common();

 private:
  const Bits* common_at(std::size_t place) const;
};

// Rows in an order, those who have no place in it left out. Who was touched since keeps their place: it is by what was.
struct Ranking {
  std::vector<Row> rows{};
  std::vector<std::int64_t> times{};  // of each of these, where it is by time
  Bits having{};
  std::size_t bytes() const { return rows.capacity() * sizeof(Row) + times.capacity() * sizeof(std::int64_t) + having.capacity() * sizeof(std::uint64_t); }
};

// Places in Postings::codes, by the values' bytes.
struct Sorted {
  std::vector<std::uint32_t> places{};
  std::size_t bytes() const { return places.capacity() * sizeof(std::uint32_t); }
};
// `before`: an order that codes had; what of it still is among them isn't sorted again.
Sorted sorted(const Texts& texts, const Postings& postings, std::span<const Code> before);

// What all that is derived from one index weighs and may weigh.
struct Derived {
  std::atomic<std::size_t> bytes{0}, room{~std::size_t{0}};
  std::atomic<bool> any{false};
};

// One of them. get() from any reader; drop() where nobody reads.
template <class T>
class Lazily {
 public:
  // nullptr where there is no room for so many bytes.
  template <class Make>
  const T* get(Derived& all, std::size_t about, const Make& make) {
    const std::lock_guard lock(making_);
    if (made_) return made_.get();
    if (all.bytes + about > all.room) return nullptr;
    made_ = std::make_unique<T>(make());
    all.bytes += made_->bytes();
    all.any = true;
    return made_.get();
  }
  void drop() { made_.reset(); }
  const T* made() const { return made_.get(); }  // where nobody asks for it

 private:
  std::mutex making_;
  std::unique_ptr<T> made_;
};

// Rows that took long to find, by what was asked: pages of one answer are asked for one after the other. As Lazily; what was asked is wiped.
class Lately {
 public:
  ~Lately() { drop(); }
  std::shared_ptr<const Bits> find(std::string_view question);
  // The oldest makes room, or there is none.
  void keep(Derived& all, std::string question, std::shared_ptr<const Bits> bits);
  void drop();

 private:
  static constexpr std::size_t at_most = 16;
  struct One {
    std::string question;
    std::shared_ptr<const Bits> bits;
    std::size_t bytes() const { return question.capacity() + bits->capacity() * sizeof(std::uint64_t); }
  };
  std::mutex mutex_;
  std::vector<One> all_;  // whichever was asked last comes last
};

// Numbers by code. Most codes are of other columns: pages of zeros that are never written cost nothing.
template <class T>
class Zeros {
 public:
  explicit Zeros(std::size_t size) : all_(static_cast<T*>(std::calloc(size, sizeof(T)))) {
    if (!all_) throw std::bad_alloc();
  }
  T& operator[](std::size_t i) const { return all_.get()[i]; }

 private:
  struct Free {
    void operator()(T* p) const { std::free(p); }
  };
  std::unique_ptr<T, Free> all_;
};

// Of as many rows, with codes below that: `each(emit)` calls emit(row, code) for every value, 0 for none, the same ones both times that it is called.
template <class Each>
Postings post(std::size_t rows, std::size_t codes, const Each& each) {
  Postings out;
  const Zeros<std::uint32_t> counts(codes);
  std::size_t all = 0;
  out.having.resize((rows + 63) / 64);
  each([&](Row row, Code code) {
    if (code == 0) return;
    if (counts[code]++ == 0) out.codes.push_back(code);
    ++all;
    if (has_bit(out.having, row)) out.once = false;
    set_bit(out.having, row);
  });
  out.codes.shrink_to_fit();
  if (!std::ranges::is_sorted(out.codes)) std::ranges::sort(out.codes);
  out.from.reserve(out.codes.size() + 1);
  std::uint32_t begin = 0;
  for (const Code code : out.codes) {
    out.from.push_back(begin);
    begin += std::exchange(counts[code], begin);
  }
  out.from.push_back(begin);
  out.rows.resize(all);
  each([&](Row row, Code code) {
    if (code != 0) out.rows[counts[code]++] = row;
  });
  out.find_common();
  return out;
}

}  // namespace kidoban::search
