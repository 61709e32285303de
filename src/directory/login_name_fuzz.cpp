#include <cstdlib>

#include "base/text.h"
#include "directory/directory.h"
#include "directory/profile.h"

using namespace kidoban;

// Whatever is typed: no crash, and what comes out is its own canonical form. What mail is sent to is the same person's
// address as what was typed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto once = directory::canonical_login(as_text({data, size}));
  const auto address = directory::mail_address(as_text({data, size}));
  if (address && (!once || *directory::canonical_login(*address) != *once || *directory::mail_address(*address) != *address)) std::abort();
  if (!once) return 0;
  const auto twice = directory::canonical_login(*once);
  if (!twice || *twice != *once) std::abort();
  return 0;
}
