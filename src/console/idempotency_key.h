#pragma once
// The Idempotency-Key field of a request (draft-ietf-httpapi-idempotency-key-header-07 §2): one String of RFC 9651 §3.3.3.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/request.h"

namespace kidoban::console {

// A whole field value: "8e03978e-40d5-43e8-bc93-6894a57f9324", in its quotation marks. Nothing for anything else: the field's
// grammar has no parameters.
std::optional<std::string> parse_structured_string(std::string_view field);

// Nothing where there is no such field. malformed/"idempotency_key_malformed": there are several, it isn't a String, is empty or
// longer than limits::idempotency_key_bytes.
Result<std::optional<std::string>> idempotency_key_of(const http::Request& request);

}  // namespace kidoban::console
