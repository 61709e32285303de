#pragma once
// Which people a filter holds for, and in which of them words occur: a bit a row, column by column. A value that many have is compared
// once; nothing is allocated for a person.

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

void keep_only(Bits& bits, const Bits& those);
void add_those(Bits& bits, const Bits& those);
std::size_t count_of(const Bits& bits);

}  // namespace kidoban::search
