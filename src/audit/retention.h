#pragma once
// What a tenant may set about its audit: the section "audit" of its settings.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kidoban::audit {

struct AuditSettings {
  std::int64_t retention_days = 400;  // 30 to 3650: a year and a month, so that last year's can be looked at
};

// {"retention_days":400}. malformed/"audit_settings_malformed" for anything else.
Result<AuditSettings> parse_settings(std::string_view json);
std::string json_of(const AuditSettings& settings);

}  // namespace kidoban::audit
