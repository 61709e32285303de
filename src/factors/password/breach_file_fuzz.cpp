// A file that says it is a sorted list of hashes: whatever it is, looking into it ends, and finds nothing that isn't there.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/text.h"
#include "factors/password/breach.h"

using namespace kidoban;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int memory = ::memfd_create("list", 0);
  static const std::string path = "/proc/self/fd/" + std::to_string(memory);
  if (::ftruncate(memory, 0) != 0 || ::pwrite(memory, data, size, 0) != static_cast<ssize_t>(size)) return 0;
  const auto list = factors::password::open_breach_file(path);
  if (!list) return 0;
  const Secret password = Secret::of("password");
  const auto known = (*list)->knows({}, password, runtime::Deadline::never());
  const auto text = as_text({data, size});
  const bool there = text.find(factors::password::breach_sha1(password)) != std::string_view::npos ||
                     text.find(factors::password::breach_ntlm(password).value_or("?")) != std::string_view::npos;
  if (known && *known && !there) std::abort();
  return 0;
}
