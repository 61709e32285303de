#pragma once
// The TXT records in an answer's bytes.

#include <cstdint>

#include "dns/dns.h"

namespace kidoban::dns {

Texts texts_of(std::span<const std::uint8_t> answer);
// What c-ares says, as an error.
Failure failure_of(int ares_status, const std::string& name);

}  // namespace kidoban::dns
