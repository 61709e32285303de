// A tenant's configuration as a file: whatever is read can be written, and reads the same again.

#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "service/configuration.h"
#include "service/configuration_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kidoban::service;
  const auto read = read_configuration({reinterpret_cast<const char*>(data), size}, "fuzz");
  if (!read) return 0;
  (void)check_configuration(*read);
  const std::string written = print_configuration(read->content, {});
  const auto again = read_configuration(written, "again");
  if (!again || again->content != read->content || print_configuration(again->content, {}) != written) std::abort();
  return 0;
}
