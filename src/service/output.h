#pragma once
// What a subcommand says: lines for people, or one JSON document with --json.

#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace kidoban::service {

using Fields = std::vector<std::pair<std::string, std::string>>;

class Output {
 public:
  explicit Output(const bool& json) : json_(json) {}
  // One thing: "name  value" lines, or an object.
  void one(const Fields& fields) const;
  // Many things of a kind: a table, or {"<plural>":[…]}.
  void many(std::string_view plural, const std::vector<Fields>& rows) const;
  // JSON as it is: for whoever asked for JSON.
  void raw(const std::string& json) const;
  bool is_json() const { return json_; }
  void done(std::string_view sentence) const;  // nothing in JSON but {"done":true}

 private:
  const bool& json_;
};

// A value of JSON as a table shows it: "yes", "a, b", ….
std::string text_of(const boost::json::value& value);

// "kidoban: <sentence>" on standard error, and the exit code that fits: 2 the configuration or an argument is wrong,
// 3 the store can't be used, 4 the root key, 5 the port, 1 everything else.
// In JSON {"error":{"reason":…,"message":…}}.
enum class Say : std::uint8_t { sentence, json };
int explain(const Error& error, Say how = Say::sentence);

}  // namespace kidoban::service
