#pragma once
// Three assertions for what can't happen. No input may reach any of them.
//
//   expect(x)   checked in debug builds only: a helpful crash while developing
//   require(x)  always checked: throws RequirementFailed, which the request or job boundary catches,
//               counts and answers as an internal error; the request fails closed
//   fatal(why)  ends the process: only where going on could mix tenants or lose what was promised

#include <exception>
#include <source_location>
#include <string>
#include <string_view>

namespace kidoban {

class RequirementFailed : public std::exception {
 public:
  RequirementFailed(std::string_view what, std::source_location where);
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

void require(bool holds, std::string_view what,
             std::source_location where = std::source_location::current());

[[noreturn]] void fatal(std::string_view why,
                        std::source_location where = std::source_location::current());

inline void expect([[maybe_unused]] bool holds, [[maybe_unused]] std::string_view what,
                   [[maybe_unused]] std::source_location where = std::source_location::current()) {
#ifndef NDEBUG
  if (!holds) fatal(what, where);
#endif
}

}  // namespace kidoban
