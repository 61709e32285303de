#include <cstdint>
#include <cstdlib>

#include "federation/oidc/id_token_hint.h"

// Only the right issuer's tokens about somebody pass.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kidoban;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)crypto::jws_parse(text);
  const auto hint = federation::oidc::check_id_token_hint(text, "https://id.example/t/a");
  if (hint && text.find("id.example") == std::string_view::npos && text.find('\\') == std::string_view::npos) std::abort();
  return 0;
}
