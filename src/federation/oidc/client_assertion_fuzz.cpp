#include <cstdint>
#include <cstdlib>

#include "federation/oidc/client_authentication.h"
#include "federation/oidc/jwt_claims.h"

using namespace kidoban;
using namespace kidoban::federation::oidc;

// An assertion that passes names its client and one audience, and is not old.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const AssertionRules rules{"c", "i", "e", "t", from_us(1'000'000'000'000)};
  if (check_assertion(text, rules)) {
    const auto claims = parse_jwt_claims(text);
    if (!claims || claims->iss != "c" || claims->aud.size() != 1 || !claims->exp || *claims->exp < 999'940) std::abort();
  }
  (void)parse_basic(text);
  (void)crypto::jws_parse(text);
  return 0;
}
