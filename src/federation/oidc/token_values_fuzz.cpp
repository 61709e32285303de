#include <cstdint>
#include <cstdlib>

#include "federation/oidc/token_values.h"

using namespace kidoban;
using namespace kidoban::federation::oidc;

// A token has one spelling, and one that was not made with the secret is never genuine.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Secret secret = Secret::of("0123456789abcdef0123456789abcdef");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)parse_code(text);
  if (const auto token = parse_refresh_token(text)) {
    const bool ours = refresh_token(token->grant, token->generation, secret) == text;
    if (is_genuine(*token, secret) != ours) std::abort();
  }
  return 0;
}
