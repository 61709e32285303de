#pragma once
// Which people a filter holds for, and in which of them words occur: a bit a row, put together from the lists of rows of the values for which it
// does (postings.h). A value that many have is compared once; nobody is looked at one by one but who has changed since those lists were made.

#include <bit>

#include "runtime/deadline.h"
#include "search/names.h"

namespace kidoban::search {

// As directory::Filter::matches would say of each (RFC 7644 §3.4.2.2). malformed/"filter_unsupported" for a name that isn't known;
// unavailable/"deadline_passed".
Result<Bits> matching(const People& people, const directory::Filter& filter, const Names& names, runtime::Deadline deadline);

// Words as they are looked for: folded, in katakana. malformed/"search_malformed" for more than ten, or longer than limits::name_bytes all in all.
Result<std::vector<std::string>> words_in(std::string_view typed);
// Those in whom each of the words occurs somewhere: in a login, a name or how it is read, an address, an employee's number, a department, a
// telephone number.
Bits having_words(const People& people, std::span<const std::string> words);

// Those whose login is in that domain.
Bits in_domain(const People& people, std::string_view domain);

// Where in ascending `codes` the first stands, at `place` or behind it, that isn't below `code`.
std::size_t first_from(std::span<const Code> codes, std::size_t place, std::size_t code);
// Keeps the bits for which `holds(row)`.
template <class Holds>
void keep_where(Bits& bits, const Holds& holds) {
  for (std::size_t i = 0; i < bits.size(); ++i) {
    for (std::uint64_t left = bits[i]; left != 0; left &= left - 1) {
      const std::size_t row = i * 64 + static_cast<std::size_t>(std::countr_zero(left));
      if (!holds(row)) clear_bit(bits, row);
    }
  }
}
void keep_only(Bits& bits, const Bits& those);
void add_those(Bits& bits, const Bits& those);
std::size_t count_of(const Bits& bits);

}  // namespace kidoban::search
