// URLs that somebody else chose: what is let through is https, has a host, and names no address that isn't public.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "http/client.h"
#include "http/public_address.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kidoban::http;
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const std::string& url : {text, "https://" + text}) {
    const auto host = check_url(url, {});
    if (!host) continue;
    if (host->empty() || url.find_first_of(" \r\n#") != std::string::npos) std::abort();
    const bool bracketed = host->starts_with('[');
    const auto address = Address::parse(bracketed ? host->substr(1, host->size() - 2) : *host);
    if (bracketed && !address) std::abort();
    if (address && !is_public(*address)) std::abort();
  }
  return 0;
}
