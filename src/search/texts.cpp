#include "search/texts.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace kidoban::search {

namespace {

constexpr char exact_mark = '\xfd', flag_mark = '\xfe', number_mark = '\xff';

// Of three bytes, a number below 512: a block's sixteen values have some 150 of them.
std::size_t trigram_at(const char* bytes) {
  const auto at = [&](int i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])); };
  return static_cast<std::size_t>(((at(0) | at(1) << 8 | at(2) << 16) * 0x9e3779b1U) >> 23);
}

// As memmem, which takes longer to begin than a block takes to look through.
const char* find_in(const char* from, const char* end, std::string_view part) {
  if (static_cast<std::size_t>(end - from) < part.size()) return nullptr;
#ifdef __SSE2__
  // Sixteen places at a time: where its first and its last byte stand, the rest is compared.
  const std::size_t ahead = part.size() - 1;
  const __m128i first = _mm_set1_epi8(part.front()), last = _mm_set1_epi8(part.back());
  const auto load = [](const char* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); };
  for (; static_cast<std::size_t>(end - from) >= ahead + 16; from += 16) {
    auto both = static_cast<unsigned>(_mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(load(from), first), _mm_cmpeq_epi8(load(from + ahead), last))));
    for (; both != 0; both &= both - 1) {
      const char* at = from + std::countr_zero(both);
      if (std::memcmp(at, part.data(), part.size()) == 0) return at;
    }
  }
#endif
  return static_cast<const char*>(::memmem(from, static_cast<std::size_t>(end - from), part.data(), part.size()));
}

bool reads_as_phone(std::string_view text, std::size_t digits) {
  return digits >= 5 && digits < text.size() && text.find_first_not_of("0123456789+-()./ ") == std::string_view::npos;
}

}  // namespace

// ASCII needs no mark: it is folded without being looked up.
std::string exact_bytes(std::string_view text) {
  const bool ascii = std::ranges::all_of(text, [](unsigned char c) { return c < 0x80; });
  return (ascii ? "" : std::string{exact_mark}) + std::string(text);
}
std::string_view exact_in(std::string_view bytes) { return bytes.starts_with(exact_mark) ? bytes.substr(1) : bytes; }

std::string bytes_of(bool flag) { return {flag_mark, flag ? '\1' : '\0'}; }

std::string bytes_of(std::int64_t number) {
  std::string out{number_mark};
  const std::uint64_t ordered = static_cast<std::uint64_t>(number) ^ (std::uint64_t{1} << 63);
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>((ordered >> shift) & 0xff);
  return out;
}

std::optional<bool> Texts::flag_in(std::string_view bytes) {
  if (bytes.size() != 2 || bytes.front() != flag_mark) return std::nullopt;
  return bytes[1] != 0;
}

std::optional<std::int64_t> Texts::number_in(std::string_view bytes) {
  if (bytes.size() != 9 || bytes.front() != number_mark) return std::nullopt;
  std::uint64_t ordered = 0;
  for (const char c : bytes.substr(1)) ordered = ordered << 8 | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(ordered ^ (std::uint64_t{1} << 63));
}

Texts::Texts() : arena_(1, '\0'), begin_{0, 1}, table_(64) {}

Texts::~Texts() {
  // Names and addresses don't stay behind in memory that others get.
  if (!arena_.empty()) ::explicit_bzero(arena_.data(), arena_.size());
  for (const auto& one : trigrams_) ::explicit_bzero(one.get(), sizeof(Trigrams));
}

// What stood here goes with `other`, which wipes it.
Texts& Texts::operator=(Texts&& other) noexcept {
  arena_.swap(other.arena_);
  trigrams_.swap(other.trigrams_);
  begin_.swap(other.begin_);
  table_.swap(other.table_);
  aliases_.swap(other.aliases_);
  meant_.swap(other.meant_);
  return *this;
}

std::uint32_t Texts::hash_of(std::string_view bytes) { return static_cast<std::uint32_t>(std::hash<std::string_view>{}(bytes)); }

std::size_t Texts::slot_of(std::string_view bytes, std::uint32_t hash) const {
  std::size_t slot = hash & (table_.size() - 1);
  while (table_[slot].code != 0 && (table_[slot].hash != hash || at(table_[slot].code) != bytes)) slot = (slot + 1) & (table_.size() - 1);
  return slot;
}

void Texts::grow() {
  std::vector<Slot> before(table_.size() * 2);
  before.swap(table_);
  for (const Slot& one : before) {
    if (one.code == 0) continue;
    std::size_t slot = one.hash & (table_.size() - 1);
    while (table_[slot].code != 0) slot = (slot + 1) & (table_.size() - 1);
    table_[slot] = one;
  }
}

// What isn't there; `slot` is where it isn't.
Code Texts::append(std::string_view bytes, std::uint32_t hash, std::size_t slot) {
  const Code code = static_cast<Code>(size());
  if (arena_.size() + bytes.size() + 1 > arena_.capacity()) {
    // By hand, so that what was moved away from is wiped, and a large one doesn't double.
    std::string larger;
    larger.reserve(arena_.size() + arena_.size() / 3 + bytes.size() + 4096);
    larger += arena_;
    arena_.swap(larger);
    ::explicit_bzero(larger.data(), larger.size());
  }
  arena_ += bytes;
  arena_ += '\0';
  begin_.push_back(static_cast<std::uint32_t>(arena_.size()));
  if (!trigrams_.empty()) note_trigrams(code);
  else if (code == looked_through) {
    for (Code one = 1; one <= code; ++one) note_trigrams(one);
  }
  table_[slot] = {code, hash};
  if (size() * 4 > table_.size() * 3) grow();
  return code;
}

Code Texts::known_or_appended(std::string_view bytes) {
  const std::uint32_t hash = hash_of(bytes);
  const std::size_t slot = slot_of(bytes, hash);
  return table_[slot].code != 0 ? table_[slot].code : append(bytes, hash, slot);
}

Code Texts::add(std::string_view bytes) {
  if (bytes.empty()) return 0;
  const std::uint32_t hash = hash_of(bytes);
  const std::size_t slot = slot_of(bytes, hash);
  if (table_[slot].code != 0) return table_[slot].code;
  const Code code = append(bytes, hash, slot);
  std::string other = digits_of(bytes);
  if (!reads_as_phone(bytes, other.size())) other = katakana_of(bytes);
  if (other == bytes) return code;
  const Code also = known_or_appended(other);
  aliases_.emplace_back(code, also);
  if (also != code + 1) meant_.emplace(also, code);
  return code;
}

std::optional<Code> Texts::find(std::string_view bytes) const {
  if (bytes.empty()) return std::nullopt;
  const Code code = table_[slot_of(bytes, hash_of(bytes))].code;
  return code == 0 ? std::nullopt : std::optional(code);
}

std::size_t Texts::bytes() const {
  constexpr std::size_t in_a_set = 48;
  return arena_.capacity() + trigrams_.size() * sizeof(Trigrams) + begin_.capacity() * sizeof(std::uint32_t) + table_.capacity() * sizeof(Slot) + aliases_.capacity() * sizeof(aliases_.front()) +
         meant_.size() * in_a_set;
}

void Texts::note_trigrams(Code code) {
  if (code / in_trigrams >= trigrams_.size()) trigrams_.push_back(std::make_unique<Trigrams>());
  const std::size_t block = code % in_trigrams / block_codes;
  const std::uint64_t bit = std::uint64_t{1} << (block % 64);
  auto& rows = trigrams_.back()->rows;
  const std::string_view value = at(code);
  for (std::size_t i = 0; i + 3 <= value.size(); ++i) rows[trigram_at(value.data() + i)][block / 64] |= bit;
}

Texts::Places Texts::places_of(std::string_view part) const {
  Places out;
  if (part.empty()) return out;
  const std::size_t blocks = (size() + block_codes - 1) / block_codes;
  out.blocks.resize((blocks + 63) / 64, ~std::uint64_t{0});
  if (blocks % 64 != 0) out.blocks.back() = (std::uint64_t{1} << (blocks % 64)) - 1;
  std::vector<std::size_t> hashes;
  for (std::size_t i = 0; i + 3 <= part.size() && i < Trigrams::hashes; ++i) hashes.push_back(trigram_at(part.data() + i));
  std::ranges::sort(hashes);
  hashes.erase(std::ranges::unique(hashes).begin(), hashes.end());
  constexpr std::size_t soon = 4;
  for (std::size_t i = 0; i < trigrams_.size() && !hashes.empty(); ++i) {
    for (const std::size_t hash : hashes) {
      if (i + soon < trigrams_.size()) __builtin_prefetch(&trigrams_[i + soon]->rows[hash]);
    }
    auto all = trigrams_[i]->rows[hashes.front()];
    for (const std::size_t hash : hashes) {
      const auto& row = trigrams_[i]->rows[hash];
      for (std::size_t word = 0; word < Trigrams::words; ++word) all[word] &= row[word];
    }
    for (std::size_t word = 0; word < Trigrams::words && i * Trigrams::words + word < out.blocks.size(); ++word) out.blocks[i * Trigrams::words + word] &= all[word];
  }
  std::size_t some = 0;
  for (const std::uint64_t word : out.blocks) some += static_cast<std::size_t>(std::popcount(word));
  out.bytes = some * (arena_.size() / blocks);
  return out;
}

// Those with `part` among the codes from `from` to before `until`.
void Texts::look_in(Code code, Code until, std::string_view part, std::vector<Code>& out) const {
  const char* const first = arena_.data();
  const char* const end = first + begin_[until];
  for (const char* from = first + begin_[code]; from < end;) {
    const char* hit = find_in(from, end, part);
    if (hit == nullptr) return;
    const auto place = static_cast<std::uint32_t>(hit - first);
    // Hits come in order: the next one's value is mostly near.
    std::size_t step = 1;
    while (code + step < until && begin_[code + step] <= place) step *= 2;
    const auto from_here = begin_.begin() + code;
    const auto last = begin_.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(code + step, until));
    code = static_cast<Code>(std::upper_bound(from_here, last, place) - begin_.begin() - 1);
    if (place + part.size() < begin_[code + 1]) {
      out.push_back(code);
      from = first + begin_[code + 1];
    } else {
      from = hit + 1;
    }
  }
}

std::vector<Code> Texts::containing(std::string_view part, const Places& where) const {
  std::vector<Code> out;
  if (part.empty()) return out;
  std::vector<Code> blocks;
  for (std::size_t i = 0; i < where.blocks.size(); ++i) {
    for (std::uint64_t left = where.blocks[i]; left != 0; left &= left - 1) blocks.push_back(static_cast<Code>((i * 64 + static_cast<std::size_t>(std::countr_zero(left))) * block_codes));
  }
  // They lie far from each other: what is read soon is fetched meanwhile.
  constexpr std::size_t soon = 8, line = 64, lines = 5;
  const auto fetch = [&](std::size_t i) {
    if (i + soon < blocks.size()) __builtin_prefetch(&begin_[blocks[i + soon]]);
    if (i >= blocks.size()) return;
    const char* at = arena_.data() + begin_[blocks[i]];
    for (std::size_t n = 0; n < lines; ++n) __builtin_prefetch(at + n * line);
  };
  const auto end = static_cast<Code>(size());
  for (std::size_t i = 0; i < blocks.size();) {
    const Code from = blocks[i];
    Code until = from;
    for (; i < blocks.size() && blocks[i] == until; ++i, until += block_codes) fetch(i + soon);
    look_in(from, std::min(until, end), part, out);
  }
  add_meant(out);
  return out;
}

// Whoever is also found by one of these.
void Texts::add_meant(std::vector<Code>& codes) const {
  std::vector<Code> more;
  auto near = aliases_.begin();
  for (const Code code : codes) {
    std::ptrdiff_t step = 1;
    while (aliases_.end() - near > step && near[step].first < code - 1) step *= 2;
    near = std::lower_bound(near, near + std::min(step, aliases_.end() - near), std::pair{code - 1, Code{0}});
    if (near != aliases_.end() && *near == std::pair{code - 1, code}) more.push_back(code - 1);
    if (meant_.empty()) continue;
    for (auto one = meant_.lower_bound({code, 0}); one != meant_.end() && one->first == code; ++one) more.push_back(one->second);
  }
  if (more.empty()) return;
  codes.insert(codes.end(), more.begin(), more.end());
  std::ranges::sort(codes);
  codes.erase(std::ranges::unique(codes).begin(), codes.end());
}

bool Texts::contains(Code code, std::string_view part) const {
  if (part.empty() || code == 0) return false;
  if (at(code).find(part) != std::string_view::npos) return true;
  const auto also = std::ranges::lower_bound(aliases_, code, {}, &std::pair<Code, Code>::first);
  return also != aliases_.end() && also->first == code && at(also->second).find(part) != std::string_view::npos;
}

std::string katakana_of(std::string_view text) {
  std::string out(text);
  for (std::size_t i = 0; i + 2 < out.size(); ++i) {
    if (out[i] != '\xe3') continue;
    const unsigned low = (static_cast<unsigned char>(out[i + 1]) & 0x3fU) << 6 | (static_cast<unsigned char>(out[i + 2]) & 0x3fU);
    const unsigned point = 0x3000U + low;
    if ((point >= 0x3041 && point <= 0x3096) || point == 0x309d || point == 0x309e) {
      const unsigned to = point + 0x60;
      out[i + 1] = static_cast<char>(0x80 | ((to >> 6) & 0x3f));
      out[i + 2] = static_cast<char>(0x80 | (to & 0x3f));
    }
    i += 2;
  }
  return out;
}

std::string digits_of(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= '0' && c <= '9') out += c;
  }
  return out;
}

}  // namespace kidoban::search
