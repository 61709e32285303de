#include "http/public_address.h"

#include <algorithm>
#include <array>

#include "base/require.h"

namespace kidoban::http {

namespace {

// Not globally reachable, or not one machine's.
constexpr std::array<std::string_view, 16> special_v4{
    "0.0.0.0/8",       // "this network"
    "10.0.0.0/8",      // private, RFC 1918
    "100.64.0.0/10",   // carrier-grade NAT, RFC 6598
    "127.0.0.0/8",     // loopback
    "169.254.0.0/16",  // link-local, and where clouds tell machines their secrets
    "172.16.0.0/12",   // private
    "192.0.0.0/24",    // protocol assignments
    "192.0.2.0/24",    // documentation
    "192.88.99.0/24",  // 6to4 relays
    "192.168.0.0/16",  // private
    "198.18.0.0/15",   // benchmarks
    "198.51.100.0/24", // documentation
    "203.0.113.0/24",  // documentation
    "224.0.0.0/4",     // multicast
    "240.0.0.0/4",     // reserved, and broadcast
    "168.63.129.16/32" // Azure's own service to its machines, inside a public range
};
// Of IPv6 all that is handed out stands in 2000::/3; within it:
constexpr std::array<std::string_view, 4> special_v6{
    "2001::/23",      // protocol assignments: Teredo, ORCHID, benchmarks
    "2001:db8::/32",  // documentation
    "2002::/16",      // 6to4: leads to an IPv4 address by whoever relays it
    "3fff::/20",      // documentation, RFC 9637
};

template <std::size_t N>
Networks networks_of(const std::array<std::string_view, N>& texts) {
  Networks out;
  for (const std::string_view text : texts) {
    const auto network = Network::parse(text);
    require(network.has_value(), "a special network is written as one");
    out.push_back(*network);
  }
  return out;
}

}  // namespace

bool is_public(const Address& address) {
  static const Networks v4 = networks_of(special_v4), v6 = networks_of(special_v6);
  static const Networks handed_out = networks_of(std::array<std::string_view, 1>{"2000::/3"});
  static const Networks nat64 = networks_of(std::array<std::string_view, 1>{"64:ff9b::/96"});  // RFC 6052 §2.1
  if (address.is_v4()) return !contains(v4, address);
  if (contains(nat64, address)) {
    Address inner = *Address::parse("0.0.0.0");
    std::copy(address.bytes.begin() + 12, address.bytes.end(), inner.bytes.begin() + 12);
    return !contains(v4, inner);
  }
  return contains(handed_out, address) && !contains(v6, address);
}

}  // namespace kidoban::http
