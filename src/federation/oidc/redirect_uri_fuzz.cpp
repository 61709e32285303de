#include <cstdint>
#include <cstdlib>

#include "federation/oidc/redirect_uri.h"

using namespace kidoban::federation::oidc;

// Whatever is registered must match itself, never escape its origin, and never match another host.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto middle = text.find('\n');
  const std::string_view one = text.substr(0, middle);
  const std::string_view two = middle == std::string_view::npos ? one : text.substr(middle + 1);
  for (const ApplicationType type : {ApplicationType::web, ApplicationType::native}) {
    const bool good = check_redirect_uri(one, type).has_value();
    if (!redirect_uri_matches(one, one, type)) std::abort();
    if (good && origin_of(one).find_first_of("; '\"") != std::string::npos) std::abort();
    if (good && one != two && redirect_uri_matches(one, two, type)) {
      const auto a = parse_uri(one);
      const auto b = parse_uri(two);
      if (!a || !b || a->host != b->host || a->rest != b->rest || type == ApplicationType::web) std::abort();
    }
  }
  return 0;
}
