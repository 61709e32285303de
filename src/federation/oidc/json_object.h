#pragma once
// Writes one flat JSON object, member by member, in the order they are given. Values are strings we
// have already checked to be UTF-8. A plain writer: claims and token payloads need no tree.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace kidoban::federation::oidc {

// With the quotes (RFC 8259 §7).
std::string json_string(std::string_view text);
std::string json_array(std::span<const std::string> texts);

class JsonObject {
 public:
  JsonObject& text(std::string_view name, std::string_view value) { return raw(name, json_string(value)); }
  JsonObject& number(std::string_view name, std::int64_t value) { return raw(name, std::to_string(value)); }
  JsonObject& flag(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  JsonObject& texts(std::string_view name, std::span<const std::string> values) { return raw(name, json_array(values)); }
  // Leaves the member out where there is nothing to say.
  JsonObject& text_if_any(std::string_view name, std::string_view value) { return value.empty() ? *this : text(name, value); }
  // `json` is a whole JSON value.
  JsonObject& raw(std::string_view name, std::string_view json);
  std::string str() const { return body_ + "}"; }

 private:
  std::string body_ = "{";
};

}  // namespace kidoban::federation::oidc
