#pragma once
// What went wrong, as a value.
//
// A refusal is ordinary here: strangers choose most of our inputs, so failing is data, never an
// exception. An Error carries a closed Kind (what the caller may do about it), a Reason (a stable
// slug, part of the API: it is what clients and tests match on), a note for the operator that is
// logged and never leaves the server, and the place it was made.

#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>

namespace kidoban {

enum class Kind : std::uint8_t {
  malformed,        // the input can't be what it says it is; sending it again won't help
  unauthenticated,  // we don't know who asks
  forbidden,        // we know, and the answer is no
  not_found,        // nothing there, or nothing this tenant may know of
  conflict,         // the state has moved on, or a unique value is taken
  expired,          // it was good once
  rate_limited,     // too many; try again after retry_after_s
  sealed,           // the tenant's key can't be had: its data can't be read
  unavailable,      // we can't at the moment; try again after retry_after_s
  internal,         // our fault
};

std::string_view name_of(Kind kind);

// A slug known at compile time: nothing from outside can become a reason.
class Reason {
 public:
  consteval Reason(const char* literal) : text_(literal) {}  // NOLINT(google-explicit-constructor)
  constexpr std::string_view text() const { return text_; }
  friend constexpr bool operator==(Reason a, std::string_view b) { return a.text_ == b; }

 private:
  std::string_view text_;
};

struct Error {
  Kind kind;
  Reason reason;
  std::string note;
  std::int64_t retry_after_s = 0;  // for rate_limited and unavailable; 0 is "we can't say"
  std::source_location where;
};

}  // namespace kidoban
