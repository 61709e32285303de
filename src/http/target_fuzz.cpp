// Request targets and hosts: what is taken has one reading.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "http/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kidoban;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto target = http::parse_target(http::Method::get, text)) {
    if (!target->path.starts_with("/") || target->path.find('\0') != std::string::npos) std::abort();
    if (target->path.find('\\') != std::string::npos || !is_utf8(target->path)) std::abort();
    for (const auto segment : split(target->path, '/')) {
      if (segment == "." || segment == "..") std::abort();
    }
  }
  if (const auto host = http::parse_host(text)) {
    if (host->find_first_of("/\\@?# \r\n") != std::string::npos || host->empty()) std::abort();
    const auto again = http::parse_host(*host);
    if (!again || *again != *host) std::abort();
  }
  return 0;
}
