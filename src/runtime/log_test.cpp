#include "runtime/log.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <limits>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/text.h"

using namespace kidoban;
using namespace kidoban::runtime;

namespace {

// What `body` writes to standard error.
template <class Body>
std::string captured(Body body) {
  char name[] = "/tmp/kidoban-log-XXXXXX";
  const int file = ::mkstemp(name);
  REQUIRE(file >= 0);
  const int saved = ::dup(STDERR_FILENO);
  ::dup2(file, STDERR_FILENO);
  body();
  ::dup2(saved, STDERR_FILENO);
  ::close(saved);
  std::string text;
  ::lseek(file, 0, SEEK_SET);
  char part[4096];
  for (ssize_t got = 0; (got = ::read(file, part, sizeof part)) > 0;) text.append(part, static_cast<std::size_t>(got));
  ::close(file);
  ::unlink(name);
  return text;
}

struct LevelAtEnd {
  ~LevelAtEnd() { set_log_level(Level::info); }
};

}  // namespace

TEST_CASE("a line is one JSON object with time, level, event and fields") {
  const std::string line = captured([] {
    log(Level::info, "listening", {{"address", "127.0.0.1:8080"}, {"n", std::int64_t{-3}}, {"part", 0.5}, {"on", true}});
  });
  std::string shape = line;
  for (std::size_t i = shape.find("\"time\""); i < shape.find("\"level\""); ++i) {
    if (shape[i] >= '0' && shape[i] <= '9') shape[i] = '9';
  }
  CHECK(shape == R"({"time":"9999-99-99T99:99:99.999999Z","level":"info","event":"listening","address":"127.0.0.1:8080","n":-3,"part":0.5,"on":true})" "\n");
}

TEST_CASE("nothing that is logged can end its line or its string") {
  const std::string line = captured([] {
    log(Level::warning, "odd", {{"text", "a\"b\\c\nd\x01\x7F\xFF"}, {"far", std::numeric_limits<double>::infinity()}});
  });
  CHECK(line.find(R"("text":"a\"b\\c\u000ad\u0001\u007f)" "\xEF\xBF\xBD\"") != std::string::npos);
  CHECK(line.find(R"("far":null)") != std::string::npos);
  CHECK(line.find('\n') == line.size() - 1);
  CHECK(is_utf8(line));
}

TEST_CASE("an error is logged with its kind, reason, note and place") {
  const Error error = fail(Kind::conflict, "slug_taken", "the note").error();
  const std::string line = captured([&] { log(Level::error, "failed", error, {{"who", "x"}}); });
  CHECK(line.find(R"("kind":"conflict","reason":"slug_taken","note":"the note","place":"runtime/log_test.cpp:)") != std::string::npos);
  CHECK(line.ends_with(R"("who":"x"})" "\n"));
}

TEST_CASE("what is below the level isn't written") {
  const LevelAtEnd restore;
  set_log_level(Level::error);
  CHECK(captured([] { log(Level::warning, "quiet"); }).empty());
  CHECK_FALSE(captured([] { log(Level::error, "loud"); }).empty());
  set_log_level(Level::off);
  CHECK(captured([] { log(Level::error, "quiet"); }).empty());
  CHECK_FALSE(logs(Level::off));
  CHECK(level_named("warning") == Level::warning);
  CHECK_FALSE(level_named("loud").has_value());
}

TEST_CASE("lines of many threads never mix") {
  const std::string text = captured([] {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([] {
        for (int i = 0; i < 500; ++i) log(Level::info, "mix", {{"text", std::string(100, 'x')}});
      });
    }
    for (auto& thread : threads) thread.join();
  });
  std::istringstream lines(text);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    CHECK(line.starts_with("{\"time\":"));
    CHECK(line.ends_with("x\"}"));
  }
  CHECK(count == 2000);
}
