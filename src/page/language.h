#pragma once
// Language preferences as browsers and protocols write them: strangers' text, read strictly enough to
// be predictable and never refused (RFC 9110 §12.5.4: a server may disregard the header).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kidoban::page {

struct LanguageRange {
  std::string range;       // lower case: "ja", "en-gb", "*"
  std::uint16_t q = 1000;  // thousandths
};

// The well-formed ranges with q > 0, best first, as sent where equal. What is malformed is passed over; no more than
// 32 ranges are read.
std::vector<LanguageRange> parse_accept_language(std::string_view header);

// RFC 9110 §12.5.3: does the client take this content coding? Only "gzip" and "*" are looked for.
bool accepts_gzip(std::string_view accept_encoding);

}  // namespace kidoban::page
