#pragma once
// IP addresses and networks of them. IPv4 is kept as IPv4-mapped IPv6 (RFC 4291 §2.5.5.2), so that a
// peer seen through a dual-stack socket is the address it is.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace kidoban::http {

struct Address {
  std::array<std::uint8_t, 16> bytes{};

  static std::optional<Address> parse(std::string_view text);  // no brackets, port or zone
  std::string text() const;                                    // RFC 5952; IPv4 as dotted decimal
  bool is_v4() const;
  friend bool operator==(const Address&, const Address&) = default;
};

class Network {
 public:
  // "192.0.2.0/24", "2001:db8::/32", or one address. malformed/"network_malformed", also where bits
  // past the prefix are set: who wrote that meant something else.
  static Result<Network> parse(std::string_view text);
  bool contains(const Address& address) const;

 private:
  Address base_;
  unsigned prefix_ = 128;
};

using Networks = std::vector<Network>;
Result<Networks> parse_networks(std::span<const std::string> texts);
bool contains(const Networks& networks, const Address& address);

}  // namespace kidoban::http
