#include "search/postings.h"

#include <cstring>

namespace kidoban::search {

namespace {

struct Entry {
  std::uint64_t beginning = 0;  // eight bytes from a depth on, which compare as the texts do
  std::uint32_t place = 0;
};

class Sorting {
 public:
  Sorting(const Texts& texts, const Postings& postings) : texts_(texts), postings_(postings) {}

  // Those that are the same before `depth`.
  void sort(std::span<Entry> all, std::size_t depth) const {
    constexpr std::size_t few = 16, deep = 128;
    if (all.size() <= few || depth >= deep) {
      std::ranges::sort(all, [&](const Entry& a, const Entry& b) { return text(a) < text(b); });
      return;
    }
    for (Entry& one : all) one.beginning = beginning(text(one), depth);
    std::ranges::sort(all, {}, &Entry::beginning);
    for (std::size_t i = 0; i < all.size();) {
      std::size_t until = i + 1;
      while (until < all.size() && all[until].beginning == all[i].beginning) ++until;
      if (until - i > 1) sort(all.subspan(i, until - i), depth + 8);
      i = until;
    }
  }

 private:
  std::string_view text(const Entry& one) const { return texts_.at(postings_.codes[one.place]); }
  // Zeros behind the end: what has a zero there itself is told apart in the end by all of its bytes.
  static std::uint64_t beginning(std::string_view text, std::size_t depth) {
    std::array<unsigned char, 8> bytes{};
    if (depth < text.size()) std::memcpy(bytes.data(), text.data() + depth, std::min<std::size_t>(8, text.size() - depth));
    std::uint64_t out = 0;
    for (const unsigned char one : bytes) out = out << 8 | one;
    return out;
  }
  const Texts& texts_;
  const Postings& postings_;
};

}  // namespace

std::optional<std::size_t> Postings::place_of(Code code) const {
  const auto found = std::ranges::lower_bound(codes, code);
  if (found == codes.end() || *found != code) return std::nullopt;
  return static_cast<std::size_t>(found - codes.begin());
}

std::size_t Postings::bytes() const {
  return codes.capacity() * sizeof(Code) + from.capacity() * sizeof(std::uint32_t) + rows.capacity() * sizeof(Row) + having.capacity() * sizeof(std::uint64_t);
}

Sorted sorted(const Texts& texts, const Postings& postings) {
  std::vector<Entry> all(postings.codes.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i].place = static_cast<std::uint32_t>(i);
  Sorting(texts, postings).sort(all, 0);
  Sorted out;
  out.places.reserve(all.size());
  for (const Entry& one : all) out.places.push_back(one.place);
  // Names begin so.
  if (!all.empty()) ::explicit_bzero(all.data(), all.size() * sizeof(Entry));
  return out;
}

}  // namespace kidoban::search
