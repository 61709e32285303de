#pragma once
// What a header of a mail may say. Whatever comes in, nothing that comes out begins a header of its own: no CR or LF but
// before a fold's space (RFC 5322 §2.2.3), no line above 76 columns where an encoded word stands (RFC 2047 §2).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kidoban::mail {

// One line of well-formed UTF-8: controls become spaces, bytes that are no UTF-8 question marks.
std::string one_line(std::string_view text);

// "Subject: …" with its CRLF: as it is where that is short printable ASCII, else in encoded words (base64, UTF-8).
std::string unstructured_header(std::string_view name, std::string_view value);
// `To: "Hanako" <hanako@example.com>`; the name may be empty. The address has passed sendable_address.
std::string address_header(std::string_view name, std::string_view display_name, std::string_view address);

// An address that can stand in an envelope and a header: a dot-string (RFC 5321 §4.1.2, and UTF-8 by RFC 6531 §3.3), and a
// domain of A-labels. Nothing for quoted local parts, address literals, what looks like an encoded word, controls, spaces, or more than limits::login_bytes.
std::optional<std::string> sendable_address(std::string_view typed);

// "Tue, 24 Nov 2026 11:54:30 +0000" (RFC 5322 §3.3).
std::string mail_date(std::int64_t seconds_since_epoch);

}  // namespace kidoban::mail
