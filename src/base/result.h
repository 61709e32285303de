#pragma once
// Result<T>: a T, or an Error. Status: nothing, or an Error.
//
//   Result<Person> person = find(tx, login);
//   auto person = TRY(find(tx, login));   // hands the error to our caller
//   TRY(erase(tx, person.id));
//   return fail(Kind::not_found, "person_unknown");

#include <expected>
#include <source_location>
#include <string>
#include <utility>

#include "base/error.h"

namespace kidoban {

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;
using Failure = std::unexpected<Error>;

inline Failure fail(Kind kind, Reason reason, std::string note = {},
                    std::source_location where = std::source_location::current()) {
  return Failure(Error{kind, reason, std::move(note), 0, where});
}

inline Failure fail_for_now(Kind kind, Reason reason, std::int64_t retry_after_s,
                            std::string note = {},
                            std::source_location where = std::source_location::current()) {
  return Failure(Error{kind, reason, std::move(note), retry_after_s, where});
}

}  // namespace kidoban

// The value of a Result, or return its Error from the function we stand in. A GNU statement
// expression, which both compilers we build with have; it must not be used inside co_await.
// Each use has a name of its own, so that a TRY may stand inside another's lambda.
#define TRY(expression) TRY_AS_(TRY_NAME_(__COUNTER__), expression)
#define TRY_NAME_(number) TRY_JOIN_(try_result_, number)
#define TRY_JOIN_(stem, number) stem##number
#define TRY_AS_(name, expression)                       \
  ({                                                    \
    auto name = (expression);                           \
    if (!name) return std::unexpected(std::move(name.error())); \
    *std::move(name);                                   \
  })
