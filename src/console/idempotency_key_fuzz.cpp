// What is read as a String is written in one way only: escaped again, it is the field without the spaces around it.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "console/idempotency_key.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view field(reinterpret_cast<const char*>(data), size);
  const auto read = kidoban::console::parse_structured_string(field);
  if (!read) return 0;
  std::string written = "\"";
  for (const char c : *read) {
    if (c < 0x20 || c > 0x7E) std::abort();
    if (c == '"' || c == '\\') written += '\\';
    written += c;
  }
  written += '"';
  const auto first = field.find_first_not_of(' '), last = field.find_last_not_of(' ');
  if (field.substr(first, last - first + 1) != written) std::abort();
  return 0;
}
