#include <cstdint>
#include <cstdlib>

#include "federation/oidc/claims_request.h"

// Whatever is asked for, only claims that we know come out, and acr is essential only with values.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kidoban::federation::oidc;
  const auto request = parse_claims_request({reinterpret_cast<const char*>(data), size});
  if (!request) return 0;
  if (request->acr_essential && request->acr.empty()) std::abort();
  if (request->userinfo.size() + request->id_token.size() > 2 * std::size(person_claims)) std::abort();
  return 0;
}
