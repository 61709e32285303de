// A tenant's rules for passwords, as an administrator sends them: what is taken is told back as it was understood.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/text.h"
#include "factors/password/policy.h"

using namespace kidoban;
using namespace kidoban::factors::password;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parsed = parse_rules(as_text({data, size}));
  if (!std::holds_alternative<Rules>(parsed)) return 0;
  const std::string told = write_rules(std::get<Rules>(parsed));
  const auto again = parse_rules(told);
  if (!std::holds_alternative<Rules>(again) || write_rules(std::get<Rules>(again)) != told) std::abort();
  return 0;
}
