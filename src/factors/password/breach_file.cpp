// A sorted file of breached passwords' hashes, searched by halving. The lines are of different lengths, so a probe lands
// within one and goes on to the next line's beginning.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "factors/password/breach.h"

namespace kidoban::factors::password {

namespace {

constexpr std::size_t sha1_digits = 40;
constexpr std::size_t ntlm_digits = 32;
// "HASH:COUNT\r\n" with a count of eleven digits, twice: wherever it begins, one whole line is within.
constexpr std::size_t window = 2 * (sha1_digits + 1 + 11 + 2);

bool is_hash(std::string_view text, std::size_t digits) {
  return text.size() == digits && std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); });
}

class BreachFile final : public BreachList {
 public:
  BreachFile(int descriptor, std::uint64_t size, std::size_t digits) : descriptor_(descriptor), size_(size), digits_(digits) {}
  ~BreachFile() override { ::close(descriptor_); }
  BreachFile(const BreachFile&) = delete;
  BreachFile& operator=(const BreachFile&) = delete;

  Result<bool> knows(TenantId, const Secret& spelled, runtime::Deadline) override {
    if (digits_ == sha1_digits) return has(breach_sha1(spelled));
    const auto hash = breach_ntlm(spelled);
    if (!hash) return fail(Kind::unavailable, "breach_check_unavailable", "this machine's OpenSSL has no MD4 for a file of NTLM hashes");
    return has(*hash);
  }
  Result<bool> has(std::string_view hash) const {
    // The line sought begins in [low, high), where it is there at all.
    std::uint64_t low = 0;
    std::uint64_t high = size_;
    while (low < high) {
      const std::uint64_t middle = low + (high - low) / 2;
      const auto line = TRY(line_after(middle));
      if (!line) {  // `middle` is within the last line
        high = middle;
        continue;
      }
      if (line->hash == hash) return true;
      if (line->hash < hash) low = line->at + 1;
      else high = middle;
    }
    return false;
  }

 private:
  struct Line {
    std::uint64_t at;
    std::string hash;
  };
  // The first line that begins at `from` or after it.
  Result<std::optional<Line>> line_after(std::uint64_t from) const {
    std::array<char, window> bytes;
    const std::uint64_t begin = from == 0 ? 0 : from - 1;  // a line's beginning is told by the end of the line before
    ssize_t got = 0;
    do got = ::pread(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(begin));
    while (got < 0 && errno == EINTR);
    if (got < 0) return fail(Kind::unavailable, "breach_check_unavailable", std::strerror(errno));
    const std::string_view text(bytes.data(), static_cast<std::size_t>(got));
    std::size_t at = 0;
    if (from > 0) {
      at = text.find('\n');
      if (at == std::string_view::npos) {
        if (begin + text.size() < size_) return damaged(from);
        return std::nullopt;
      }
      ++at;
    }
    if (at == text.size() && begin + at >= size_) return std::nullopt;
    const std::string_view hash = text.substr(at, digits_);
    if (!is_hash(hash, digits_) || text.substr(at + digits_, 1) != ":") return damaged(from);
    return Line{begin + at, std::string(hash)};
  }
  static Failure damaged(std::uint64_t at) {
    return fail(Kind::unavailable, "breach_check_unavailable", "the file of breached passwords has no line HASH:COUNT near byte " + std::to_string(at));
  }
  int descriptor_;
  std::uint64_t size_;
  std::size_t digits_;
};

// Which hash the first line is of.
std::size_t digits_in(int descriptor) {
  std::array<char, sha1_digits + 1> first{};
  const ssize_t got = ::pread(descriptor, first.data(), first.size(), 0);
  return got > static_cast<ssize_t>(ntlm_digits) && first[ntlm_digits] == ':' ? ntlm_digits : sha1_digits;
}

}  // namespace

Result<std::unique_ptr<BreachList>> open_breach_file(const std::filesystem::path& file) {
  const auto wrong = [&](const std::string& what) {
    return fail(Kind::malformed, "configuration_invalid", "password.breach_file = \"" + file.string() + "\" " + what);
  };
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return wrong(std::string("can't be read: ") + std::strerror(errno));
  struct stat about{};
  const bool is_file = ::fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode);
  auto list = std::make_unique<BreachFile>(descriptor, is_file ? static_cast<std::uint64_t>(about.st_size) : 0,
                                           is_file ? digits_in(descriptor) : sha1_digits);
  if (!is_file || about.st_size == 0) return wrong("is no file, or an empty one");
  // Looked into, so that a file of another kind is told at the start.
  if (!list->has("0")) return wrong("isn't lines of HASH:COUNT (SHA-1 or NTLM, upper case) sorted by hash");
  return list;
}

}  // namespace kidoban::factors::password
