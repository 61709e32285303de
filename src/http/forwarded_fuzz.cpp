// What a proxy says about a request, and W3C trace contexts.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "http/forwarded.h"
#include "http/trace.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kidoban::http;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::string half = text.substr(0, size / 2), rest = text.substr(size / 2);
  const Address peer = *Address::parse("192.0.2.1"), stranger = *Address::parse("203.0.113.9");
  const Networks trusted{*Network::parse("192.0.2.0/24")};
  const Headers headers{{"x-forwarded-for", text}, {"x-forwarded-host", half}, {"x-forwarded-proto", rest}};
  const Headers standard{{"forwarded", text}};
  for (const Headers& said : {headers, standard, Headers{{"forwarded", half}, {"x-forwarded-for", rest}}}) {
    if (const auto origin = origin_of(said, peer, false, trusted)) {
      if (!Address::parse(origin->client.text())) std::abort();
    }
    // A stranger's word changes nothing.
    const auto theirs = origin_of(said, stranger, true, trusted);
    if (!theirs || !(theirs->client == stranger) || !theirs->tls || !theirs->host.empty()) std::abort();
  }
  if (const auto network = Network::parse(text)) (void)network->contains(peer);
  const Trace trace = trace_of(text);
  if (trace.trace_id.size() != 32 || trace.span_id.size() != 16) std::abort();
  return 0;
}
