#include "search/postings.h"

#include <array>
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

void Postings::find_common() {
  for (std::size_t place = 0; place < codes.size(); ++place) {
    const auto of_it = of(place);
    if (of_it.size() * 32 < having.size() * 64) continue;
    Bits bits(having.size());
    for (const Row row : of_it) set_bit(bits, row);
    common.emplace_back(static_cast<std::uint32_t>(place), std::move(bits));
  }
}

const Bits* Postings::common_at(std::size_t place) const {
  const auto found = std::ranges::lower_bound(common, place, {}, &std::pair<std::uint32_t, Bits>::first);
  return found != common.end() && found->first == place ? &found->second : nullptr;
}

void Postings::add_to(Bits& bits, std::size_t place) const {
  if (const Bits* all = common_at(place)) {
    for (std::size_t i = 0; i < all->size(); ++i) bits[i] |= (*all)[i];
  } else {
    for (const Row row : of(place)) set_bit(bits, row);
  }
}

void Postings::take_from(Bits& bits, std::size_t place) const {
  if (const Bits* all = common_at(place)) {
    for (std::size_t i = 0; i < all->size(); ++i) bits[i] &= ~(*all)[i];
  } else {
    for (const Row row : of(place)) clear_bit(bits, row);
  }
}

std::size_t Postings::bytes() const {
  std::size_t out = codes.capacity() * sizeof(Code) + from.capacity() * sizeof(std::uint32_t) + rows.capacity() * sizeof(Row) + having.capacity() * sizeof(std::uint64_t);
  for (const auto& [place, bits] : common) out += bits.capacity() * sizeof(std::uint64_t);
  return out;
}

std::shared_ptr<const Bits> Lately::find(std::string_view question) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(all_, question, &One::question);
  if (found == all_.end()) return nullptr;
  std::rotate(found, found + 1, all_.end());
  return all_.back().bits;
}

void Lately::keep(Derived& all, std::string question, std::shared_ptr<const Bits> bits) {
  One one{std::move(question), std::move(bits)};
  const std::lock_guard lock(mutex_);
  const bool known = std::ranges::find(all_, one.question, &One::question) != all_.end();
  if (known || all.bytes + one.bytes() > all.room) {
    ::explicit_bzero(one.question.data(), one.question.size());
    return;
  }
  if (all_.size() == at_most) {
    all.bytes -= all_.front().bytes();
    ::explicit_bzero(all_.front().question.data(), all_.front().question.size());
    all_.erase(all_.begin());
  }
  all.bytes += one.bytes();
  all.any = true;
  all_.push_back(std::move(one));
}

void Lately::drop() {
  for (One& one : all_) ::explicit_bzero(one.question.data(), one.question.size());
  all_.clear();
}

Sorted sorted(const Texts& texts, const Postings& postings, std::span<const Code> before) {
  Sorted out;
  std::vector<std::uint32_t> old;  // places, in order
  std::vector<Entry> added;
  // By code: one more than its place, until that is in `old`.
  const Zeros<std::uint32_t> places(before.empty() ? 1 : texts.size());
  if (!before.empty()) {
    for (std::uint32_t i = 0; i < postings.codes.size(); ++i) places[postings.codes[i]] = i + 1;
    for (const Code code : before) {
      if (places[code] != 0) old.push_back(std::exchange(places[code], 0) - 1);
    }
  }
  for (std::uint32_t i = 0; i < postings.codes.size(); ++i) {
    if (before.empty() || places[postings.codes[i]] != 0) added.push_back({0, i});
  }
  Sorting(texts, postings).sort(added, 0);
  out.places.reserve(postings.codes.size());
  const auto text = [&](std::uint32_t place) { return texts.at(postings.codes[place]); };
  auto from = old.begin();
  for (const Entry& one : added) {
    const auto until = old.empty() ? from : std::ranges::upper_bound(from, old.end(), text(one.place), {}, text);
    out.places.insert(out.places.end(), from, until);
    out.places.push_back(one.place);
    from = until;
  }
  out.places.insert(out.places.end(), from, old.end());
  // Names begin so.
  if (!added.empty()) ::explicit_bzero(added.data(), added.size() * sizeof(Entry));
  return out;
}

}  // namespace kidoban::search
