#include <cstdlib>

#include "base/limits.h"
#include "dns/answer.h"

using namespace kidoban;

// Whatever a server sends: no crash, and no more than is allowed for.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto texts = dns::texts_of({data, size});
  if (!texts) return 0;
  if (texts->size() > limits::dns_records) std::abort();
  for (const auto& text : *texts) {
    if (text.size() > limits::dns_text_bytes) std::abort();
  }
  return 0;
}
