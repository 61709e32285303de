#include "runtime/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <ctime>
#include <iterator>

#include "base/clock.h"
#include "base/text.h"

namespace kidoban::runtime {

namespace {

constexpr std::array<std::string_view, 5> level_names{"debug", "info", "warning", "error", "off"};
std::atomic<Level> threshold{Level::info};

using Line = fmt::memory_buffer;

void put(Line& line, std::string_view text) { line.append(text.data(), text.data() + text.size()); }

// RFC 8259 §7. A byte that isn't UTF-8 becomes U+FFFD, so that a line is always JSON.
void put_quoted(Line& line, std::string_view text) {
  const bool whole = is_utf8(text);
  line.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line.push_back('\\');
      line.push_back(c);
    } else if (byte < 0x20 || byte == 0x7F) {
      fmt::format_to(std::back_inserter(line), "\\u{:04x}", byte);
    } else if (byte >= 0x80 && !whole) {
      put(line, "\xEF\xBF\xBD");
    } else {
      line.push_back(c);
    }
  }
  line.push_back('"');
}

void put_field(Line& line, std::string_view name, std::string_view text) {
  put(line, ",");
  put_quoted(line, name);
  put(line, ":");
  put_quoted(line, text);
}

void put_field(Line& line, const Field& field) {
  put(line, ",");
  put_quoted(line, field.name);
  put(line, ":");
  if (const auto* text = std::get_if<std::string>(&field.value)) put_quoted(line, *text);
  else if (const auto* whole = std::get_if<std::int64_t>(&field.value)) fmt::format_to(std::back_inserter(line), "{}", *whole);
  else if (const auto* flag = std::get_if<bool>(&field.value)) put(line, *flag ? "true" : "false");
  else {
    const double number = std::get<double>(field.value);
    if (std::isfinite(number)) fmt::format_to(std::back_inserter(line), "{}", number);
    else put(line, "null");  // JSON has no infinity
  }
}

// "2026-11-23T09:00:00.123456Z"; the part to the second is made once a second on each thread.
void put_now(Line& line) {
  const Time now = system_clock().now();
  const std::int64_t second = to_s(now);
  thread_local std::int64_t made_for = -1;
  thread_local std::array<char, 24> text;
  if (second != made_for) {
    const auto seconds = static_cast<std::time_t>(second);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    made_for = second;
  }
  fmt::format_to(std::back_inserter(line), "{}.{:06}Z", text.data(), to_us(now) - second * 1'000'000);
}

// One write(2) a line, so that lines of different threads don't mix. A log that can't be written
// must not stop the service: what is left of the line is dropped.
void write_out(const Line& line) {
  std::string_view left(line.data(), line.size());
  while (!left.empty()) {
    const ssize_t wrote = ::write(STDERR_FILENO, left.data(), left.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return;
    left.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

void write_line(Level level, std::string_view event, const Error* error, std::initializer_list<Field> fields) {
  thread_local Line line;  // keeps what it grew to: no allocation a line
  line.clear();
  put(line, R"({"time":")");
  put_now(line);
  fmt::format_to(std::back_inserter(line), R"(","level":"{}","event":)", level_names[static_cast<std::size_t>(level)]);
  put_quoted(line, event);
  if (error != nullptr) {
    put_field(line, "kind", name_of(error->kind));
    put_field(line, "reason", error->reason.text());
    if (!error->note.empty()) put_field(line, "note", error->note);
    std::string_view file = error->where.file_name();
    if (const auto source = file.rfind("/src/"); source != std::string_view::npos) file.remove_prefix(source + 5);
    put_field(line, "place", fmt::format("{}:{}", file, error->where.line()));
  }
  for (const Field& field : fields) put_field(line, field);
  put(line, "}\n");
  write_out(line);
}

}  // namespace

void set_log_level(Level level) { threshold.store(level, std::memory_order_relaxed); }

std::optional<Level> level_named(std::string_view name) {
  for (std::size_t i = 0; i < level_names.size(); ++i) {
    if (level_names[i] == name) return static_cast<Level>(i);
  }
  return std::nullopt;
}

bool logs(Level level) { return level >= threshold.load(std::memory_order_relaxed) && level != Level::off; }

void log(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (logs(level)) write_line(level, event, nullptr, fields);
}

void log(Level level, std::string_view event, const Error& error, std::initializer_list<Field> fields) {
  if (logs(level)) write_line(level, event, &error, fields);
}

}  // namespace kidoban::runtime
