// Values side by side in memory, and what is found in them.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "kit/world.h"
#include "search/texts.h"

namespace kidoban::search {
namespace {

TEST_CASE("a part is found in each value that has it, wherever that lies in memory") {
  kit::SeededRandom random;
  std::mt19937_64 dice(random.bytes<1>()[0] + 256 * random.bytes<1>()[0]);
  const auto below = [&](std::size_t n) { return dice() % n; };
  Texts texts;
  const std::vector<std::string> pieces{"山田", "花子", "a", "b", "xyz", "12", "営", "業", "佐"};
  const auto some = [&](std::size_t most) {
    std::string out;
    for (std::size_t n = 1 + below(most); n > 0; --n) out += pieces[below(pieces.size())];
    return out;
  };
  for (int i = 0; i < 4000; ++i) texts.add(below(50) == 0 ? some(60) : some(12));  // many blocks; none that is also found by another spelling
  for (int i = 0; i < 300; ++i) {
    std::string part = some(5);
    if (below(3) == 0) part = part.substr(below(part.size()));  // from the midst of a character, too
    const auto found = texts.containing(part);
    for (Code code = 1; code < texts.size(); ++code) {
      const bool is = texts.at(code).find(part) != std::string_view::npos;
      if (is != std::ranges::binary_search(found, code)) FAIL_CHECK("part ", part, " of ", std::string(texts.at(code)));
      if (is != texts.contains(code, part)) FAIL_CHECK("part ", part, " of ", std::string(texts.at(code)));
    }
  }
}

TEST_CASE("a part that is longer than what is skipped at once is found") {
  kit::SeededRandom random;
  std::mt19937_64 dice(random.bytes<1>()[0]);
  Texts texts;
  std::string value;
  while (value.size() < 20'000) value += static_cast<char>('a' + dice() % 26);
  texts.add("somebody else");
  const Code code = texts.add(value);
  for (const std::size_t length : {3U, 4095U, 4096U, 4097U, 8192U, 12'000U}) {
    CHECK(texts.containing(std::string_view(value).substr(1234, length)) == std::vector{code});
  }
}

}  // namespace
}  // namespace kidoban::search
