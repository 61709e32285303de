// Breached passwords: the file's every line is found and nothing else, and an answer that is none says so.

#include "factors/password/breach.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "kit/world.h"

using namespace kidoban;
using namespace kidoban::factors::password;

namespace {

struct Folder {
  Folder() { path = ::mkdtemp(name.data()); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path write(const std::string& text) const {
    std::ofstream(path / "list", std::ios::binary) << text;
    return path / "list";
  }
  std::string name = (std::filesystem::temp_directory_path() / "kidoban-breach-XXXXXX").string();
  std::filesystem::path path;
};

std::string text_of(std::size_t n) { return "password " + std::to_string(n); }
Result<bool> ask(BreachList& list, std::string_view password) { return list.knows({}, Secret::of(password), runtime::Deadline::never()); }

// A list of those passwords, as a file.
std::string lines_of(std::size_t count, bool ntlm, const std::string& ending) {
  std::set<std::string> hashes;
  for (std::size_t n = 0; n < count; ++n) hashes.insert(ntlm ? *breach_ntlm(Secret::of(text_of(n))) : breach_sha1(Secret::of(text_of(n))));
  std::string text;
  std::size_t digits = 0;
  for (const std::string& hash : hashes) text += hash + ":" + std::string(1 + digits++ % 11, '9') + ending;
  return text;
}

}  // namespace

TEST_CASE("hashes are those that lists are made of") {
  CHECK(breach_sha1(Secret::of("password")) == "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8");
  CHECK(breach_ntlm(Secret::of("password")) == "8846F7EAEE8FB117AD06BDD830B7586C");
}

TEST_CASE("every line of a sorted file is found, and nothing between them") {
  const Folder folder;
  for (const std::size_t count : {1U, 2U, 3U, 7U, 500U}) {
    for (const std::string ending : {"\n", "\r\n"}) {
      for (const bool last_ends : {true, false}) {
        for (const bool ntlm : {true, false}) {
          std::string text = lines_of(count, ntlm, ending);
          if (!last_ends) text.resize(text.size() - ending.size());
          const auto list = open_breach_file(folder.write(text));
          REQUIRE(list.has_value());
          for (std::size_t n = 0; n < 2 * count; ++n) CHECK(ask(**list, text_of(n)).value_or(n >= count) == (n < count));
        }
      }
    }
  }
}

TEST_CASE("a file of another kind is refused at the start, one that was damaged since says that it can't tell") {
  const Folder folder;
  CHECK_FALSE(open_breach_file(folder.path / "nowhere").has_value());
  CHECK_FALSE(open_breach_file(folder.path).has_value());
  CHECK_FALSE(open_breach_file(folder.write("")).has_value());
  CHECK_FALSE(open_breach_file(folder.write("password\n123456\n")).has_value());
  CHECK_FALSE(open_breach_file(folder.write(std::string(4096, 'A'))).has_value());
  CHECK_FALSE(open_breach_file(folder.write("5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8:3\n")).has_value());
  const std::string text = lines_of(20, false, "\n");
  const auto list = open_breach_file(folder.write(text));
  REQUIRE(list.has_value());
  folder.write(std::string(text.size(), '\n'));
  const auto told = ask(**list, text_of(1));
  CHECK((!told && told.error().reason == "breach_check_unavailable"));
}

TEST_CASE("a range answer is believed only where every line of it is one") {
  const std::string suffix = "1E4C9B93F3F0682250B6CF8331B7EE68FD8", other = "0018A45C4D1DEF81644B54AB7F969B88D65";
  CHECK(range_has(other + ":1\r\n" + suffix + ":10434004", suffix).value_or(false));
  CHECK_FALSE(range_has(other + ":1\r\n", suffix).value_or(true));
  CHECK_FALSE(range_has(suffix + ":0\r\n", suffix).value_or(true));  // padding
  for (const std::string& answer : {std::string(), std::string("<html>"), suffix, suffix + ":", suffix + ":-1", suffix + ":many", suffix.substr(1) + ":1",
                                    suffix + ":1\n<html>", "x" + suffix.substr(1) + ":1"}) {
    INFO(answer);
    CHECK_FALSE(range_has(answer, suffix).has_value());
  }
}

TEST_CASE("a service that can't be reached says so") {
  const auto service = make_breach_service("http://127.0.0.1:1/range/");
  const auto told = service->knows({}, Secret::of("password"), runtime::Deadline::after(std::chrono::seconds(5)));
  CHECK((!told && told.error().reason == "breach_check_unavailable"));
}
