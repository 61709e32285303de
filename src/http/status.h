#pragma once
// HTTP's status codes (RFC 9110 §15, RFC 6585), as far as this service says them.

#include <string_view>

namespace kidoban::http {

std::string_view phrase_of(int status);  // "Not Found"; "Status" for one that isn't known here

}  // namespace kidoban::http
