#pragma once
// Who really asks, where a proxy stands between: X-Forwarded-For, -Proto and -Host, or Forwarded
// (RFC 7239). Believed only from the proxies that are configured; from anyone else they are noise.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/network.h"

namespace kidoban::http {

struct Origin {
  Address client;
  bool tls = false;
  std::string host;  // "" where no proxy said; else as parse_host gives it
};

using Headers = std::vector<std::pair<std::string, std::string>>;  // names in lower case

// The client is the right-most hop that isn't a trusted proxy: what stands left of it is that
// hop's word alone. A hop that isn't an address ("unknown", "_hidden") ends the walk at the proxy
// that reported it. malformed/"forwarded_malformed" for a bad host or scheme; malformed/"forwarded_ambiguous" where
// both kinds are there and disagree: the proxy sets one, and passes the other on from a stranger.
Result<Origin> origin_of(const Headers& headers, const Address& peer, bool tls, const Networks& trusted);

}  // namespace kidoban::http
