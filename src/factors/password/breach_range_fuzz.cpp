// What a service of breached passwords may answer.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/text.h"
#include "factors/password/breach.h"

using namespace kidoban;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto answer = as_text({data, size});
  const std::string_view suffix = "1E4C9B93F3F0682250B6CF8331B7EE68FD8";
  const auto found = factors::password::range_has(answer, suffix);
  // What it says to have found stands there.
  if (found && *found && answer.find(suffix) == std::string_view::npos) std::abort();
  return 0;
}
