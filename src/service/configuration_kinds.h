#pragma once
// The kinds of things that a configuration has, beside settings: where the API has them, and what is said of each.

#include <boost/json/object.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kidoban::service {

struct ConfigurationMember {
  enum class Takes : std::uint8_t { text, flag, texts, table } takes;
  const char* name;
  // The API takes it only of what is there already.
  bool after_making = false;
  bool required = false;
};

struct ConfigurationKind {
  const char* word;            // [[group]]
  const char* path;            // "/groups"; "" where the API has no rows for it (applications)
  const char* rows;            // the answer's list
  const char* id;              // what its own path ends with: "id"
  const char* key;             // by which it is known in a file
  std::vector<ConfigurationMember> members;
  const char* comment;
};

// In the order in which they are made: what others may name comes first.
std::span<const ConfigurationKind> configuration_kinds();
const ConfigurationKind* kind_named(std::string_view word);

// "@group/Sales": a thing of a kind, by its name, where a setting has an id. A text that begins with @ itself is written with two.
// People are "@person/login".
struct Reference {
  std::string kind, name;
};
std::string spelled(const Reference& reference);
bool is_reference(std::string_view text);
Reference reference_in(std::string_view text);

// Every text in a value, in place: `put` answers what is to stand there instead.
template <class Put>
void each_text(boost::json::value& value, const Put& put) {
  if (value.is_string()) {
    const std::string now = put(std::string(value.get_string()));
    value = now;
  } else if (value.is_object()) {
    for (auto& member : value.get_object()) each_text(member.value(), put);
  } else if (value.is_array()) {
    for (auto& one : value.get_array()) each_text(one, put);
  }
}

}  // namespace kidoban::service
