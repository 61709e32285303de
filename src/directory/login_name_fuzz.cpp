#include <cstdlib>

#include "base/text.h"
#include "directory/directory.h"

using namespace kidoban;

// Whatever is typed: no crash, and what comes out is its own canonical form.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto once = directory::canonical_login(as_text({data, size}));
  if (!once) return 0;
  const auto twice = directory::canonical_login(*once);
  if (!twice || *twice != *once) std::abort();
  return 0;
}
