#include "search/texts.h"

#include <algorithm>
#include <cstring>
#include <functional>

namespace kidoban::search {

namespace {

constexpr char exact_mark = '\xfd', flag_mark = '\xfe', number_mark = '\xff';

bool has_bit(const std::vector<std::uint64_t>& bits, Code code) { return ((bits[code / 64] >> (code % 64)) & 1) != 0; }
void set_bit(std::vector<std::uint64_t>& bits, Code code) { bits[code / 64] |= std::uint64_t{1} << (code % 64); }

constexpr std::size_t block_bytes = 4096;

// Of three bytes, a number below 8192: a block has two thousand of them.
std::size_t trigram_at(const char* bytes) {
  const auto at = [&](int i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])); };
  return static_cast<std::size_t>(((at(0) | at(1) << 8 | at(2) << 16) * 0x9e3779b1U) >> 19);
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
  if (!blocks_.empty()) ::explicit_bzero(blocks_.data(), blocks_.size() * sizeof(Trigrams));
}

// What stood here goes with `other`, which wipes it.
Texts& Texts::operator=(Texts&& other) noexcept {
  arena_.swap(other.arena_);
  blocks_.swap(other.blocks_);
  begin_.swap(other.begin_);
  table_.swap(other.table_);
  aliases_.swap(other.aliases_);
  return *this;
}

std::size_t Texts::slot_of(std::string_view bytes) const {
  std::size_t slot = std::hash<std::string_view>{}(bytes) & (table_.size() - 1);
  while (table_[slot] != 0 && at(table_[slot]) != bytes) slot = (slot + 1) & (table_.size() - 1);
  return slot;
}

void Texts::grow() {
  std::vector<Code> before(table_.size() * 2);
  before.swap(table_);
  for (const Code code : before) {
    if (code != 0) table_[slot_of(at(code))] = code;
  }
}

Code Texts::append(std::string_view bytes) {
  if (size() * 4 > table_.size() * 3) grow();
  const std::size_t slot = slot_of(bytes);
  if (table_[slot] != 0) return table_[slot];
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
  note_trigrams(arena_.size() - 1 - bytes.size(), arena_.size() - 1);
  begin_.push_back(static_cast<std::uint32_t>(arena_.size()));
  table_[slot] = code;
  return code;
}

Code Texts::add(std::string_view bytes) {
  if (bytes.empty()) return 0;
  if (const Code known = table_[slot_of(bytes)]; known != 0) return known;
  const Code code = append(bytes);
  std::string other = digits_of(bytes);
  if (!reads_as_phone(bytes, other.size())) other = katakana_of(bytes);
  if (other != bytes) aliases_.emplace_back(code, append(other));
  return code;
}

std::optional<Code> Texts::find(std::string_view bytes) const {
  if (bytes.empty()) return std::nullopt;
  const Code code = table_[slot_of(bytes)];
  return code == 0 ? std::nullopt : std::optional(code);
}

std::size_t Texts::bytes() const {
  return arena_.capacity() + blocks_.capacity() * sizeof(Trigrams) + begin_.capacity() * sizeof(std::uint32_t) + table_.capacity() * sizeof(Code) + aliases_.capacity() * sizeof(aliases_.front());
}

void Texts::note_trigrams(std::size_t from, std::size_t until) {
  blocks_.resize((arena_.size() + block_bytes - 1) / block_bytes);
  for (; from + 3 <= until; ++from) {
    const std::size_t bit = trigram_at(arena_.data() + from);
    blocks_[from / block_bytes][bit / 64] |= std::uint64_t{1} << (bit % 64);
  }
}

// Those with `part` beginning at a place from `from` to before `until`. `code` is of a value at or before that.
void Texts::look_in(std::size_t from_place, std::size_t until, std::string_view part, Code& code, std::vector<std::uint64_t>& out) const {
  const char* const first = arena_.data();
  const char* const end = first + std::min(arena_.size(), until + part.size() - 1);
  for (const char* from = first + from_place; from < end;) {
    const auto* hit = static_cast<const char*>(::memmem(from, static_cast<std::size_t>(end - from), part.data(), part.size()));
    if (hit == nullptr) return;
    const auto place = static_cast<std::uint32_t>(hit - first);
    // Hits come in order: the next one's value is mostly near.
    std::size_t step = 1;
    while (code + step < begin_.size() && begin_[code + step] <= place) step *= 2;
    const auto from_here = begin_.begin() + code;
    const auto last = begin_.begin() + static_cast<std::ptrdiff_t>(std::min(code + step, begin_.size()));
    code = static_cast<Code>(std::upper_bound(from_here, last, place) - begin_.begin() - 1);
    if (place + part.size() < begin_[code + 1]) {
      set_bit(out, code);
      from = first + begin_[code + 1];
    } else {
      from = hit + 1;
    }
  }
}

std::vector<std::uint64_t> Texts::containing(std::string_view part) const {
  std::vector<std::uint64_t> out(size() / 64 + 1);
  if (part.empty()) return out;
  std::vector<std::size_t> trigrams;
  // A part that begins in a block may go on into the next; what goes on beyond that is left to the look itself.
  for (std::size_t i = 0; i + 3 <= part.size() && i < block_bytes; ++i) trigrams.push_back(trigram_at(part.data() + i));
  const auto may_begin_in = [&](std::size_t block) {
    return std::ranges::all_of(trigrams, [&](std::size_t bit) {
      const auto in = [&](std::size_t one) { return one < blocks_.size() && ((blocks_[one][bit / 64] >> (bit % 64)) & 1) != 0; };
      return in(block) || in(block + 1);
    });
  };
  const std::size_t blocks = (arena_.size() + block_bytes - 1) / block_bytes;
  Code code = 1;
  for (std::size_t block = 0; block < blocks; ++block) {
    if (!may_begin_in(block)) continue;
    std::size_t after = block + 1;
    while (after < blocks && may_begin_in(after)) ++after;
    look_in(block * block_bytes, after * block_bytes, part, code, out);
    block = after;
  }
  for (const auto& [meant, also] : aliases_) {
    if (has_bit(out, also)) set_bit(out, meant);
  }
  return out;
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
