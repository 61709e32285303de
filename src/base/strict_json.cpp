#include "base/strict_json.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <string>
#include <vector>

namespace kidoban {
namespace {

namespace json = boost::json;

// Boost.JSON keeps the last of members with one name, silently; this reads the names first.
class MemberNames {
 public:
  using Code = json::error_code;
  using Text = json::string_view;
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  static bool on_document_begin(Code&) { return true; }
  static bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) {
    objects_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, Code& error) {
    // Sorted at the end: a set per object would let a long object of short names cost too much.
    auto& names = objects_.back();
    std::ranges::sort(names);
    const bool twice = std::ranges::adjacent_find(names) != names.end();
    objects_.pop_back();
    if (twice) error = json::error::syntax;
    return !twice;
  }
  static bool on_array_begin(Code&) { return true; }
  static bool on_array_end(std::size_t, Code&) { return true; }
  bool on_key_part(Text part, std::size_t, Code&) {
    name_ += part;
    return true;
  }
  bool on_key(Text part, std::size_t, Code&) {
    name_ += part;
    objects_.back().push_back(std::move(name_));
    name_.clear();
    return true;
  }
  static bool on_string_part(Text, std::size_t, Code&) { return true; }
  static bool on_string(Text, std::size_t, Code&) { return true; }
  static bool on_number_part(Text, Code&) { return true; }
  static bool on_int64(std::int64_t, Text, Code&) { return true; }
  static bool on_uint64(std::uint64_t, Text, Code&) { return true; }
  static bool on_double(double, Text, Code&) { return true; }
  static bool on_bool(bool, Code&) { return true; }
  static bool on_null(Code&) { return true; }
  static bool on_comment_part(Text, Code&) { return true; }
  static bool on_comment(Text, Code&) { return true; }

 private:
  std::vector<std::vector<std::string>> objects_;
  std::string name_;
};

json::parse_options options(std::size_t deepest) {
  json::parse_options strict;
  strict.max_depth = deepest;
  return strict;
}

bool each_name_once(std::string_view text, std::size_t deepest) {
  json::basic_parser<MemberNames> parser(options(deepest));
  json::error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  return !error && read == text.size();
}

}  // namespace

std::optional<json::object> strict_object(std::string_view text, std::size_t deepest) {
  if (!each_name_once(text, deepest)) return std::nullopt;
  json::error_code error;
  auto value = json::parse(text, error, {}, options(deepest));
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

std::optional<std::string_view> text_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (!value || !value->is_string()) return std::nullopt;
  return std::string_view(value->get_string());
}

bool text_or_absent(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return !value || value->is_string();
}

}  // namespace kidoban
