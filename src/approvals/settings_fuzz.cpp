// A tenant's settings of approvals: what is taken is told back as it was understood.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "approvals/settings.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = kidoban::approvals::settings_from_json({reinterpret_cast<const char*>(data), size});
  if (!read) return 0;
  const auto again = kidoban::approvals::settings_from_json(kidoban::approvals::settings_json(*read));
  if (!again || again->acts != read->acts || again->open_hours != read->open_hours || again->deletions_above != read->deletions_above) std::abort();
  return 0;
}
