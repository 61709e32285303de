#pragma once
// Records in the words of other systems: one line each. docs/protocols/audit.md has the fields.

#include <optional>
#include <string>
#include <string_view>

#include "audit/audit.h"

namespace kidoban::audit {

enum class Format : std::uint8_t {
  csv,     // RFC 4180, with a heading; no cell begins a spreadsheet's formula
  jsonl,   // one JSON object a line
  syslog,  // RFC 5424, one message a line (RFC 6587 §3.4.2)
  cef,     // ArcSight Common Event Format, version 0
};
std::optional<Format> format_named(std::string_view name);
std::string_view media_type_of(Format format);

// What stands before the first line: CSV's heading, nothing for the others.
std::string heading_of(Format format);
// With its line end. `host` is where the tenant's records come from: syslog's HOSTNAME.
std::string line_of(Format format, const Record& record, std::string_view host);

}  // namespace kidoban::audit
