#pragma once
// JSON from strangers, whoever reads it: UTF-8, bounded depth, and no member twice
// (RFC 8725 §2.8 and RFC 7515 §4: two readers must not see two different headers).

#include <boost/json/object.hpp>
#include <optional>
#include <string_view>

namespace kidoban {

// Nothing when it isn't exactly one JSON object of at most that many levels.
std::optional<boost::json::object> strict_object(std::string_view text, std::size_t deepest = 8);

// A member that is a string; nothing when it is absent or anything else.
std::optional<std::string_view> text_member(const boost::json::object& object, std::string_view name);
// Absent is in order, anything but a string is not.
bool text_or_absent(const boost::json::object& object, std::string_view name);

}  // namespace kidoban
