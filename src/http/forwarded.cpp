#include "http/forwarded.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "http/target.h"

namespace kidoban::http {

namespace {

// Left to right, as the hops were passed.
struct Said {
  std::vector<std::string> hops;
  std::string proto, host;  // of the right-most that says
  bool empty() const { return hops.empty() && proto.empty() && host.empty(); }
};

// "192.0.2.1", "192.0.2.1:4711", "[2001:db8::1]:80", and the bare IPv6 that X-Forwarded-For has.
std::optional<Address> hop_address(std::string_view hop) {
  if (hop.starts_with("[")) {
    const std::size_t end = hop.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    return Address::parse(hop.substr(1, end - 1));
  }
  if (std::ranges::count(hop, ':') == 1) hop = hop.substr(0, hop.find(':'));
  return Address::parse(hop);
}

std::string last_of(std::string_view list) { return std::string(trim(list.substr(list.rfind(',') + 1))); }

Said from_x_forwarded(const Headers& headers) {
  Said said;
  for (const auto& [name, value] : headers) {
    if (name == "x-forwarded-for") {
      for (const std::string_view hop : split(value, ',')) said.hops.emplace_back(trim(hop));
    } else if (name == "x-forwarded-proto") {
      said.proto = last_of(value);
    } else if (name == "x-forwarded-host") {
      said.host = last_of(value);
    }
  }
  return said;
}

// RFC 7239 §4: for="[2001:db8::1]:80";proto=https;host=x, …. Quoted values hold no comma or semicolon
// that an address, a scheme or a host could have; one that does is malformed.
Result<Said> from_forwarded(const Headers& headers) {
  Said said;
  for (const auto& [name, value] : headers) {
    if (name != "forwarded") continue;
    for (const std::string_view element : split(value, ',')) {
      std::string hop = "unknown";
      for (const std::string_view pair : split(element, ';')) {
        const std::string_view one = trim(pair);
        if (one.empty()) continue;
        const std::size_t equals = one.find('=');
        if (equals == std::string_view::npos) return fail(Kind::malformed, "forwarded_malformed");
        const std::string key = ascii_lower(one.substr(0, equals));
        std::string_view text = one.substr(equals + 1);
        if (text.starts_with("\"")) {
          if (text.size() < 2 || !text.ends_with("\"")) return fail(Kind::malformed, "forwarded_malformed");
          text = text.substr(1, text.size() - 2);
        }
        if (text.find_first_of("\"\\") != std::string_view::npos) return fail(Kind::malformed, "forwarded_malformed");
        if (key == "for") hop = text;
        else if (key == "proto") said.proto = text;
        else if (key == "host") said.host = text;
      }
      said.hops.push_back(std::move(hop));
    }
  }
  return said;
}

Result<Origin> resolve(const Said& said, const Address& peer, bool tls, const Networks& trusted) {
  Origin origin{peer, tls, {}};
  for (auto hop = said.hops.rbegin(); hop != said.hops.rend(); ++hop) {
    const auto address = hop_address(*hop);
    if (!address) break;
    origin.client = *address;
    if (!contains(trusted, *address)) break;
  }
  if (!said.proto.empty()) {
    const std::string proto = ascii_lower(said.proto);
    if (proto != "http" && proto != "https") return fail(Kind::malformed, "forwarded_malformed");
    origin.tls = proto == "https";
  }
  if (!said.host.empty()) {
    auto host = parse_host(said.host);
    if (!host) return fail(Kind::malformed, "forwarded_malformed");
    origin.host = std::move(*host);
  }
  return origin;
}

}  // namespace

Result<Origin> origin_of(const Headers& headers, const Address& peer, bool tls, const Networks& trusted) {
  if (!contains(trusted, peer)) return Origin{peer, tls, {}};
  const Said x = from_x_forwarded(headers);
  const Said standard = TRY(from_forwarded(headers));
  if (standard.empty()) return resolve(x, peer, tls, trusted);
  Origin origin = TRY(resolve(standard, peer, tls, trusted));
  if (x.empty()) return origin;
  const Origin other = TRY(resolve(x, peer, tls, trusted));
  const bool agree = origin.client == other.client && (x.proto.empty() || standard.proto.empty() || origin.tls == other.tls) &&
                     (x.host.empty() || standard.host.empty() || origin.host == other.host);
  if (!agree) return fail(Kind::malformed, "forwarded_ambiguous");
  if (standard.proto.empty()) origin.tls = other.tls;
  if (standard.host.empty()) origin.host = other.host;
  return origin;
}

}  // namespace kidoban::http
