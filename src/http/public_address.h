#pragma once
// Whether an address is one of the public Internet's: where a server may be that somebody else tells us to ask. What isn't
// surely public isn't.

#include "http/network.h"

namespace kidoban::http {

// By IANA's registries of special-purpose addresses (RFC 6890). An IPv4 address within one of IPv6 (mapped, NAT64) is judged
// as what it leads to.
bool is_public(const Address& address);

}  // namespace kidoban::http
