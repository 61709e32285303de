#pragma once
// Whether a password is known from a breach (NIST SP 800-63B-4 §3.1.1.2: compare with a blocklist of passwords that
// were obtained from breaches). Only an unsalted hash of it is looked for, since that is what such lists are made of. Any thread.
//
//   a file     "HASH:COUNT" lines sorted by hash, in upper case: SHA-1 (40 hex digits) or NTLM (32), whichever its first line
//              has; what haveibeenpwned-downloader writes. Found by halving: some forty reads of a page in a file of 40 GB.
//   a service  the range protocol of Pwned Passwords: GET {url}/{first five digits} answers "SUFFIX:COUNT" lines, so the
//              service learns five digits that some thousand other passwords share. `Add-Padding: true` hides how many lines
//              there were; padding has the count 0.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "runtime/deadline.h"
#include "runtime/workers.h"

namespace kidoban::factors::password {

// In upper case: 40 hex digits; 32, or nothing where this machine can't (crypto/hash.h).
std::string breach_sha1(const Secret& spelled);
std::optional<std::string> breach_ntlm(const Secret& spelled);

class BreachList {
 public:
  virtual ~BreachList() = default;
  // Outside any transaction. unavailable/"breach_check_unavailable" where it can't be told.
  virtual Result<bool> knows(TenantId tenant, const Secret& spelled, runtime::Deadline deadline) = 0;
};

// A sorted file, opened once. malformed/"configuration_invalid" with a sentence for the operator where it can't be read, or
// doesn't begin with a line of its kind.
Result<std::unique_ptr<BreachList>> open_breach_file(const std::filesystem::path& file);
// A service that answers ranges: four requests at once, each within three seconds and limits::breach_range_bytes.
std::unique_ptr<BreachList> make_breach_service(std::string url);

// What a range answer says of the suffix (35 hex digits); malformed/"range_malformed" for what is no such answer.
Result<bool> range_has(std::string_view answer, std::string_view suffix);

}  // namespace kidoban::factors::password
