#include "http/trace.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/random.h"
#include "base/text.h"

namespace kidoban::http {

namespace {

bool is_lower_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}
bool all_zero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

// "00-<32>-<16>-<2>"; a later version may have more after another dash; version ff is none.
std::string_view trace_id_in(std::string_view parent) {
  constexpr std::size_t length = 55;
  if (parent.size() < length || parent[2] != '-' || parent[35] != '-' || parent[52] != '-') return {};
  const std::string_view version = parent.substr(0, 2), trace = parent.substr(3, 32), span = parent.substr(36, 16),
                         flags = parent.substr(53, 2);
  if (!is_lower_hex(version) || !is_lower_hex(trace) || !is_lower_hex(span) || !is_lower_hex(flags)) return {};
  if (version == "ff" || all_zero(trace) || all_zero(span)) return {};
  if (parent.size() > length && (version == "00" || parent[length] != '-')) return {};
  return trace;
}

// getrandom(2) once for forty requests rather than for each.
template <std::size_t N>
std::string random_hex() {
  thread_local std::array<std::uint8_t, 960> pool;
  thread_local std::size_t used = pool.size();
  if (used + N > pool.size()) {
    system_random().fill(pool);
    used = 0;
  }
  std::string text = hex(std::span(pool).subspan(used, N));
  used += N;
  if (all_zero(text)) text.back() = '1';  // §3.2.2.3: all zero is no id
  return text;
}

}  // namespace

Trace trace_of(std::string_view traceparent) {
  const std::string_view given = trace_id_in(traceparent);
  return {given.empty() ? random_hex<16>() : std::string(given), random_hex<8>()};
}

std::string response_of(const Trace& trace) { return "00-" + trace.trace_id + "-" + trace.span_id + "-00"; }

}  // namespace kidoban::http
