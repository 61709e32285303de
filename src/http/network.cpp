#include "http/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace kidoban::http {

namespace {
constexpr std::array<std::uint8_t, 12> v4_mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

// Whether the first `bits` bits agree.
bool same_prefix(const Address& a, const Address& b, unsigned bits) {
  const std::size_t whole = bits / 8;
  if (std::memcmp(a.bytes.data(), b.bytes.data(), whole) != 0) return false;
  const unsigned rest = bits % 8;
  return rest == 0 || (a.bytes[whole] ^ b.bytes[whole]) >> (8 - rest) == 0;
}
}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN] = {};
  if (text.empty() || text.size() >= sizeof terminated || text.find('\0') != std::string_view::npos) return std::nullopt;
  std::ranges::copy(text, terminated);
  Address address;
  if (::inet_pton(AF_INET6, terminated, address.bytes.data()) == 1) return address;
  std::ranges::copy(v4_mapped, address.bytes.begin());
  if (::inet_pton(AF_INET, terminated, address.bytes.data() + v4_mapped.size()) == 1) return address;
  return std::nullopt;
}

bool Address::is_v4() const { return std::equal(v4_mapped.begin(), v4_mapped.end(), bytes.begin()); }

std::string Address::text() const {
  char out[INET6_ADDRSTRLEN] = {};
  if (is_v4()) ::inet_ntop(AF_INET, bytes.data() + v4_mapped.size(), out, sizeof out);
  else ::inet_ntop(AF_INET6, bytes.data(), out, sizeof out);
  return out;
}

Result<Network> Network::parse(std::string_view text) {
  const auto bad = [&] { return fail(Kind::malformed, "network_malformed", std::string(text)); };
  const std::size_t slash = text.find('/');
  const auto base = Address::parse(text.substr(0, slash));
  if (!base) return bad();
  Network network;
  network.base_ = *base;
  if (slash == std::string_view::npos) return network;
  // A mapped address written as IPv6 ("::ffff:1.2.3.4/120") counts its bits from the front.
  const bool counts_from_v4 = base->is_v4() && text.find(':') == std::string_view::npos;
  const auto bits = to_integer(text.substr(slash + 1));
  if (!bits || *bits < 0 || *bits > (counts_from_v4 ? 32 : 128)) return bad();
  network.prefix_ = static_cast<unsigned>(*bits) + (counts_from_v4 ? 96 : 0);
  for (unsigned bit = network.prefix_; bit < 128; ++bit) {
    if ((base->bytes[bit / 8] >> (7 - bit % 8) & 1) != 0) return bad();
  }
  return network;
}

bool Network::contains(const Address& address) const { return same_prefix(base_, address, prefix_); }

Result<Networks> parse_networks(std::span<const std::string> texts) {
  Networks networks;
  for (const std::string& text : texts) networks.push_back(TRY(Network::parse(text)));
  return networks;
}

bool contains(const Networks& networks, const Address& address) {
  return std::ranges::any_of(networks, [&](const Network& one) { return one.contains(address); });
}

}  // namespace kidoban::http
