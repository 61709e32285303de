#include "console/idempotency_key.h"

#include "base/limits.h"

namespace kidoban::console {

// RFC 9651 §4.2: spaces around the item are taken off (not tabs); §4.2.5: printable ASCII, and a backslash before a quotation mark or
// a backslash alone.
std::optional<std::string> parse_structured_string(std::string_view field) {
  while (field.starts_with(' ')) field.remove_prefix(1);
  while (field.ends_with(' ')) field.remove_suffix(1);
  if (field.size() < 2 || field.front() != '"') return std::nullopt;
  std::string out;
  for (std::size_t i = 1; i < field.size(); ++i) {
    const char c = field[i];
    if (c == '"') return i + 1 == field.size() ? std::optional(std::move(out)) : std::nullopt;
    if (c < 0x20 || c > 0x7E) return std::nullopt;
    if (c != '\\') {
      out += c;
      continue;
    }
    if (++i == field.size() || (field[i] != '"' && field[i] != '\\')) return std::nullopt;
    out += field[i];
  }
  return std::nullopt;
}

Result<std::optional<std::string>> idempotency_key_of(const http::Request& request) {
  const std::string* field = nullptr;
  for (const auto& [name, value] : request.headers) {
    if (name != "idempotency-key") continue;
    if (field != nullptr) return fail(Kind::malformed, "idempotency_key_malformed", "it is there twice");
    field = &value;
  }
  if (field == nullptr) return std::nullopt;
  auto key = parse_structured_string(*field);
  if (!key || key->empty() || key->size() > limits::idempotency_key_bytes) return fail(Kind::malformed, "idempotency_key_malformed");
  return key;
}

}  // namespace kidoban::console
