#pragma once
// A request's JSON body, member by member. What isn't asked for is refused when done: an unknown member is a
// misspelling or a client of another release, and neither should believe that it was heard.

#include <boost/json/object.hpp>

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace kidoban::console {

class JsonBody {
 public:
  // malformed/"json_malformed": not one object of UTF-8, too deep, a member twice.
  static Result<JsonBody> parse(std::string_view text);

  // Nothing where the member isn't there. malformed/"member_malformed" where it is of another type.
  Result<std::optional<std::string>> text(std::string_view name);
  Result<std::optional<bool>> flag(std::string_view name);
  // As it is, for a reader of its own; nullptr where it isn't there.
  const boost::json::value* find(std::string_view name);
  // RFC 3339; null is no time at all. Nothing where the member isn't there.
  Result<std::optional<std::optional<Time>>> time(std::string_view name);
  // malformed/"member_missing", too.
  Result<std::string> required_text(std::string_view name);
  // malformed/"member_unknown" where there is a member that nobody asked for.
  Status done() const;

 private:
  explicit JsonBody(boost::json::object object) : object_(std::move(object)) {}
  boost::json::object object_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace kidoban::console
