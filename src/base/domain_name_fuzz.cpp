#include <cstdlib>

#include "base/domain_name.h"
#include "base/text.h"

using namespace kidoban;

// Whatever is typed: no crash; a domain's one spelling is its own, and what people read is the same domain.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto once = ascii_domain(as_text({data, size}));
  if (!once) return 0;
  if (ascii_domain(*once) != once || ascii_domain(readable_domain(*once)) != once) std::abort();
  return 0;
}
