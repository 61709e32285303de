#include "federation/oidc/json_object.h"

namespace kidoban::federation::oidc {

std::string json_string(std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out = "\"";
  out.reserve(text.size() + 2);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
  return out += '"';
}

std::string json_array(std::span<const std::string> texts) {
  std::string out = "[";
  for (const std::string& one : texts) {
    if (out.size() > 1) out += ',';
    out += json_string(one);
  }
  return out += ']';
}

JsonObject& JsonObject::raw(std::string_view name, std::string_view json) {
  if (body_.size() > 1) body_ += ',';
  body_ += json_string(name);
  body_ += ':';
  body_ += json;
  return *this;
}

}  // namespace kidoban::federation::oidc
